"""From a console-made load balancer to a stack, under traffic, killed on the way."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from typing import Any

import pytest

from rollout.split import Slot
from tests.engine import ramping
from tests.engine.adopting import ADOPTED, Adopting, adopting
from tests.ops.console_made import HOST

pytestmark = pytest.mark.engine

RATE = 200
NAMED = ("Web_servers", "portal_asg")
"""The groups of the team behind the slots that are adopted."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generator[Adopting]:
    with adopting(tmp_path_factory.mktemp("adopt")) as made:
        yield made


def test_who_ends_it_at_a_question_has_changed_nothing(shop: Adopting) -> None:
    files = sorted(path.name for path in shop.stack.root.iterdir())
    asking = [option for option in shop.argv("--apply") if option != "--yes"]

    ended = subprocess.run(
        asking, cwd=shop.stack.root, env=shop.env, stdin=subprocess.DEVNULL, capture_output=True
    )

    assert ended.returncode == 3
    assert b"ended at a question; nothing was written or changed" in ended.stderr
    assert {path.name for path in shop.stack.root.iterdir()} - set(files) <= {".failover"}
    assert shop.rules() == shop.before


@pytest.mark.long
def test_without_apply_the_plan_is_shown_and_nothing_is_changed(shop: Adopting) -> None:
    state = shop.stack.engine.run("stack", "export")

    planned = shop.adopt()

    assert planned.returncode == 0, planned.stdout
    changes = [line.split()[:4] for line in planned.stdout.splitlines() if line.startswith("  ~")]
    assert changes == [
        ["~", "rule", "lb:ListenerRule", "portal"],
        ["~", "rule", "lb:ListenerRule", "web"],
    ]
    assert "nothing was changed yet" in planned.stdout
    assert shop.rules() == shop.before
    assert shop.stack.engine.run("stack", "export") == state
    imports = json.loads((shop.stack.root / "import.json").read_text())
    assert len(imports["resources"]) == 4


@pytest.mark.long
def test_killed_on_the_way_each_rule_is_as_it_was_or_converted(shop: Adopting) -> None:
    shop.killed(lambda: shop.is_importing, with_children=True)
    shop.assert_as_it_was_or_converted()

    shop.killed(lambda: shop.updated > 6, with_children=True)
    shop.assert_as_it_was_or_converted()


@pytest.mark.long
def test_a_request_that_fails_stops_it_and_the_rules_are_put_back(shop: Adopting) -> None:
    before = {p: shop.split_of(p) for p in ADOPTED}  # the second kill may have come after a rule
    with shop.page("/flip", priority=15) as fail, shop.when_updating(fail):
        undone = shop.adopt("--apply", "--probe-url", f"https://{HOST}/flip")

    assert undone.returncode == 1, undone.stdout
    assert "the rules forward as before, and the new slot is left idle" in undone.stdout
    assert {p: shop.split_of(p) for p in ADOPTED} == before
    assert shop.gone() == []


def test_it_is_run_again_to_its_end_without_a_lost_request(shop: Adopting) -> None:
    adopted = shop.adopt("--apply", "--probe-rate", str(RATE))

    assert adopted.returncode == 0, adopted.stdout
    assert requests_of(adopted.stdout)["failed"] == 0
    assert {p: shop.split_of(p) for p in ADOPTED} == {
        "40": [("hankooktire-us-prd-portal-tg", 100), ("hankooktire-us-prd-portal-02-tg", 0)],
        "100": [("hankooktire-us-prd-web-tg", 100), ("hankooktire-us-prd-web-02-tg", 0)],
    }
    kept = {p: {**shop.rules()[p], "Actions": shop.before[p]["Actions"]} for p in ADOPTED}
    assert kept == {p: shop.before[p] for p in ADOPTED}
    assert shop.others() == {p: shop.before[p] for p in shop.others()}
    assert_settled(shop)


@pytest.mark.long
def test_adopting_again_changes_nothing(shop: Adopting) -> None:
    files = [shop.stack.root / name for name in ("Pulumi.rehearsal.yaml", "import.json")]
    held = [file.read_text() for file in files]
    rules = shop.rules()

    again = shop.adopt("--apply")

    assert again.returncode == 0, again.stdout
    assert again.stdout.splitlines()[-1] == "adopted already: nothing to change"
    assert shop.rules() == rules
    assert [file.read_text() for file in files] == held


@pytest.mark.long
def test_a_flag_that_the_stack_file_overrules_is_refused_and_nothing_is_written(
    shop: Adopting,
) -> None:
    file = shop.stack.root / "Pulumi.rehearsal.yaml"
    held = file.read_text()

    refused = shop.adopt("--org", "other")

    assert refused.returncode == 2, refused.stdout
    assert "--org other: Pulumi.rehearsal.yaml has failover:org hankooktire" in refused.stdout
    assert file.read_text() == held


@pytest.mark.long
def test_the_ramp_by_hand_works_on_what_was_adopted(shop: Adopting) -> None:
    shop.stack.engine.set_config("weights", "90/10")

    shifted = shop.stack.pulumi("up", "--yes", "--skip-preview")

    assert shifted.returncode == 0, shifted.stdout
    assert [[weight for _, weight in shop.split_of(p)] for p in ADOPTED] == [[90, 10], [90, 10]]


@pytest.mark.long
def test_a_release_is_ramped_onto_the_new_slot_and_back_to_the_one_that_signs_nothing(
    shop: Adopting,
) -> None:
    stack = shop.stack
    stack.engine.set_config("weights", "100/0")
    ramping.configure(stack, ramping.PROMPT)
    stack.engine.run("up", "--yes", "--skip-preview")
    for service in ("web", "portal"):
        key = f'services.{service}.slots["01"].autoScalingGroup.floor'
        stack.engine.set_config(key, "write", "--path")
    ramping.release(stack, "v2", Slot.SECOND)
    for name in NAMED:
        shop.shop.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=name, MinSize=1
        )
    before = shop.named_groups()

    with shop.watching_named_groups() as seen:
        ramped = ramping.failover(stack, "ramp", "--to", "02", "--yes")
    reached = [[weight for _, weight in shop.split_of(p)] for p in ADOPTED]
    back = ramping.failover(stack, "rollback")

    assert ramped.returncode == 0, ramped.stdout
    assert reached == [[0, 100], [0, 100]]
    assert {(group.name, group.held) for group in seen} == {(name, 2) for name in NAMED}
    assert shop.named_groups() == before
    assert back.returncode == 0, back.stdout
    assert [[weight for _, weight in shop.split_of(p)] for p in ADOPTED] == [[100, 0], [100, 0]]
    assert_settled(shop)


def assert_settled(shop: Adopting) -> None:
    preview = shop.stack.pulumi("preview", "--expect-no-changes")
    assert preview.returncode == 0, preview.stdout


def requests_of(said: str) -> dict[str, Any]:
    """What the adoption says of its requests."""
    (line,) = [line for line in said.splitlines() if " requests, " in line]
    words = line.split()
    assert int(words[0]) > 5 * RATE
    return {"sent": int(words[0]), "failed": int(words[2])}
