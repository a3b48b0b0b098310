"""Runs in a copy of the project that has one more kind of fleet, and prints what it makes of it."""

from __future__ import annotations

import json

from components.guards.wanted import guard_rules, wanted_services
from fleets.registry import fleet_readers, kind_of
from live.address import ServiceAddress
from live.reader import Reader
from ops.ramp.plan.fleets import fleets_in
from ops.ramp.stack.config_file import StackFile
from rollout.errors import SettingsError
from rollout.guard_case import GuardCase
from rollout.judgement import judged
from rollout.messages import notices
from rollout.split import Slot
from tests.configs import parsed, stack_config
from tests.live.fake_aws import FakeAws, forward
from tests.ops.hand_registered import group_name

ARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup"
ARNS = {slot: f"{ARN}/{group_name('web', slot)}/01" for slot in Slot}
FLEET = {"path": "fleet.json"}


def main() -> None:
    """Config, outputs, reading, judgement and ramp, each by the same code as for every kind."""
    config = stack_config("prod")
    config["failover:weights"] = "25/75"
    web = config["failover:services"]["web"]
    web["slots"] = {slot.value: {"jsonFile": FLEET} for slot in Slot}
    del config["failover:capacity"]["web"], config["failover:images"]["web"]
    settings = parsed(config)
    wanted = wanted_services(settings)["web"]
    web["slots"]["02"]["registered"] = True
    refused = ""
    try:
        parsed(config)
    except SettingsError as error:
        refused = str(error)
    del web["slots"]["02"]["registered"]

    aws = FakeAws(
        rules={"arn:rule/web": [forward(**{ARNS[Slot.FIRST]: 50, ARNS[Slot.SECOND]: 50})]},
        health={arn: [("i-1", "healthy"), ("i-2", "healthy")] for arn in ARNS.values()},
    )
    address = ServiceAddress("web", "arn:rule/web", ARNS, wanted.kinds)
    (live,) = Reader(aws.clients, [address], fleet_readers(aws.clients)).read()
    judgement = judged([GuardCase(live, wanted)], guard_rules(settings), 1)
    sizes = fleets_in({"web": live})["web"]
    print(
        json.dumps(
            {
                "kinds": sorted(wanted.kinds.values()),
                "refused": refused,
                "is_default": kind_of(None).key,
                "desired": [sizes.desired[slot] for slot in Slot],
                "owned": sorted(StackFile(ours(config)).owned_slots("web")),
                "notices": [each.text for each in notices(judgement, None, is_preview=False)],
            }
        )
    )


def ours(config: dict[str, object]) -> dict[str, object]:
    """The config without its namespace."""
    return {key.removeprefix("failover:"): value for key, value in config.items()}


if __name__ == "__main__":
    main()
