"""What the console changed, from recorded shapes of the engine's events: names, keys, commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from ops.drift.config_key import config_key
from ops.drift.drift import Drift, as_document, drift_of, drift_schema
from ops.drift.terminal import shown
from ops.plan.plan import fold
from ops.plan.resource_step import Operation, ResourceStep
from ops.plan.service_plan import GROUP, LAUNCH_TEMPLATE, RULE, TARGET_GROUP
from ops.status.config_reading import ConfigReading
from pulumi_cli.events import Event
from rollout.notice import Notice, NoticeKind
from rollout.split import Slot
from settings.declaration.key import Key, KeyGroup
from settings.declaration.landing import ALARM, LISTENER
from settings.declaration.landing import LOAD_BALANCER as BALANCER
from settings.declaration.landing import SCALING_POLICY as POLICY
from settings.settings import TOP
from tests.ops.plan.streaming import rule

CONFIG = ConfigReading({"web": "100/0"}, frozenset(), {}, {}, ())
URN = "urn:pulumi:prod::failover::failover:index:Slot$"


def resource(
    kind: str,
    name: str,
    state: dict[str, Any],
    live: dict[str, Any] | None,
    program: dict[str, Any],
) -> Iterator[Event]:
    """The events of one resource in a refreshing preview."""
    urn = f"{URN}{kind}::{name}"
    old = {"inputs": state, "outputs": state}
    new = None if live is None else {"inputs": live, "outputs": live}
    changed = {key: {"diffKind": "update"} for key in state if live and live[key] != state[key]}
    refreshed = {"op": "refresh", "urn": urn, "old": old, "new": new, "detailedDiff": changed}
    yield Event("resOutputsEvent", {"metadata": refreshed})
    wanted = {"inputs": program}
    differing = {key: {} for key in program if live and live.get(key) != program[key]}
    op = "create" if live is None else "update" if differing else "same"
    step = {"op": op, "urn": urn, "old": new, "new": wanted, "detailedDiff": differing}
    yield Event("resourcePreEvent", {"metadata": step})


def drift(*events: Event, config: ConfigReading = CONFIG) -> Drift:
    whole = [*events, Event("summaryEvent", {"result": "succeeded"})]
    return drift_of(whole, fold(whole, "prod"), config)


def refused() -> Event:
    notice = Notice(NoticeKind.WILL_BE_REFUSED, "web", "slot 01", "min 4 -> 3: live")
    return Event("diagnosticEvent", {"severity": "error", "message": str(notice)})


def test_a_changed_property_has_both_values_its_key_and_both_commands() -> None:
    events = resource(GROUP, "web-01", {"minSize": 3}, {"minSize": 4.0}, {"minSize": 3})

    (found,) = drift(*events).drifted

    assert (found.resource, found.path) == ("Auto Scaling group web-01", "minSize")
    assert (found.live, found.program) == ("4.0", "3")
    assert found.key == 'capacity["web"]["01"].min'
    assert [str(fix.command) for fix in found.fixes] == [
        'pulumi config set --path \'failover:capacity["web"]["01"].min\' 4 && pulumi up',
        "pulumi up --refresh",
    ]


def test_what_the_guards_refuse_is_put_back_with_an_override_that_goes_again() -> None:
    events = resource(GROUP, "web-01", {"minSize": 3}, {"minSize": 4}, {"minSize": 3})

    (found,) = drift(*events, refused()).drifted

    assert re.fullmatch(
        r"pulumi config set override '.+' && pulumi up --refresh && pulumi config rm override",
        str(found.fixes[-1].command),
    )


def test_a_min_that_a_ramp_holds_is_not_taken_over() -> None:
    events = resource(GROUP, "web-01", {"minSize": 3}, {"minSize": 2}, {"minSize": 3})
    held = ConfigReading({"web": "100/0"}, frozenset(), {}, {("web", Slot.FIRST): 3}, ())
    (found,) = drift(*events, config=held).drifted

    assert [fix.to for fix in found.fixes] == ["put it back"]


def test_what_was_deleted_can_only_be_put_back() -> None:
    (found,) = drift(*resource(ALARM, "web-01-target-5xx", {"threshold": 5}, None, {})).drifted

    assert (found.path, found.key) == ("", None)
    assert [str(fix.command) for fix in found.fixes] == ["pulumi up --refresh"]


def test_live_weights_that_the_guards_do_not_know_are_a_difference_by_themselves() -> None:
    notice = Notice(NoticeKind.OUT_OF_BAND_CHANGE, "web", "60/40 -> 60/40", "somebody moved it")
    event = Event("diagnosticEvent", {"severity": "warning", "message": str(notice)})

    found = drift(event)

    assert not found.is_none
    assert str(notice) in "\n".join(text.plain for text in shown(found))
    assert drift().is_none


def reweighted(live: tuple[int, int], program: tuple[int, int]) -> Iterator[Event]:
    """The events of a rule whose second weight, or both, somebody set outside Pulumi."""
    service = "urn:pulumi:prod::failover::failover:index:Service::web"
    urn = f"urn:pulumi:prod::failover::failover:index:Service${RULE}::web"
    ours, theirs = ({"inputs": rule(list(zip("AB", w, strict=True)))} for w in (program, live))
    path = {"actions[0].forward.targetGroups[1].weight": {"diffKind": "update"}}
    yield Event("resourcePreEvent", {"metadata": {"op": "same", "urn": service}})
    refreshed = {"op": "refresh", "urn": urn, "old": ours, "new": theirs, "detailedDiff": path}
    yield Event("resOutputsEvent", {"metadata": refreshed})
    step = {"op": "update", "urn": urn, "old": theirs, "new": ours, "detailedDiff": path}
    yield Event("resourcePreEvent", {"metadata": {**step, "parent": service}})


@pytest.mark.parametrize(
    ("live", "program", "taken_over"),
    [
        ((60, 40), (50, 50), "pulumi config set weights 60/40 && pulumi up"),
        ((50, 60), (50, 50), "pulumi config set weights 45/55 && pulumi up"),
        ((3, 1), (75, 25), None),
        ((0, 0), (50, 50), None),
    ],
)
def test_weights_of_any_sum_that_are_not_the_programs_are_drift(
    live: tuple[int, int], program: tuple[int, int], taken_over: str | None
) -> None:
    (found,) = drift(*reweighted(live, program)).drifted

    assert (found.resource, found.path) == ("listener rule web", "weights")
    assert (found.live, found.program) == ("/".join(map(str, live)), "/".join(map(str, program)))
    commands = [taken_over] if taken_over else []
    assert [str(fix.command) for fix in found.fixes] == [*commands, "pulumi up --refresh"]


def test_a_change_of_the_program_is_no_drift() -> None:
    found = drift(*resource(GROUP, "web-01", {"maxSize": 3}, {"maxSize": 3}, {"maxSize": 6}))

    assert found.drifted == ()
    assert found.pending == ("Auto Scaling group web-01: maxSize 3 -> 6",)
    assert "Not deployed yet:" in [text.plain for text in shown(found)]


def test_what_an_update_failed_to_bring_about_is_not_deployed_and_no_drift() -> None:
    """The engine keeps the program's values of what failed half-way, and says why it failed."""
    group = {"version": "2"}, {"version": "1"}, {"version": "2"}
    before, step = resource(GROUP, "web-02", *group)
    before.body["metadata"]["old"]["initErrors"] = ["InvalidAMIID.NotFound"]

    found = drift(before, step)

    assert (found.drifted, found.out_of_band_changes) == ((), ())
    assert found.pending == ("Auto Scaling group web-02: version 1 -> 2",)
    assert "nothing was changed" in next(text.plain for text in shown(found))


