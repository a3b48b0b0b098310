"""Terraform states of the load balancer of `balancers`, as versions and commands write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.ops.balancers import ELB, rule_arn

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'
TOFU = 'provider["registry.opentofu.org/hashicorp/aws"]'
RULE, OTHER_RULE = rule_arn(20), rule_arn(10)
GROUP_ARN = f"{ELB}:targetgroup/acme-us-prd-web-tg/0123456789abcdef"


def instance(attributes: Mapping[str, Any], index: str | int | None = None, **more: Any) -> Any:
    key = {} if index is None else {"index_key": index}
    return {**key, "schema_version": 0, "attributes": dict(attributes), **more}


def rule_of(arn: str, index: str | int | None = None, **more: Any) -> Any:
    """A rule as a state has it, with what must not be kept of it."""
    action = [{"type": "authenticate-oidc", "authenticate_oidc": [{"client_secret": "s3cret"}]}]
    return instance({"id": arn, "arn": arn, "action": action}, index, **more)


def resource(address: str, *instances: Any, mode: str = "managed", provider: str = AWS) -> Any:
    *_, type_name, name = address.split(".")
    module = address.removesuffix(f"{type_name}.{name}").removesuffix(".")
    held = {"module": module} if module else {}
    own = {"mode": mode, "type": type_name, "name": name, "provider": provider}
    return {**held, **own, "instances": list(instances)}


def state_file(*resources: Any, version: str = "1.11.4", **changed: Any) -> str:
    """What Terraform 0.12 and newer write."""
    document = {
        "version": 4,
        "terraform_version": version,
        "serial": 7,
        "lineage": "5c8b5aad-c761-aa69-d65d-99126141552d",
        "outputs": {},
        "resources": list(resources),
    }
    return json.dumps({**document, **changed})


def shown(*resources: Any, modules: Any = (), version: str = "1.11.4", **changed: Any) -> str:
    """What `terraform show -json` prints."""
    root = {"resources": list(resources), "child_modules": list(modules)}
    document = {
        "format_version": "1.0",
        "terraform_version": version,
        "values": {"root_module": root},
    }
    return json.dumps({**document, **changed})


def shown_rule(name: str, arn: str, index: str | int | None = None, prefix: str = "") -> Any:
    key = {} if index is None else {"index": index}
    return {
        "address": f"{prefix}aws_lb_listener_rule.{name}",
        "mode": "managed",
        "type": "aws_lb_listener_rule",
        "name": name,
        **key,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": {"id": arn, "arn": arn},
        "depends_on": ["aws_lb_listener.https"],
    }
