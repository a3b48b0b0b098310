"""How a stack stands, without AWS, engine or git: who agrees, what is told, what is shown."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import product
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from ops.plan.service_plan import GROUP, LAUNCH_TEMPLATE, RULE
from ops.status.as_json import as_document, status_schema
from ops.status.config_reading import ConfigReading
from ops.status.difference import agrees, differences
from ops.status.document import Source, Status, Unread, UnreadError
from ops.status.live_reading import ListenerOrder, LiveReading
from ops.status.merge import Readings, joined
from ops.status.state_reading import StateReading
from ops.status.terminal import shown
from rollout.conditions import Condition, Field
from rollout.hidden_rules import hidden_services
from rollout.lease import LeaseState
from rollout.observation import LiveRule
from rollout.split import Slot
from tests.fixing import fixed
from tests.ops.status.stacks import NEW, NOW, OLD, service, status, weights
from tests.rollout.test_rule_places import foreign, live_of, takes, wanted

SPLITS = st.sampled_from(["100/0", "75/25", "50/50", "0/100"])
STANDING = (LeaseState.HELD, LeaseState.DEAD, LeaseState.EXPIRED)
SCHEMA = jsonschema.Draft202012Validator(status_schema())
EQUAL = weights("75/25", "75/25", "75/25", "75/25")
EVERYWHERE = st.fixed_dictionaries({}, optional=dict.fromkeys(Source, SPLITS))


def drawn(found: Status, width: int) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width)
    console.print(shown(found, differences(found)), highlight=False, crop=False)
    return file.getvalue()


@given(EVERYWHERE, st.sets(st.sampled_from(list(Source)), min_size=1))
def test_a_service_differs_exactly_when_two_sources_that_were_read_do(
    told: dict[Source, str], read: set[Source]
) -> None:
    values = {told.get(source) for source in read}

    assert agrees(service("web", told), frozenset(read)) == (len(values) == 1)


@given(EVERYWHERE, EVERYWHERE)
def test_every_service_that_differs_is_in_exactly_one_difference(
    web: dict[Source, str], portal: dict[Source, str]
) -> None:
    found = status(service("portal", portal), service("web", web))

    named = [name for each in differences(found) for name in each.subject.split(" and ")]

    expected = [s.name for s in found.services if not agrees(s, found.sources)]
    assert sorted(named) == expected


@settings(max_examples=40)
@given(EVERYWHERE, st.sampled_from([*STANDING, None]), st.sampled_from(["", *Source]))
def test_every_status_has_the_shape_of_the_schema(
    told: dict[Source, str], lease_state: LeaseState | None, unread: str
) -> None:
    found = status(service("web", told), lease_state=lease_state, unread=unread)

    SCHEMA.validate(as_document(found, differences(found, "prod")))


def test_a_service_that_gets_no_request_is_named_with_the_rule_that_takes_them() -> None:
    portal = wanted("portal", 100, takes("/portal/*"), known=100)
    hidden = hidden_services([*live_of(portal), foreign(10, takes("/portal*"))])
    found = replace(status(service("portal", EQUAL)), hidden=tuple(hidden))

    lines = drawn(found, 400).splitlines()
    document = as_document(found, differences(found), "prod")

    assert lines[1].strip() == "portal gets no request; live, config, state and main agree"
    place = next(n for n, line in enumerate(lines) if line.startswith("portal: the rule of"))
    assert "rule 10 (host www.example.com and path /portal*; forwards to" in lines[place]
    assert "comes first and takes them all" in lines[place]
    moves = "gives portal the requests that rule 10 takes from it"
    assert lines[place + 1].startswith(f"  {moves}: pulumi config set --path ")
    assert lines[place + 2].strip() == "or have rule 10 narrowed or deleted by whoever made it"
    SCHEMA.validate(document)
    (told,) = document["hidden"]
    assert (told["service"], told["what"]) == ("portal", hidden[0].why)
    command = (
        "pulumi config set --path 'failover:services.portal.priority' 9 --stack prod && pulumi up "
        "--stack prod"
    )
    assert told["ways"] == [{"to": moves, "command": command}]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(status_schema())


@pytest.mark.parametrize(
    ("told", "what", "commands"),
    [
        (
            weights("60/40", "100/0", "100/0", "100/0"),
            "changed outside Pulumi",
            [
                "pulumi config set weights 60/40 --stack prod && pulumi up --stack prod",
                "pulumi config set override 'put back what was changed outside Pulumi' "
                "--stack prod && pulumi up --refresh --stack prod && "
                "pulumi config rm override --stack prod",
            ],
        ),
        (
            weights("100/0", "90/10", "100/0", "100/0"),
            "the config is not deployed",
            [
                "pulumi up --stack prod",
                "pulumi config set weights 100/0 --stack prod && pulumi up --stack prod",
            ],
        ),
        (
            weights("60/40", "60/40", "100/0", "60/40"),
            "the state does not have it yet",
            ["pulumi up --stack prod"],
        ),
        (
            weights("90/10", "90/10", "90/10", "100/0"),
            "origin/main does not have the weights",
            [
                "git commit -m 'weights 90/10' -- Pulumi.prod.yaml && git push",
                "git checkout origin/main -- Pulumi.prod.yaml",
            ],
        ),
    ],
)
def test_a_difference_comes_with_the_commands_for_either_way(
    told: dict[Source, str], what: str, commands: list[str]
) -> None:
    (found,) = differences(status(service("portal", told), service("web", told)), "prod")

    assert found.subject == "portal and web"
    assert what in found.what
    assert [str(fix.command) for fix in found.fixes] == commands


def test_a_part_of_the_services_is_taken_over_by_a_key_of_its_own() -> None:
    calm, moved = weights(*["100/0"] * 4), weights("60/40", "100/0", "100/0", "100/0")

    (found,) = differences(status(service("portal", calm), service("web", moved)))

    assert str(found.fixes[0].command) == (
        "pulumi config set --path 'failover:services[\"web\"].weights' 60/40 && pulumi up"
    )


def test_nobody_is_told_to_touch_what_a_ramp_moves_now() -> None:
    told = weights("75/25", "50/50", "75/25", "100/0")

    for lease_state in STANDING:
        (found,) = differences(status(service("web", told), lease_state=lease_state))
        assert (found.fixes == ()) == (lease_state is LeaseState.HELD)


def test_weights_that_are_no_split_are_only_put_back() -> None:
    told = weights("0/0", "100/0", "100/0", "100/0")

    (found,) = differences(status(service("web", told)))

    assert [fix.to for fix in found.fixes] == ["restore config"]


@pytest.mark.parametrize("unread", ["", *Source, "alarms", "who ramps"])
def test_the_screen_has_80_columns_and_says_what_was_not_read(unread: str) -> None:
    told = weights(*["50/50"] * 4)
    found = status(service("portal", told), service("web", told), unread=unread)

    text = drawn(found, 80)

    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 24
    assert "2 healthy, 1" in text
    assert f"1 in service of version 4 {OLD}" in text
    assert (f"{unread}: not read: AWS cannot be reached" in text) == bool(unread)
    verdict = text.splitlines()[1]
    assert ("agree" in verdict) == (not unread)
    assert (f"{unread} could not be read; " in verdict) == bool(unread)


def test_a_reason_is_shown_once_for_all_that_it_kept_from_being_read_and_can_be_copied() -> None:
    login = f"aws sso login --profile {'a-long-name-' * 8}prod && pulumi up"
    why = f"the AWS credentials have expired\n  fix:      {login}"
    unread = tuple(Unread(what, why) for what in ("live", "alarms", "order of rules"))
    found = replace(status(service("web", EQUAL)), unread=unread)

    file = io.StringIO()
    Console(file=file, width=80).print(shown(found, (), folds=False), crop=False)

    lines = file.getvalue().splitlines()
    assert [line for line in lines if "expired" in line] == [
        "live, alarms and order of rules: not read: the AWS credentials have expired"
    ]
    assert lines[-1].rstrip() == f"  fix:      {login}"


RULE_OF_WEB = {
    "type": RULE,
    "urn": f"urn:pulumi:prod::failover::{RULE}::web",
    "outputs": {
        "conditions": [
            {"hostHeader": {"values": ["www.example.com", "example.com"]}},
            {"pathPattern": {"values": ["/*"]}},
        ]
    },
}


@pytest.mark.parametrize(("path", "differs"), [("/*", False), ("/shop/*", True)])
def test_a_rule_that_takes_other_requests_than_the_state_has_is_a_difference(
    path: str, differs: bool
) -> None:
    state = StateReading.of({"resources": [RULE_OF_WEB]})
    hosts = Condition(Field.HOST, ("example.com", "www.example.com"))
    live = ListenerOrder(conditions={"web": (Condition(Field.PATH, (path,)), hosts)})
    rule = LiveRule("web", "arn:rule/web", 100, 0)
    read = Readings(
        live=LiveReading({"web": rule}),
        **dict.fromkeys(("config", "main", "branch", "alarms", "ramping", "region")),
        state=replace(state, weights={"web": "100/0"}),
        order=live,
    )

    found = differences(joined("prod", NOW, read, ()), "prod")

    assert [each.subject for each in found] == ["web"] * differs
    for each in found:
        assert each.what == "the requests that its rule takes were changed outside Pulumi"
        assert each.values == {
            Source.LIVE: "host example.com or www.example.com and path /shop/*",
            Source.STATE: "host example.com or www.example.com and path /*",
        }
        assert [str(fix.command) for fix in each.fixes] == ["failover status --drift --stack prod"]


def test_a_command_stays_on_one_line_so_that_it_can_be_copied() -> None:
    found = status(service("web", weights("60/40", "100/0", "100/0", "100/0")))
    file = io.StringIO()
    console = Console(file=file, width=80)

    console.print(shown(found, differences(found), folds=False), highlight=False, crop=False)

    fixes = [str(fix.command) for each in differences(found) for fix in each.fixes]
    assert all(any(fix in line for line in file.getvalue().splitlines()) for fix in fixes)


@pytest.mark.parametrize(
    ("images", "what", "command"),
    [
        (
            {Source.LIVE: NEW, Source.STATE: NEW, Source.CONFIG: NEW, Source.MAIN: OLD},
            "origin/main does not have the image of the stack file here",
            f"git commit -m 'image {NEW}' -- Pulumi.prod.yaml && git push",
        ),
        (
            {Source.LIVE: OLD, Source.CONFIG: NEW, Source.MAIN: NEW},
            "the image in the config is not deployed",
            "pulumi up",
        ),
        (
            {Source.LIVE: OLD, Source.STATE: NEW, Source.CONFIG: NEW, Source.MAIN: NEW},
            "what its instances launch from was changed outside Pulumi",
            "failover status --drift",
        ),
        (
            {Source.STATE: OLD, Source.CONFIG: NEW, Source.MAIN: NEW},
            "the image in the config is not deployed",
            "pulumi up",
        ),
        (
            {Source.LIVE: NEW, Source.STATE: OLD, Source.CONFIG: NEW},
            "live matches the config, but the state does not have it yet",
            "pulumi up",
        ),
    ],
)
def test_an_image_is_explained_by_the_source_that_says_otherwise(
    images: dict[Source, str], what: str, command: str
) -> None:
    web = service("web", weights("50/50", "50/50", "50/50", "50/50"))
    object.__setattr__(web.slots[1], "images", images)

    (found,) = differences(status(web))

    assert (found.what, str(found.fixes[0].command)) == (what, command)


def test_an_image_of_main_is_not_compared_with_a_parameter() -> None:
    web = service("web", weights("50/50", "50/50", "50/50", "50/50"))
    images = {Source.LIVE: NEW, Source.STATE: NEW, Source.CONFIG: "ssm:/web:4", Source.MAIN: OLD}
    object.__setattr__(web.slots[1], "images", images)

    assert differences(status(web)) == ()


def test_an_image_that_differs_is_told_for_its_slot() -> None:
    told = weights(*["100/0"] * 4)
    web = service("web", told)
    images = {Source.LIVE: OLD, Source.STATE: OLD, Source.CONFIG: NEW, Source.MAIN: "ssm:/web:3"}
    object.__setattr__(web.slots[1], "images", images)

    (found,) = differences(status(web))

    assert found.subject == "web-02"
    assert found.what == "the image in the config is not deployed"
    assert Source.MAIN not in found.values


def test_an_image_that_cannot_be_deployed_is_dropped_by_one_command() -> None:
    web = service("web", weights(*["100/0"] * 4))
    object.__setattr__(web.slots[1], "images", {Source.LIVE: OLD, Source.CONFIG: NEW})
    config = {"failover:images": {"web": {"01": OLD, "02": NEW}}}

    (found,) = differences(status(web))
    _, drop = found.fixes

    assert fixed(config, str(drop.command)) == {"failover:images": {"web": {"01": OLD, "02": OLD}}}


FILE = """
config:
  failover:weights: 90/10
  failover:services: {web: {hosts: [a.example]}, portal: {weights: 50/50}}
  failover:images: {web: {"01": ami-1, "02": ami-2}}
  failover:capacity: {web: {min: 2, floors: {"02": 3}}}
  failover:override: tried by hand
  failover:candidate: "02"
  failover:freeze: {until: "2026-12-01T00:00:00Z", reason: sale}
