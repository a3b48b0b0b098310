"""What was changed outside Pulumi, by a preview: each property, and the command for either way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.drift.config_key import ConfigKey, config_key, slot_of
from ops.plan.plan import DeploymentPlan
from ops.plan.preview import PreviewInputError, PreviewRequest, whole_preview
from ops.plan.resource_step import SECRET, Operation, ResourceStep, property_changes, value_before
from ops.plan.service_plan import RULE, ServicePlan
from ops.stack.stack_file import StackFileError, read_text
from ops.status.as_json import VERSION, fix_documents
from ops.status.config_reading import ConfigReading
from ops.status.difference import FixCommand, put_back, stack_option
from ops.status.document import UnreadError
from pulumi_cli.events import Event
from pulumi_cli.stacks import no_file_text, stack_file
from rollout.command import UP, Command
from rollout.json_value import map_of
from rollout.notice import NoticeKind
from rollout.observation import split_of
from rollout.weights_key import weight_changes
from settings.declaration.command import NAMESPACE, removing, setting

WEIGHTS = "weights"
_NOT_OURS = "no config key holds this, so it can only be put back"
_REPLACED = "to put it back replaces the resource"


@dataclass(frozen=True, slots=True)
class Drifted:
    """One property that differs between AWS and the program."""

    resource: str
    """`Auto Scaling group web-01`."""
    path: str
    """Of the property; empty where the whole resource is gone."""
    live: str | None
    """`None` where AWS does not have it."""
    program: str | None
    key: str | None
    """The config key that holds it; `None` where the program sets it without a key."""
    note: str
    """What else the key rules, or why there is none."""
    setting: Command | None
    """The command that gives the key what is live."""
    fixes: tuple[FixCommand, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """What `pulumi preview --refresh` found: changes outside Pulumi, and what is not deployed."""

    stack: str
    drifted: tuple[Drifted, ...]
    pending: tuple[str, ...]
    """Changes of the program or its config that no update has deployed."""
    refusals: tuple[str, ...]
    """Why an update that puts everything back would stop, as it stands."""
    out_of_band_changes: tuple[str, ...]
    """The guards' notices of live weights that are neither the state's nor the program's."""
    together: tuple[FixCommand, ...]
    """The fixes for all of it at once, where there is more than one property."""

    @property
    def is_none(self) -> bool:
        """Whether AWS matches the program in everything that the program sets."""
        return not (self.drifted or self.pending or self.out_of_band_changes)


def read_drift(folder: Path, stack: str, named: str | None) -> Drift:
    """What was changed outside Pulumi; nothing is changed, the state included.

    Args:
        folder: The folder that holds Pulumi.yaml.
        stack: The stack that is asked about.
        named: What the commands are to name; `None` where the selected stack is meant.

    Raises:
        PreviewInputError: there is no such stack, or its config is refused or cannot be read.
        PreviewError: the preview failed, or there is none.
    """
    events, plan = whole_preview(PreviewRequest(folder, stack, refresh=True))
    file = stack_file(folder, stack)
    try:
        text = read_text(file)
        if text is None:
            raise PreviewInputError(no_file_text(folder, stack, is_there=True))
        config = ConfigReading.parse(text, file.name)
    except (StackFileError, UnreadError) as error:
        raise PreviewInputError(str(error)) from error
    return drift_of(events, plan, config, named)


def drift_of(
    events: Sequence[Event],
    plan: DeploymentPlan,
    config: ConfigReading,
    named_stack: str | None = None,
) -> Drift:
    """The drift that a refreshing preview found.

    Args:
        events: Of the preview.
        plan: The same events, folded.
        config: The stack file that it ran with.
        named_stack: What the commands are to name; `None` where the selected stack is meant.
    """
    finder = _DriftFinder(plan, config, stack_option(named_stack))
    touched = touched_outside_pulumi(events)
    drifted = [*finder.weights(touched)]
    pending: list[str] = []
    for step in plan.changes:
        paths = touched.get(step.urn)
        if step.operation is Operation.CREATE and paths is not None:
            drifted.append(finder.gone(step))
        elif step.operation is Operation.UPDATE or (step.operation is Operation.REPLACE and paths):
            drifted += finder.properties(step, paths or frozenset())
            pending += _pending(step, paths or frozenset())
        else:
            pending.append(f"{step.type_name} {step.name}: to be {step.operation.past}")
    pending += [_moved(each) for each in plan.services if _is_pending(each, plan, touched)]
    return Drift(
        stack=plan.stack,
        drifted=tuple(drifted),
        pending=tuple(pending),
        refusals=plan.refusals,
        out_of_band_changes=tuple(str(notice) for notice in plan.out_of_band_changes),
        together=finder.together(drifted) if len(drifted) > 1 else (),
    )


