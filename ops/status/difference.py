"""Where main, config, state and live differ, and the commands for either way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.status.document import ServiceStatus, SlotStatus, Source, Status
from rollout.command import UP, Command, config_remove, config_set
from rollout.errors import SplitError
from rollout.hidden_rules import HiddenService
from rollout.lease import LeaseState
from rollout.split import Split
from rollout.weights_key import weight_changes
from settings.declaration.command import NAMESPACE, joined, setting

_REASON = "put back what was changed outside Pulumi"
_UNRECORDED = "live matches the config, but the state does not have it yet"


@dataclass(frozen=True, slots=True)
class FixCommand:
    """What it leads to, in a few words, and the command."""

    to: str
    command: Command


def stack_option(named_stack: str | None) -> tuple[str, ...]:
    """What a command of the CLI ends with, so that it acts on the stack that was asked about."""
    return ("--stack", named_stack) if named_stack else ()


def to_the_front(hidden: HiddenService, named_stack: str | None) -> tuple[FixCommand, ...]:
    """The fix that puts the rule of a service without requests first; empty if there is none."""
    if hidden.before is None:
        return ()
    command = hidden.before.with_options(*stack_option(named_stack))
    return (FixCommand(hidden.before.moves, command),)


def put_back(option: tuple[str, ...], *, is_refused: bool) -> Command:
    """The command that gives AWS the program's values, read before it is written.

    Args:
        option: What each command ends with.
        is_refused: Whether the guards let it through only for a reason.
    """
    up = UP.with_options("--refresh")
    if is_refused:
        up = config_set("override", _REASON).then(up, config_remove("override"))
    return up.with_options(*option)


NOT_THERE = "not there"


@dataclass(frozen=True, slots=True)
class Difference:
    """Services, or a slot, on which two sources differ."""

    subject: str
    """`web`, `portal and web`, `web-02`."""
    values: Mapping[Source, str]
    what: str
    fixes: tuple[FixCommand, ...]


def differences(status: Status, named_stack: str | None = None) -> tuple[Difference, ...]:
    """Everything that does not agree; services that differ alike share one entry.

    Args:
        status: How the stack stands.
        named_stack: What the commands are to name; `None` where the selected stack is meant.
    """
    option = stack_option(named_stack)
    return (
        *_of_weights(status, option),
        *_of_conditions(status, option),
        *_of_images(status, option),
    )


def agrees(service: ServiceStatus, sources: frozenset[Source]) -> bool:
    """Whether every source that was read has the service, at the same weights."""
    return len({service.weights.get(source) for source in sources}) <= 1


def _of_weights(status: Status, option: tuple[str, ...]) -> Iterator[Difference]:
    differing = [s for s in status.services if not agrees(s, status.sources)]
    for _, group in itertools.groupby(sorted(differing, key=_values), _values):
        services = list(group)
        values = {
            source: services[0].weights.get(source, NOT_THERE)
            for source in Source
            if source in status.sources
        }
        what, fixes = _explained(status, services, values, option)
        yield Difference(" and ".join(service.name for service in services), values, what, fixes)


def _values(service: ServiceStatus) -> list[str]:
    return [service.weights.get(source, "") for source in Source]


def _explained(
    status: Status,
    services: Sequence[ServiceStatus],
    values: Mapping[Source, str],
    option: tuple[str, ...],
) -> tuple[str, tuple[FixCommand, ...]]:
    """The sentence, and what can be done; what is nearest to the traffic comes first."""
    live, state = values.get(Source.LIVE), values.get(Source.STATE)
    deployed, config = live or state, values.get(Source.CONFIG)
    if _is_moving(status, services):
        return "a ramp moves these weights now: wait for it", ()
    if live and state and live != state and live != config:
        back = FixCommand("restore config", put_back(option, is_refused=True))
        fixes = (*_kept(status, services, live, option, "keep live"), back)
        return "the rule was changed outside Pulumi", fixes
    if deployed and config and deployed != config:
        drop = _kept(status, services, deployed, option, "drop it")
        return "the config is not deployed", (
            FixCommand("deploy it", UP.with_options(*option)),
            *drop,
        )
    if live and state and live != state:
        record = FixCommand("record it", UP.with_options(*option))
        return _UNRECORDED, (record,)
    return _of_main(status, "weights", config)


def _is_moving(status: Status, services: Sequence[ServiceStatus]) -> bool:
    ramping = status.ramping
    return (
        ramping is not None
        and ramping.lease_state is LeaseState.HELD
        and all(service.name in ramping.lease.services for service in services)
    )


def _of_main(status: Status, name: str, config: str | None) -> tuple[str, tuple[FixCommand, ...]]:
    """Where main alone differs; `name`: in what, `weights` or `image`."""
    if status.main is None or config is None:
        return "not everything that could be read agrees", ()
    file, ref = f"Pulumi.{status.stack.rpartition('/')[2]}.yaml", status.main.ref
    return f"{ref} does not have the {name} of the stack file here", (
        FixCommand(
            "share this",
            Command.of("git", "commit", "-m", f"{name} {config}", "--", file).then(
                Command.of("git", "push")
            ),
        ),
        FixCommand("take theirs", Command.of("git", "checkout", ref, "--", file)),
    )


def _kept(
    status: Status,
    services: Sequence[ServiceStatus],
    weights: str,
    option: tuple[str, ...],
    to: str,
) -> Iterator[FixCommand]:
    """The fix that takes `weights` into the config; none if they are not a split."""
    try:
        split = Split.parse(weights)
    except SplitError:
        return
    changes = weight_changes(
        [service.name for service in services],
        [service.name for service in status.services],
        [service.name for service in status.services if service.has_own_weights],
        split,
    )
    commands = (setting(f"{NAMESPACE}:{path}", text) for path, text in changes.items())
    yield FixCommand(to, Command(()).then(*commands, UP).with_options(*option))


def _of_conditions(status: Status, option: tuple[str, ...]) -> Iterator[Difference]:
    """The rules that take other requests than the last update gave them."""
    for service in status.services:
        found = service.conditions
        if len(found) > 1 and len({*found.values()}) > 1:
            look = FixCommand("look", Command.of("failover", "status", "--drift", *option))
            what = "the requests that its rule takes were changed outside Pulumi"
            yield Difference(service.name, found, what, (look,))


def _of_images(status: Status, option: tuple[str, ...]) -> Iterator[Difference]:
    for service in status.services:
        for slot in service.slots:
            found = _of_image(status, service, slot, option)
            if found is not None:
                yield found


def _of_image(
    status: Status, service: ServiceStatus, slot: SlotStatus, option: tuple[str, ...]
) -> Difference | None:
    """The difference of a slot's images; one that the config has as a parameter is not compared."""
    images = {source: image for source, image in slot.images.items() if image.startswith("ami-")}
    if Source.CONFIG not in images:
        images.pop(Source.MAIN, None)  # there is nothing here to compare it with
    if len(set(images.values())) <= 1:
        return None
    what, fixes = _image_explained(status, f"{service.name}-{slot.slot}", images, option)
    return Difference(f"{service.name}-{slot.slot}", images, what, fixes)


def _image_explained(
    status: Status, subject: str, images: Mapping[Source, str], option: tuple[str, ...]
) -> tuple[str, tuple[FixCommand, ...]]:
    """The sentence, and what can be done; what is nearest to the traffic comes first.

    Args:
        status: How the stack stands.
        subject: The slot, such as `web-02`.
        images: Its images.
        option: What each command ends with.
    """
    live, state, config = (images.get(each) for each in (Source.LIVE, Source.STATE, Source.CONFIG))
    if live and state and live != state and live != config:
        fix = FixCommand("look", Command.of("failover", "status", "--drift", *option))
        return "what its instances launch from was changed outside Pulumi", (fix,)
    if config and (live or state or config) != config:
        deploy = FixCommand("deploy it, if the image exists", UP.with_options(*option))
        service, _, slot = subject.rpartition("-")
        path = joined(joined(f"{NAMESPACE}:images", service), slot)
        back = setting(path, live or state or config).with_options(*option)
        return "the image in the config is not deployed", (deploy, FixCommand("drop it", back))
    if live and state and live != state:
        fix = FixCommand("record it", UP.with_options(*option))
        return _UNRECORDED, (fix,)
    return _of_main(status, "image", config)
