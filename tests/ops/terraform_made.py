"""A shop that Terraform declares: load balancer, rules, two target groups a service, and fleets.

The configuration is in `terraform_shop`. `python -m tests.ops.terraform_made DIR` writes it to a
folder, with the image and the certificate of the rehearsal that the shell uses.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

from rehearsal.account import images_of, self_signed_certificate

BALANCER = "shop"
SERVICES = ("portal", "web")
SLOTS = ("01", "02")
_CONFIGURATION = Path(__file__).parent / "terraform_shop"
_PATIENCE_SECONDS = 60.0


def group_name(service: str, slot: str) -> str:
    return f"hankooktire-us-prd-{service}-{slot}-tg"


def copy_configuration(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(_CONFIGURATION.glob("*.tf")):
        shutil.copy(file, folder)


def write_values(folder: Path, image_id: str) -> None:
    """Give the variables of the configuration their values."""
    certificate, key = self_signed_certificate(["*.hankooktire.example"])
    values = {"image_id": image_id, "certificate": _text(certificate), "private_key": _text(key)}
    (folder / "terraform.tfvars.json").write_text(json.dumps(values, indent=2))


def _text(pem: str | bytes) -> str:
    return pem if isinstance(pem, str) else pem.decode()


def weights(client: Callable[[str], Any]) -> dict[str, dict[str, int]]:
    """The weight of each target group, by name, in the rule of each service."""
    elb = client("elbv2")
    balancer = elb.describe_load_balancers(Names=[BALANCER])["LoadBalancers"][0]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    rules = elb.describe_rules(ListenerArn=listeners[0]["ListenerArn"])["Rules"]
    found = {}
    for rule in rules:
        service = {"40": "portal", "50": "web"}.get(rule["Priority"])
        if service:
            groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
            found[service] = {g["TargetGroupArn"].split("/")[-2]: g["Weight"] for g in groups}
    return found


def wait_until_it_serves(client: Callable[[str], Any]) -> None:
    """Return when all targets of slot 01 are healthy; slot 02 has no rule, so no checks."""
    elb = client("elbv2")
    names = [group_name(service, "01") for service in SERVICES]
    groups = elb.describe_target_groups(Names=names)["TargetGroups"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while any(_states(elb, each["TargetGroupArn"]) != ["healthy"] * 2 for each in groups):
        assert time.monotonic() < deadline, names
        time.sleep(0.1)  # a health check has no event to await


def _states(elb: Any, arn: str) -> list[str]:
    described = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [each["TargetHealth"]["State"] for each in described]


def main() -> None:
    """Write it for the local AWS of the environment."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if not endpoint.startswith("http://127.0.0.1:"):
        sys.exit('this is for a rehearsal: eval "$(failover rehearse env)"')
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.ops.terraform_made DIR")
    session: Any = boto3.Session()
    folder = Path(sys.argv[1])
    copy_configuration(folder)
    write_values(folder, images_of(endpoint, session.region_name)["v1"])
    print(f"wrote the configuration of {BALANCER} to {folder}")


if __name__ == "__main__":
    main()
