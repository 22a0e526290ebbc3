"""AWS::CDK::Metadata: remembered, without effect."""

from __future__ import annotations

from constructs_lib.sandbox.cloudformation.resources.base import Resource


class Metadata(Resource):
    """The CDK's own record of what an app uses."""

    type_name = "AWS::CDK::Metadata"
