"""AWS::DynamoDB::GlobalTable, which the CDK's TableV2 makes: a table of this Region."""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class GlobalTable(Resource):
    """A table in moto's DynamoDB."""

    type_name = "AWS::DynamoDB::GlobalTable"
    name_property = "TableName"
    attributes = ("Arn", "StreamArn")

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Make it, without the replicas in other Regions."""
        plain = {k: v for k, v in properties.items() if k not in {"Replicas", "TableName"}}
        table = Table.create_from_cloudformation_json(name, {"Properties": plain}, account, region)
        stream = getattr(table, "latest_stream_label", None)
        return {
            "Arn": table.table_arn,
            "StreamArn": f"{table.table_arn}/stream/{stream}" if stream else "",
        }

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete it."""
        dynamodb_backends[account_id][region_name].delete_table(name=self.name)
