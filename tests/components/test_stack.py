from __future__ import annotations

from typing import Any

from pulumi.runtime.mocks import MockResourceArgs

from rollout.split import Slot, Split
from tests.components.stacks import declared, recording_of
from tests.configs import TOKEN, stack_config
from tests.settings.test_values import with_existing_slot


def test_the_outputs_tell_what_a_person_and_a_script_want() -> None:
    exports = recording_of("prod").exports

    assert exports == {
        "loadBalancerDnsName": "alb.example",
        "listenerArn": "arn:mock:Listener/https",
        "urls": {
            "portal": "https://www.hankooktire.example/portal",
            "web": "https://www.hankooktire.example/",
        },
        "services": {
            name: {
                "ruleArn": f"arn:mock:ListenerRule/{name}",
                "weights": "50/50",
                "lastRaisedSlot": None,
                "targetGroupArns": {
                    slot: f"arn:mock:TargetGroup/{name}-{slot}" for slot in ("01", "02")
                },
                "fleets": {"01": "autoScalingGroup", "02": "autoScalingGroup"},
                "images": {"01": image, "02": image},
            }
            for name, image in (
                ("portal", "ami-0c1f0e5d7b9a24681"),
                ("web", "ami-0a7d3c5e9b1f02468"),
            )
        },
        "previewHeaders": {
            "01": f"x-failover-slot: 01-{TOKEN}",
            "02": f"x-failover-slot: 02-{TOKEN}",
        },
    }


def test_the_weights_are_those_of_the_rule_whatever_the_config_says() -> None:
    def as_a_console_left_it(args: MockResourceArgs) -> dict[str, Any]:
        if args.name != "web" or not args.typ.endswith(":ListenerRule"):
            return {}
        groups = [
            {"arn": "arn:mock:TargetGroup/web-02", "weight": 40},
            {"arn": "arn:mock:TargetGroup/web-01", "weight": 60},
        ]
        return {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}

    recording = declared(stack_config("prod"), override=as_a_console_left_it)

    weights = {name: each["weights"] for name, each in recording.exports["services"].items()}
    assert weights == {"portal": "50/50", "web": "60/40"}


def test_the_slot_that_was_raised_last_is_told_of_the_weights_that_the_rule_has() -> None:
    seen: list[tuple[str, Split]] = []

    def last_raised(service: str, split: Split) -> Slot | None:
        seen.append((service, split))
        return Slot.SECOND if service == "web" else None

    recording = declared(stack_config("prod"), last_raised=last_raised)

    services = recording.exports["services"]
    assert {name: each["lastRaisedSlot"] for name, each in services.items()} == {
        "portal": None,
        "web": "02",
    }
    assert sorted(seen, key=str) == [("portal", Split(50, 50)), ("web", Split(50, 50))]


def test_the_images_are_those_of_the_templates() -> None:
    def with_an_image(args: MockResourceArgs) -> dict[str, Any]:
        is_template = args.typ.endswith(":LaunchTemplate") and args.name == "web-02"
        return {"imageId": "ami-0fffffffffffffff7"} if is_template else {}

    recording = declared(stack_config("prod"), override=with_an_image)

    assert recording.exports["services"]["web"]["images"] == {
        "01": "ami-0a7d3c5e9b1f02468",
        "02": "ami-0fffffffffffffff7",
    }


def test_a_slot_that_is_not_ours_has_no_image_of_ours() -> None:
    config, lookups = with_existing_slot()

    recording = declared(config, lookups=lookups)

    assert recording.exports["services"]["web"]["images"] == {
        "01": None,
        "02": "ami-0a7d3c5e9b1f02468",
    }


def test_a_service_without_a_plain_host_is_reached_by_the_load_balancers_name() -> None:
    config = stack_config("prod")
    config["failover:services"]["web"]["hosts"] = ["*.hankooktire.example"]

    recording = declared(config)

    assert recording.exports["urls"]["web"] == "https://alb.example/"
