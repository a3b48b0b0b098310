"""The functions (data sources) that a program looks things up with.

Source: pulumi-aws 7 reference, the result types of these functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.errors import ProviderError, ProviderNotSupportedError
from rehearsal.provider.families.autoscaling import read_group
from rehearsal.provider.families.listeners import read_listener
from rehearsal.provider.families.load_balancers import read_load_balancer
from rehearsal.provider.families.network import read_subnet, read_vpc
from rehearsal.provider.families.target_groups import read_target_group
from rehearsal.provider.table import Values

Function: TypeAlias = Callable[[ProviderCall, Values], Values]


def _accepting(arguments: Values, token: str, *names: str) -> None:
    refused = sorted(arguments.keys() - set(names))
    if refused:
        raise ProviderNotSupportedError(
            f"{token}: argument {', '.join(refused)} is not supported by the rehearsal"
        )


def _found(token: str, wanted: object, state: Values | None) -> Values:
    if state is None:
        raise ProviderError(f"{token}: nothing found for {wanted}")
    return state


def _get_vpc(call: ProviderCall, arguments: Values) -> Values:
    _accepting(arguments, "aws:ec2/getVpc:getVpc", "id")
    wanted = arguments["id"]
    state = _found("aws:ec2/getVpc:getVpc", wanted, read_vpc(call, wanted))
    return {
        "id": wanted,
        "state": "available",
        "default": False,
        "cidrBlockAssociations": [],
        **state,
    }


def _get_subnet(call: ProviderCall, arguments: Values) -> Values:
    _accepting(arguments, "aws:ec2/getSubnet:getSubnet", "id")
    wanted = arguments["id"]
    state = _found("aws:ec2/getSubnet:getSubnet", wanted, read_subnet(call, wanted))
    return {"id": wanted, "state": "available", **state}


def _get_load_balancer(call: ProviderCall, arguments: Values) -> Values:
    token = "aws:lb/getLoadBalancer:getLoadBalancer"
    _accepting(arguments, token, "arn", "name")
    arn = arguments.get("arn") or _arn_by_name(
        lambda name: call.aws.elbv2.describe_load_balancers(Names=[name])["LoadBalancers"],
        "LoadBalancerArn",
        "LoadBalancerNotFound",
        arguments.get("name"),
    )
    state = _found(token, arguments, read_load_balancer(call, arn) if arn else None)
    return {"id": arn, **state, "accessLogs": state.get("accessLogs") or {}}


def _get_target_group(call: ProviderCall, arguments: Values) -> Values:
    token = "aws:lb/getTargetGroup:getTargetGroup"
    _accepting(arguments, token, "arn", "name")
    arn = arguments.get("arn") or _arn_by_name(
        lambda name: call.aws.elbv2.describe_target_groups(Names=[name])["TargetGroups"],
        "TargetGroupArn",
        "TargetGroupNotFound",
        arguments.get("name"),
    )
    state = _found(token, arguments, read_target_group(call, arn) if arn else None)
    delay = str(state.get("deregistrationDelay"))
    return {"id": arn, **state, "deregistrationDelay": delay}


def _arn_by_name(
    describe: Callable[[str], Any], key: str, not_found: str, name: str | None
) -> str | None:
    found = unless_gone(lambda: describe(name), not_found) if name else None
    return found[0][key] if found else None


def _get_listener(call: ProviderCall, arguments: Values) -> Values:
    token = "aws:lb/getListener:getListener"
    _accepting(arguments, token, "arn")
    wanted = arguments["arn"]
    return {"id": wanted, **_found(token, wanted, read_listener(call, wanted))}


def _get_group(call: ProviderCall, arguments: Values) -> Values:
    token = "aws:autoscaling/getGroup:getGroup"
    _accepting(arguments, token, "name")
    name = arguments["name"]
    state = dict(_found(token, name, read_group(call, name)))
    # The data source spells some of the group's properties in its own way.
    zones = state.pop("vpcZoneIdentifiers", [])
    template = state.pop("launchTemplate", None)
    mixed = state.pop("mixedInstancesPolicy", None)
    return {
        "id": name,
        **state,
        "vpcZoneIdentifier": ",".join(zones),
        "launchTemplates": [template] if template else [],
        "mixedInstancesPolicies": [_mixed(mixed)] if mixed else [],
    }


def _mixed(policy: Values) -> Values:
    """A mixed instances policy as the data source has it: each map is a list of one."""
    launched = policy["launchTemplate"]
    return {
        "instancesDistributions": [policy["instancesDistribution"]],
        "launchTemplates": [
            {
                "launchTemplateSpecifications": [launched["launchTemplateSpecification"]],
                "overrides": [
                    {"weightedCapacity": "", **each} for each in launched.get("overrides") or ()
                ],
            }
        ],
    }


def _get_parameter(call: ProviderCall, arguments: Values) -> Values:
    token = "aws:ssm/getParameter:getParameter"
    _accepting(arguments, token, "name", "withDecryption")
    name, decrypted = arguments["name"], arguments.get("withDecryption", True)
    answer: Any = unless_gone(
        lambda: call.aws.ssm.get_parameter(Name=name, WithDecryption=decrypted),
        "ParameterNotFound",
        "ParameterVersionNotFound",
    )
    parameter = _found(token, name, answer)["Parameter"]
    is_secret = parameter["Type"] == "SecureString"
    return {
        "id": name,
        "arn": parameter.get("ARN"),
        "name": name,
        "type": parameter["Type"],
        "value": parameter["Value"],
        "insecureValue": None if is_secret else parameter["Value"],
        "version": parameter.get("Version"),
        "withDecryption": decrypted,
    }


def _get_caller_identity(call: ProviderCall, arguments: Values) -> Values:
    _accepting(arguments, "aws:index/getCallerIdentity:getCallerIdentity")
    identity = call.aws.sts.get_caller_identity()
    return {
        "id": identity["Account"],
        "accountId": identity["Account"],
        "arn": identity["Arn"],
        "userId": identity["UserId"],
    }


SECRET_RESULTS: Mapping[str, frozenset[str]] = {
    "aws:ssm/getParameter:getParameter": frozenset({"value"})
}
"""What the real provider marks as sensitive; a parameter's `insecureValue` is not."""

FUNCTIONS: Mapping[str, Function] = {
    "aws:autoscaling/getGroup:getGroup": _get_group,
    "aws:ec2/getSubnet:getSubnet": _get_subnet,
    "aws:ec2/getVpc:getVpc": _get_vpc,
    "aws:index/getCallerIdentity:getCallerIdentity": _get_caller_identity,
    "aws:lb/getListener:getListener": _get_listener,
    "aws:lb/getLoadBalancer:getLoadBalancer": _get_load_balancer,
    "aws:lb/getTargetGroup:getTargetGroup": _get_target_group,
    "aws:ssm/getParameter:getParameter": _get_parameter,
}