def test_what_is_taken_over_and_not_yet_deployed_is_no_drift_either() -> None:
    found = drift(*resource(GROUP, "web-01", {"minSize": 3}, {"minSize": 4}, {"minSize": 4}))

    assert (found.drifted, found.pending) == ((), ())


def test_what_was_changed_and_cannot_be_put_back_in_place_is_drift_all_the_same() -> None:
    told, planned = resource(TARGET_GROUP, "web-01", {"port": 80}, {"port": 81}, {"port": 80})
    step = {**planned.body["metadata"], "op": "replace"}

    found = drift(told, Event(planned.kind, {"metadata": step}))

    (port,) = found.drifted
    assert (port.path, port.live, port.program) == ("port", "81", "80")
    assert "to put it back replaces the resource" in port.note
    assert found.pending == ()


@pytest.mark.parametrize(
    ("operation", "said"), [("import", "imported"), ("replace", "replaced"), ("delete", "deleted")]
)
def test_what_no_update_has_deployed_is_said_in_words(operation: str, said: str) -> None:
    _, planned = resource(GROUP, "web-01", {"maxSize": 3}, {"maxSize": 3}, {"maxSize": 6})
    step = {**planned.body["metadata"], "op": operation}

    found = drift(Event(planned.kind, {"metadata": step}))

    assert found.pending == (f"Auto Scaling group web-01: to be {said}",)


def test_several_properties_can_be_taken_over_in_one_update() -> None:
    state, live = {"minSize": 3, "maxSize": 6}, {"minSize": 4, "maxSize": 8}

    found = drift(*resource(GROUP, "web-01", state, live, state))

    over, _ = found.together
    jsonschema.validate(as_document(found), drift_schema())
    assert str(over.command).count("pulumi config set") == 2
    assert str(over.command).count("pulumi up") == 1


