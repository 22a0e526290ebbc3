"""Whether subnets lead to what steps are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from constructs_lib import Pipeline, step
from tests.unit.checks.subjects import app_in, said

ISOLATED = ec2.SubnetType.PRIVATE_ISOLATED
GATEWAY = 'Add net.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3).'
SECRETS = (
    'Add net.add_interface_endpoint("SecretsManager", '
    "service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER)."
)


@step
def look(thing: Any) -> Any:
    return thing


def vpc_with(stack: Any, kind: ec2.SubnetType, **settings: Any) -> ec2.Vpc:
    subnets = [ec2.SubnetConfiguration(name="in", subnet_type=kind)]
    if kind is ec2.SubnetType.PRIVATE_WITH_EGRESS:
        public = ec2.SubnetType.PUBLIC
        subnets.append(ec2.SubnetConfiguration(name="out", subnet_type=public))
    return ec2.Vpc(stack, "Net", max_azs=1, subnet_configuration=subnets, **settings)


def found_in(folder: Path, kind: ec2.SubnetType, *, endpoints: bool = False) -> list[str]:
    app, stack = app_in(folder)
    vpc = vpc_with(stack, kind)
    secret = secretsmanager.Secret(stack, "Token")
    steps = [look(secret), look.with_options(name="plain")(1)]
    subnets = ec2.SubnetSelection(subnet_type=kind)
    Pipeline(stack, "Sales", steps=steps, vpc=vpc, vpc_subnets=subnets)
    if endpoints:
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        vpc.add_interface_endpoint(
            "Secrets", service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER
        )
    return [f"{text} {mend}" for _, _, text, mend in said(app)]


def test_isolated_subnets_lead_nowhere(tmp_path: Path) -> None:
    """One warning a service: every job needs S3, the one with a secret needs its service."""
    every, one = found_in(tmp_path, ISOLATED)
    assert every.startswith("steps 'look', 'plain' run in subnets of Dev/Net from where S3 is not")
    assert every.endswith(GATEWAY)
    assert one.startswith(
        "step 'look' runs in subnets of Dev/Net from where Secrets Manager is not"
    )
    assert one.endswith(SECRETS)


def test_endpoints_end_the_warnings(tmp_path: Path) -> None:
    """Those of the lines that were given."""
    assert found_in(tmp_path, ISOLATED, endpoints=True) == []


def test_a_nat_gateway_leads_everywhere(tmp_path: Path) -> None:
    """It is the default of a VPC with private subnets."""
    assert found_in(tmp_path, ec2.SubnetType.PRIVATE_WITH_EGRESS) == []


def test_an_internet_gateway_does_not(tmp_path: Path) -> None:
    """Jobs have no public address."""
    assert len(found_in(tmp_path, ec2.SubnetType.PUBLIC)) == 2


@pytest.mark.parametrize("isolated", [True, False])
def test_imported_networks_are_a_note(tmp_path: Path, isolated: bool) -> None:
    """One for all steps."""
    app, stack = app_in(tmp_path)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Net",
        vpc_id="vpc-1",
        availability_zones=["a"],
        private_subnet_ids=["subnet-1"],
    )
    steps = [look.with_options(enable_network_isolation=isolated)(1)]
    Pipeline(stack, "Sales", steps=steps, vpc=vpc)
    assert [(rule, level) for rule, level, *_ in said(app)] == [("network", "note")]