@dataclass(frozen=True, slots=True)
class _DriftFinder:
    """Words and commands for what one preview found."""

    plan: DeploymentPlan
    config: ConfigReading
    option: tuple[str, ...]

    def weights(self, touched: Mapping[str, frozenset[str]]) -> Iterator[Drifted]:
        for service in self.plan.services:
            if not service.is_shifted or not _is_rule_touched(service, self.plan, touched):
                continue
            live = service.weights.before or ""
            key, command = self._of_split(service, live)
            yield Drifted(
                resource=f"listener rule {service.name}",
                path=WEIGHTS,
                live=live,
                program=service.weights.after,
                key=key,
                note=_NOT_OURS if key is None else "",
                setting=command,
                fixes=self._fixes(command),
            )

    def gone(self, step: ResourceStep) -> Drifted:
        return Drifted(
            resource=f"{step.type_name} {step.name}",
            path="",
            live=None,
            program="there",
            key=None,
            note="someone deleted it",
            setting=None,
            fixes=self._fixes(None),
        )

    def properties(self, step: ResourceStep, touched: frozenset[str]) -> Iterator[Drifted]:
        for change in property_changes(step):
            if not is_of(change.path, touched) or _is_weight(step, change.path):
                continue
            key = (
                None if change.before == SECRET else config_key(step, change.path, self.config.has)
            )
            service, slot = slot_of(step)
            is_floored = slot is not None and (service, slot) in self.config.floors
            if change.path == "minSize" and is_floored:
                key = None
            command = self._setting(key, step, change.path) if key is not None else None
            yield Drifted(
                resource=f"{step.type_name} {step.name}",
                path=change.path,
                live=change.before,
                program=change.after,
                key=None if key is None else key.path,
                note=_note(step, key),
                setting=command,
                fixes=self._fixes(command),
            )

    def together(self, drifted: Sequence[Drifted]) -> tuple[FixCommand, ...]:
        """All that has a key taken over in one update, and all put back in one."""
        commands = dict.fromkeys(each.setting for each in drifted if each.setting is not None)
        return self._fixes(Command(()).then(*commands) if commands else None)

    def _setting(self, key: ConfigKey, step: ResourceStep, path: str) -> Command:
        value = value_before(step, path)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        address = f"{NAMESPACE}:{key.path}"
        command = removing(address) if value is None else setting(address, value)
        return command.with_options(*self.option)

    def _of_split(self, service: ServicePlan, live: str) -> tuple[str | None, Command | None]:
        """The key that takes live weights over, and the command.

        None where they are not a split, or the program's own shares in other numbers.
        """
        first, _, second = live.partition("/")
        split = split_of(int(first), int(second)) if first and second else None
        if split is None or str(split) == service.weights.after:
            return None, None
        every = [each.name for each in self.plan.services]
        changes = weight_changes([service.name], every, self.config.own, split)
        ((path, text),) = changes.items()
        return path, setting(f"{NAMESPACE}:{path}", text).with_options(*self.option)

    def _fixes(self, command: Command | None) -> tuple[FixCommand, ...]:
        """Both fixes. One update puts everything back: a refusal of a part refuses it whole."""
        is_refused = any(each.kind is NoticeKind.WILL_BE_REFUSED for each in self.plan.notices)
        back = FixCommand("put it back", put_back(self.option, is_refused=is_refused))
        if command is None:
            return (back,)
        up = UP.with_options(*self.option)
        return FixCommand("take it over", command.then(up)), back


def touched_outside_pulumi(events: Sequence[Event]) -> dict[str, frozenset[str]]:
    """URN -> the properties that a refresh found changed; empty for a resource that is gone.

    Source: Pulumi engine events; a refresh ends each resource with `resOutputsEvent`, whose `old`
    is the state and whose `new` is AWS, absent where the resource is.
    """
    found: dict[str, frozenset[str]] = {}
    for event in events:
        metadata = map_of(event.body.get("metadata"))
        if event.kind != "resOutputsEvent" or metadata.get("op") != "refresh":
            continue
        if map_of(metadata.get("old")).get("initErrors"):
            continue  # an update of it failed: the state has the intended values, not drift
        paths = frozenset(map_of(metadata.get("detailedDiff")))
        if paths or not metadata.get("new"):
            found[str(metadata.get("urn"))] = paths
    return found


def is_of(path: str, touched: frozenset[str]) -> bool:
    """Whether a property is among those that were touched, or in one, or around one."""
    return any(_holds(each, path) or _holds(path, each) for each in touched)


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _note(step: ResourceStep, key: ConfigKey | None) -> str:
    """What else is to be known of a property that was changed."""
    rules = _NOT_OURS if key is None else key.rules and f"the key rules {key.rules}"
    replaced = _REPLACED if step.operation is Operation.REPLACE else ""
    return "; ".join(filter(None, (rules, replaced)))


def _is_weight(step: ResourceStep, path: str) -> bool:
    return step.type_token == RULE and path.endswith(".weight")


def _pending(step: ResourceStep, touched: frozenset[str]) -> Iterator[str]:
    for change in property_changes(step):
        if is_of(change.path, touched) or _is_weight(step, change.path):
            continue
        was = "not set" if change.before is None else change.before
        named = f"{step.type_name} {step.name}: {change.path}"
        yield f"{named} {was} -> {'not set' if change.after is None else change.after}"


def _is_rule_touched(
    service: ServicePlan, plan: DeploymentPlan, touched: Mapping[str, frozenset[str]]
) -> bool:
    rules = [s.urn for s in plan.steps if s.type_token == RULE and s.name == service.name]
    return any(urn in touched for urn in rules)


def _is_pending(
    service: ServicePlan, plan: DeploymentPlan, touched: Mapping[str, frozenset[str]]
) -> bool:
    return service.is_shifted and not _is_rule_touched(service, plan, touched)


def _moved(service: ServicePlan) -> str:
    return f"listener rule {service.name}: {service.weights.before} -> {service.weights.after}"


def drift_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --drift --json` and `failover drift --json`."""
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("drift.schema.json").read_text())
    return schema


def as_document(drift: Drift) -> dict[str, Any]:
    """The drift as one JSON document; `drift.schema.json` is its shape."""
    return {
        "version": VERSION,
        "stack": drift.stack,
        "drifted": [
            {
                "resource": each.resource,
                "property": each.path or None,
                "live": each.live,
                "program": each.program,
                "key": each.key,
                "note": each.note,
                "ways": fix_documents(each.fixes),
            }
            for each in drift.drifted
        ],
        "together": fix_documents(drift.together),
        "notDeployed": list(drift.pending),
        "refusals": list(drift.refusals),
        "surprises": list(drift.out_of_band_changes),
    }