"""


def test_a_stack_file_is_read_without_the_engine() -> None:
    found = ConfigReading.parse(FILE, "Pulumi.prod.yaml")

    assert found.weights == {"web": "90/10", "portal": "50/50"}
    assert found.own == {"portal"}
    assert found.images == {("web", Slot.FIRST): "ami-1", ("web", Slot.SECOND): "ami-2"}
    assert found.floors == {("web", Slot.SECOND): 3}
    assert [note.split(" ")[0] for note in found.notes] == ["override", "candidate", "freeze"]


def test_an_override_is_taken_out_of_the_stack_that_was_named() -> None:
    found = ConfigReading.parse(FILE, "Pulumi.prod.yaml", option=("--stack", "prod"))

    assert found.notes[0] == (
        "override is set: tried by hand (pulumi config rm override --stack prod)"
    )


@pytest.mark.parametrize("text", ["", "config: 3", "{", FILE.replace("90/10", "90/20")])
def test_a_stack_file_that_is_none_is_told_with_its_name(text: str) -> None:
    with pytest.raises(UnreadError, match=r"Pulumi\.prod\.yaml"):
        ConfigReading.parse(text, "Pulumi.prod.yaml")


def test_a_state_without_an_update_has_no_service() -> None:
    assert StateReading.of({}) == StateReading({}, {}, {})


def slot_resources(
    latest: float, launched: str, errors: list[str] | None = None, *, is_mixed: bool = False
) -> list[dict[str, Any]]:
    """A slot whose template has `latest` versions, the newest of NEW, and a group with one."""
    base = "urn:pulumi:prod::failover::failover:index:Service"
    slots = f"{base}$failover:index:Slot$"
    template = {"id": "lt-1", "latestVersion": latest, "imageId": NEW}
    group: dict[str, Any] = {"launchTemplate": {"id": "lt-1", "version": launched}}
    if is_mixed:
        specification = {"launchTemplateId": "lt-1", "version": launched}
        policy = {"launchTemplate": {"launchTemplateSpecification": specification}}
        group = {"mixedInstancesPolicy": policy}
    return [
        {"urn": f"{base}::web", "type": "failover:index:Service"},
        {
            "urn": f"{slots}{LAUNCH_TEMPLATE}::web-02",
            "type": LAUNCH_TEMPLATE,
            "inputs": {"imageId": NEW},
            "outputs": template,
        },
        {
            "urn": f"{slots}{GROUP}::web-02",
            "type": GROUP,
            "inputs": {},
            "outputs": group,
            "initErrors": errors,
        },
    ]


@pytest.mark.parametrize(
    ("resources", "images"),
    [
        (slot_resources(2, "2"), {("web", Slot.SECOND): NEW}),
        (slot_resources(2.0, "2"), {("web", Slot.SECOND): NEW}),
        (slot_resources(2, "$Latest"), {("web", Slot.SECOND): NEW}),
        (slot_resources(2, "1"), {}),
        (slot_resources(2, "2", is_mixed=True), {("web", Slot.SECOND): NEW}),
        (slot_resources(2, "1", is_mixed=True), {}),
        (slot_resources(2, "2", ["InvalidAMIID.NotFound"]), {}),
    ],
)
def test_the_state_tells_an_image_only_where_the_group_was_given_it(
    resources: list[dict[str, Any]], images: dict[tuple[str, Slot], str]
) -> None:
    assert StateReading.of({"resources": resources}).images == images


def test_a_file_that_is_local_is_not_compared_with_main() -> None:
    told = {Source.LIVE: "50/50", Source.CONFIG: "50/50", Source.STATE: "50/50"}
    found = status(service("web", told), unread="main")
    found = replace(found, is_local=True, unread=(), main=None)

    text = drawn(found, 80)

    assert "live, config and state agree" in text.splitlines()
    assert "main" not in text
    assert as_document(found, differences(found))["agrees"]


@pytest.mark.parametrize("unread", [*Source, "alarms", "who ramps", "targets and instances"])
def test_nothing_is_said_to_agree_where_something_was_not_read(unread: str) -> None:
    found = status(service("web", weights(*["50/50"] * 4)), unread=unread)

    document = as_document(found, differences(found))

    assert not document["agrees"]
    assert not any(each["agrees"] for each in document["services"].values())
    assert "agree" not in drawn(found, 120)


@pytest.mark.parametrize(("first", "second"), list(product([0, 25, 100], repeat=2)))
def test_a_state_tells_the_weights_of_its_rules_by_arn(first: int, second: int) -> None:
    base = "urn:pulumi:prod::failover::failover:index:Service"
    groups = [{"arn": "tg-2", "weight": second}, {"arn": "tg-1", "weight": first}]
    rule = {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}
    resources = [
        {"urn": f"{base}::web", "type": "failover:index:Service"},
        {"urn": f"{base}$aws:lb/listenerRule:ListenerRule::web", "outputs": rule},
        *(
            {"urn": f"{base}$aws:lb/targetGroup:TargetGroup::web-0{n}", "outputs": {"arn": arn}}
            for n, arn in ((1, "tg-1"), (2, "tg-2"))
        ),
    ]

    found = StateReading.of({"resources": resources})

    assert found.weights == {"web": f"{first}/{second}"}
