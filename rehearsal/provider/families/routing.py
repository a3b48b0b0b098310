"""Route table and its association with a subnet.

Source: hashicorp/aws 6 internal/service/ec2, vpc_route_table.go, vpc_route_table_association.go.
"""

from __future__ import annotations

from typing import Any

from rehearsal.provider.call import Call, unless_gone
from rehearsal.provider.families.network import DEPENDENTS_LIMIT_SECONDS
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import Block, Property, ResourceType, SetOf, Values
from rehearsal.provider.values import STRING, ipv4_network

_NO_TABLE = "InvalidRouteTableID.NotFound"
_NO_ASSOCIATION = "InvalidAssociationID.NotFound"


def _create_table(call: Call, inputs: Values) -> str:
    answer = call.aws.ec2.create_route_table(
        VpcId=inputs["vpcId"], **on_creation("route-table", inputs.get("tags"))
    )
    return answer["RouteTable"]["RouteTableId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _settle_table(call: Call, table_id: str, inputs: Values) -> None:
    _update_table(call, table_id, {}, inputs, frozenset({"routes"}))


def _update_table(
    call: Call, table_id: str, old: Values, new: Values, _changed: frozenset[str]
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


def _read_table(call: Call, table_id: str) -> Values | None:
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


def _delete_table(call: Call, table_id: str, _state: Values) -> None:
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


def _create_association(call: Call, inputs: Values) -> str:
    answer = call.aws.ec2.associate_route_table(
        RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
    )
    return answer["AssociationId"]


def _update_association(
    call: Call, association_id: str, _old: Values, new: Values, _changed: frozenset[str]
) -> None:
    call.aws.ec2.replace_route_table_association(
        AssociationId=association_id, RouteTableId=new["routeTableId"]
    )


def _read_association(call: Call, association_id: str) -> Values | None:
    """An association by its own id, or by `subnet/table`, which is how it is imported.

    Source: hashicorp/aws documentation, aws_route_table_association, "Import".
    """
    subnet_id, is_pair, table_id = association_id.partition("/")
    if is_pair:
        wanted = ("association.subnet-id", subnet_id)
    else:
        wanted = ("association.route-table-association-id", association_id)
    tables: Any = call.aws.ec2.describe_route_tables(
        Filters=[{"Name": wanted[0], "Values": [wanted[1]]}]
    )["RouteTables"]
    for table in tables:
        for found in table["Associations"]:
            is_wanted = association_id == found["RouteTableAssociationId"] or (
                is_pair and found.get("SubnetId") == subnet_id and table["RouteTableId"] == table_id
            )
            if is_wanted:
                return {
                    "id": found["RouteTableAssociationId"],
                    "subnetId": found.get("SubnetId"),
                    "routeTableId": table["RouteTableId"],
                }
    return None


def _delete_association(call: Call, association_id: str, _state: Values) -> None:
    unless_gone(
        lambda: call.aws.ec2.disassociate_route_table(AssociationId=association_id),
        _NO_ASSOCIATION,
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
