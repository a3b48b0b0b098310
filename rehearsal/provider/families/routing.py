"""Route table and its association with a subnet.

Source: hashicorp/aws 6 internal/service/ec2, vpc_route_table.go, vpc_route_table_association.go.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.errors import ProviderError
from rehearsal.provider.families.network import DEPENDENTS_LIMIT_SECONDS
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import Block, Property, ResourceType, SetOf, Values
from rehearsal.provider.values import STRING, ipv4_network

_NO_TABLE = "InvalidRouteTableID.NotFound"


def _create_table(call: ProviderCall, inputs: Values) -> str:
    answer = call.aws.ec2.create_route_table(
        VpcId=inputs["vpcId"], **on_creation("route-table", inputs.get("tags"))
    )
    return answer["RouteTable"]["RouteTableId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle_table(call: ProviderCall, table_id: str, inputs: Values) -> None:
    _update_table(call, table_id, {}, inputs, frozenset({"routes"}))


def _update_table(
    call: ProviderCall, table_id: str, old: Values, new: Values, _changed: frozenset[str]
) -> None:
    ec2 = call.aws.ec2
    before = {route["cidrBlock"]: route.get("gatewayId") for route in old.get("routes") or ()}
    after = {route["cidrBlock"]: route.get("gatewayId") for route in new.get("routes") or ()}
    for cidr in before.keys() - after.keys():
        ec2.delete_route(RouteTableId=table_id, DestinationCidrBlock=cidr)
    for cidr, gateway in after.items():
        route: Any = {"RouteTableId": table_id, "DestinationCidrBlock": cidr, "GatewayId": gateway}
        if cidr not in before:
            ec2.create_route(**route)
        elif before[cidr] != gateway:
            ec2.replace_route(**route)


def _read_table(call: ProviderCall, table_id: str) -> Values | None:
    found = unless_gone(
        lambda: call.aws.ec2.describe_route_tables(RouteTableIds=[table_id]), _NO_TABLE
    )
    if not found or not found["RouteTables"]:
        return None
    table: Any = found["RouteTables"][0]
    owner = table.get("OwnerId") or call.aws.account_id
    routes = [
        {"cidrBlock": route["DestinationCidrBlock"], "gatewayId": route.get("GatewayId")}
        for route in table.get("Routes", ())
        if route.get("GatewayId") != "local" and route.get("DestinationCidrBlock")
    ]
    return {
        "arn": f"arn:aws:ec2:{call.aws.region}:{owner}:route-table/{table_id}",
        "vpcId": table["VpcId"],
        "routes": routes,
        "ownerId": owner,
        "tags": as_map(table.get("Tags")),
    }


def _delete_table(call: ProviderCall, table_id: str, _state: Values) -> None:
    def delete() -> None:
        unless_gone(lambda: call.aws.ec2.delete_route_table(RouteTableId=table_id), _NO_TABLE)

    call.retried(delete, "DependencyViolation", limit_seconds=DEPENDENTS_LIMIT_SECONDS)


ROUTE_TABLE = ResourceType(
    token="aws:ec2/routeTable:RouteTable",
    properties={
        "vpcId": Property(STRING, required=True, replaces=True),
        "routes": Property(
            SetOf(
                Block(
                    {
                        "cidrBlock": Property(STRING, required=True, valid=ipv4_network),
                        "gatewayId": Property(STRING, required=True),
                    }
                )
            ),
            computed=True,
        ),
        "tags": TAGS,
    },
    outputs=("arn", "ownerId"),
    create=_create_table,
    read=_read_table,
    update=_update_table,
    delete=_delete_table,
    settle=_settle_table,
    tagging=EC2_TAGGING,
)


# Association

# Its id here is the one that it is imported by: `subnet/table`. AWS's own id, which the real
# provider keeps, changes whenever another table takes the place.
# Source: hashicorp/aws documentation, aws_route_table_association, "Import".


def _create_association(call: ProviderCall, inputs: Values) -> str:
    subnet_id, table_id = inputs["subnetId"], inputs["routeTableId"]
    call.aws.ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet_id)
    return f"{subnet_id}/{table_id}"


def _update_association(
    call: ProviderCall, own_id: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    association = _find_association(call, own_id)
    if association is None:
        raise ProviderError(f"{own_id}: the subnet has no route table of its own any more")
    call.aws.ec2.replace_route_table_association(
        AssociationId=association["RouteTableAssociationId"], RouteTableId=new["routeTableId"]
    )


def _find_association(call: ProviderCall, own_id: str) -> Any:
    """A subnet has at most one association, so its id finds it."""
    subnet_id = own_id.partition("/")[0]
    tables: Any = call.aws.ec2.describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}]
    )["RouteTables"]
    found = (
        {**association, "RouteTableId": table["RouteTableId"]}
        for table in tables
        for association in table["Associations"]
        if association.get("SubnetId") == subnet_id
    )
    return next(found, None)


def _read_association(call: ProviderCall, own_id: str) -> Values | None:
    association = _find_association(call, own_id)
    if association is None:
        return None
    subnet_id, table_id = association["SubnetId"], association["RouteTableId"]
    return {"id": f"{subnet_id}/{table_id}", "subnetId": subnet_id, "routeTableId": table_id}


def _delete_association(call: ProviderCall, own_id: str, _state: Values) -> None:
    association = _find_association(call, own_id)
    if association is not None:
        unless_gone(
            lambda: call.aws.ec2.disassociate_route_table(
                AssociationId=association["RouteTableAssociationId"]
            ),
            "InvalidAssociationID.NotFound",
        )


ROUTE_TABLE_ASSOCIATION = ResourceType(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    properties={
        "subnetId": Property(STRING, required=True, replaces=True),
        "routeTableId": Property(STRING, required=True),
    },
    outputs=(),
    create=_create_association,
    read=_read_association,
    update=_update_association,
    delete=_delete_association,
)