PROPERTIES = [
    (GROUP, "web-01", "minSize"),
    (GROUP, "web-01", "maxSize"),
    (GROUP, "web-01", "healthCheckGracePeriod"),
    (LAUNCH_TEMPLATE, "web-02", "imageId"),
    (LAUNCH_TEMPLATE, "web-02", "instanceType"),
    (LAUNCH_TEMPLATE, "web-02", "blockDeviceMappings[0].ebs.volumeSize"),
    (TARGET_GROUP, "web-01", "deregistrationDelay"),
    *(
        (TARGET_GROUP, "web-01", f"healthCheck.{name}")
        for name in (
            "path", "matcher", "interval", "timeout", "healthyThreshold", "unhealthyThreshold"
        )
    ),
    (POLICY, "web-01", "targetTrackingConfiguration.targetValue"),
    (RULE, "web", "priority"),
    (RULE, "web", "conditions[0].hostHeader.values[1]"),
    (RULE, "web", "conditions[1].pathPattern.values[0]"),
    (BALANCER, "alb", "idleTimeout"),
    (LISTENER, "https", "sslPolicy"),
    (LISTENER, "https", "certificateArn"),
    (ALARM, "web-01-target-5xx", "threshold"),
]  # fmt: skip


def declared(path: str) -> bool:
    """Whether the schema of the config has a key at `path`."""
    parts = [
        json.loads(q) if q else p for q, p in re.findall(r'\[("[^"]+")\]|([A-Za-z0-9]+)', path)
    ]
    member: KeyGroup[Any] | Key[Any] = TOP
    for part in parts:
        if isinstance(member, Key):
            return part.isdigit()
        if member.each is not None and part == "web":
            continue
        member = next(each for each in member.members if each.name == part)
    return isinstance(member, Key)


@pytest.mark.parametrize(("kind", "name", "path"), PROPERTIES)
def test_every_property_that_can_be_taken_over_has_a_key_of_the_schema(
    kind: str, name: str, path: str
) -> None:
    key = config_key(ResourceStep(f"{URN}{kind}::{name}", Operation.UPDATE), path)

    assert key is not None
    assert declared(key.path), key.path


@pytest.mark.parametrize(
    ("kind", "name", "path", "key"),
    [
        (GROUP, "web-02", "minSize", 'capacity["web"]["02"].min'),
        (POLICY, "web-02", "targetTrackingConfiguration.targetValue",
         'capacity["web"].cpuTargetPercent'),
        (RULE, "web", "conditions[0].hostHeader.values[1]", 'services["web"].hosts[1]'),
        (LISTENER, "https", "sslPolicy", "loadBalancer.sslPolicy"),
        (TARGET_GROUP, "web-01", "tags.team", 'tags["team"]'),
        (TARGET_GROUP, "web-01", 'tags["7"]', 'tags["7"]'),
    ],
)  # fmt: skip
def test_a_key_is_named_as_the_cli_takes_it(kind: str, name: str, path: str, key: str) -> None:
    found = config_key(ResourceStep(f"{URN}{kind}::{name}", Operation.UPDATE), path)

    assert found is not None
    assert found.path == key


@pytest.mark.parametrize("metric", ["cpuPercent", "requestsPerTarget"])
def test_of_keys_in_each_others_place_the_one_that_is_set_is_named(metric: str) -> None:
    step = ResourceStep(f"{URN}{POLICY}::web-02", Operation.UPDATE)
    path = "targetTrackingConfiguration.targetValue"
    shared = f'capacity["web"].autoScalingGroup.scaling.{metric}'

    found = config_key(step, path, lambda each: each == shared)

    assert found is not None
    assert found.path == f'capacity["web"]["02"].autoScalingGroup.scaling.{metric}'


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        (TARGET_GROUP, "web-01", "stickiness.enabled"),
        (TARGET_GROUP, "web-01", "tags.Slot"),
        (RULE, "web-01", "priority"),
        (ALARM, "web-01-unhealthy-hosts", "threshold"),
        (GROUP, "web-01", "launchTemplate.version"),
    ],
)
def test_what_the_program_says_by_itself_has_no_key(kind: str, name: str, path: str) -> None:
    assert config_key(ResourceStep(f"{URN}{kind}::{name}", Operation.UPDATE), path) is None


def test_what_fixes_a_refusal_is_told_once_with_its_property() -> None:
    text = "the live rule is at 60/40\n  fix: pulumi config set weights 60/40"
    notice = Notice(NoticeKind.WILL_BE_REFUSED, "web", "60/40 -> 100/0", text)
    event = Event("diagnosticEvent", {"severity": "error", "message": str(notice)})
    group = resource(GROUP, "web-01", {"minSize": 3}, {"minSize": 4}, {"minSize": 3})

    told = "\n".join(each.plain for each in shown(drift(*group, event)))

    assert "refused as it stands: will be refused: web: 60/40 -> 100/0: the live rule" in told
    assert "fix:" not in told


def test_a_refusal_of_what_nobody_changed_is_told_whole_and_alone() -> None:
    why = "slot 02: image ami-1: there is no such image\n  fix: pulumi config set images ami-0"
    notice = Notice(NoticeKind.WILL_BE_REFUSED, "web", "slot 02", why)
    event = Event("diagnosticEvent", {"severity": "error", "message": str(notice)})

    told = [line.plain for line in shown(drift(event))]

    assert any("fix: pulumi config set images ami-0" in line for line in told)
    assert not any("one of these" in line for line in told)
