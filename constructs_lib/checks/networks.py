"""The subnets of an app, and what can be reached from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from constructs_lib.checks.resources import construct_path
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.intrinsics import Template
from constructs_lib.review.readable import readable

_EVERYWHERE = {"0.0.0.0/0", "::/0"}
_SUBNET, _VPC, _IGW = "AWS::EC2::Subnet", "AWS::EC2::VPC", "AWS::EC2::InternetGateway"


@dataclass(frozen=True)
class Subnet:
    """A subnet that the app makes, in a VPC that it makes.

    Attributes:
        vpc: Path of the VPC's construct.
        has_way_out: Whether jobs in it get out to the internet, or to another network.
        services: That endpoints lead to, as they are called in names of endpoints.
    """

    vpc: str
    has_way_out: bool
    services: frozenset[str]

    def reaches(self, service: str) -> bool:
        """Tell whether a service is reached."""
        return self.has_way_out or service in self.services


def subnets_of(assembly: Assembly) -> dict[str, Subnet]:
    """Return the subnets by their IDs; those of VPCs that are imported are left out.

    Jobs have no public address: a route to an internet gateway leads nowhere.
    https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html
    """
    found = list(_resources(assembly))
    vpcs = {ref: path for kind, ref, path, _ in found if kind == _VPC}
    no_way_out = {ref for kind, ref, _, _ in found if kind == _IGW}
    tables: dict[str, str] = {}
    ways_out: set[str] = set()
    services: dict[str, set[str]] = defaultdict(set)
    for kind, _, _, properties in found:
        if kind == "AWS::EC2::SubnetRouteTableAssociation":
            tables[str(properties["SubnetId"])] = str(properties["RouteTableId"])
        elif kind == "AWS::EC2::Route" and _leads_out(properties, no_way_out):
            ways_out.add(str(properties["RouteTableId"]))
        elif kind == "AWS::EC2::VPCEndpoint":
            service = str(properties.get("ServiceName", "")).rpartition(".")[2]
            is_interface = properties.get("VpcEndpointType", "Gateway") == "Interface"
            places = [properties["VpcId"]] if is_interface else properties.get("RouteTableIds", [])
            for place in places:
                services[str(place)].add(service)
    subnets = {}
    for kind, ref, _, properties in found:
        vpc = str(properties.get("VpcId"))
        if kind == _SUBNET and vpc in vpcs and ref in tables:
            reached = frozenset(services[vpc] | services[tables[ref]])
            subnets[ref] = Subnet(vpcs[vpc], tables[ref] in ways_out, reached)
    return subnets


def _leads_out(route: dict[str, Any], no_way_out: set[str]) -> bool:
    targets = {route.get("DestinationCidrBlock"), route.get("DestinationIpv6CidrBlock")}
    # What a list of prefixes holds is not known.
    is_far = bool(targets & _EVERYWHERE) or "DestinationPrefixListId" in route
    return is_far and str(route.get("GatewayId")) not in no_way_out


def _resources(assembly: Assembly) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield type, ID, path and properties of what makes up networks."""
    for template in assembly.templates:
        for logical_id, resource in template.resources.items():
            if resource["Type"].startswith("AWS::EC2::"):
                path = construct_path(resource["Metadata"]["aws:cdk:path"])
                properties = _readable(template, resource.get("Properties", {}))
                yield resource["Type"], template.physical_name(logical_id), path, properties


def _readable(template: Template, properties: dict[str, Any]) -> dict[str, Any]:
    return {name: readable(template, value) for name, value in properties.items()}
