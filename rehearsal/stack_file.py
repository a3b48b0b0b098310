"""Makes the stack file of a rehearsal: the named stack's, with the local account's ids in place."""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.account import Account
from rehearsal.errors import BadStackError, NotSupportedError
from rehearsal.inspected.document import InspectionCommand
from rehearsal.workspace import PROJECT, STACK
from rollout.command import Command
from rollout.json_value import is_list, is_map, list_of, map_of
from rollout.split import Slot

FIRST_BUILD = "v1"
_ENDS_OF_THE_ACCOUNT = ("aws:profile", "aws:assumeRole", "aws:endpoints", "aws:shared")
"""Provider config that leads to the team's own account; the rehearsal's has no use for it."""

_SHORT_GUARD = {"pollSeconds": 1, "waitSeconds": 120}
"""Local targets boot within seconds: to look at them as rarely as at AWS's would only make every
stage slower. The stack's own value holds."""

EMPTY_SCRIPT = "#!/bin/sh\n"
"""In the place of user data that only the team's own stack can decrypt."""

_STAND_INS = {
    "clientSecret": "rehearsal",
    "cookie": "AWSELBAuthSessionCookie-0=rehearsal",
}
"""In the place of other secrets of the team's own stack, by their key."""

_HEADER = """\
# Written by `failover rehearse up` from Pulumi.{like}.yaml; `failover rehearse down` removes it.
# Local: ids, images, allowedAccountIds, secrets, and healthCheckGraceSeconds and ramp.guard to fit
# local boots.
"""


@dataclass(frozen=True, slots=True)
class RehearsalStackFile:
    """A stack file as it was read: which stack it is of, and its `config`."""

    like: str
    config: Mapping[str, Any]

    @property
    def region(self) -> str:
        """`aws:region` of the stack."""
        return str(self.config["aws:region"])

    @property
    def hosts(self) -> list[str]:
        """The host names that the services answer to, patterns among them."""
        services = map_of(self.config.get(f"{PROJECT}:services")).values()
        listed = [list_of(map_of(service).get("hosts")) for service in services]
        return sorted({str(host) for each in listed for host in each})


def _nearest(like: str, names: Sequence[str]) -> str:
    """The stack that was probably meant."""
    close = difflib.get_close_matches(like, names, n=1)
    return next(iter([*close, *(name for name in names if name == "prod"), *names]), "prod")


def read_stack(root: Path, like: str) -> RehearsalStackFile:
    """Read `Pulumi.<like>.yaml`.

    Raises:
        NotSupportedError: it is the rehearsal's own, or has no region.
        BadStackError: there is no such file, or it is not a stack file.
    """
    if like == STACK:
        raise NotSupportedError(f"--like {STACK}: name the stack to rehearse, such as prod or dev")
    path = root / f"Pulumi.{like}.yaml"
    try:
        document = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        names = sorted(p.name[len("Pulumi.") : -len(".yaml")] for p in root.glob("Pulumi.*.yaml"))
        names = [name for name in names if name != STACK]
        known = ", ".join(names) or "none"
        up = Command.of("failover", "rehearse", "up", "--like", _nearest(like, names))
        raise BadStackError(
            f"--like {like}: there is no {path.name}\n"
            f"  expected: one of {known}, each the name of a Pulumi.STACK.yaml in {root}\n"
            f"  fix:      {up}"
        ) from error
    except yaml.YAMLError as error:
        raise BadStackError(f"{path.name} is not YAML: {error}") from error
    config = map_of(document).get("config")
    if not is_map(config):
        raise BadStackError(f"{path.name} has no `config` map")
    if not config.get("aws:region"):
        raise NotSupportedError(
            f"{path.name} sets no aws:region: `pulumi config set aws:region us-east-1 -s {like}`"
        )
    return RehearsalStackFile(like, config)


def rehearsed_stack(
    source: RehearsalStackFile, account: Account, boot_seconds: float
) -> RehearsalStackFile:
    """The same config with the local ids in place of the team's own.

    Everything else stays as it is, so that what is rehearsed is what will run: names, weights,
    sizes, timeouts, alarms. The exceptions are the time that a service grants its instances to
    boot: local ones boot in `boot_seconds`, and a renewal waits out the whole of that time. And
    the guards look every second where the stack does not set it.

    Raises:
        NotSupportedError: the stack builds on resources that only the team's account has.
    """
    _refuse_existing(source.config, source.like)
    config = _localised(source, account.account_id, boot_seconds)
    network = config.get(f"{PROJECT}:network")
    if isinstance(network, dict) and "vpcId" in network:
        network["vpcId"] = account.vpc_id
        network["albSubnetIds"] = list(account.public_subnet_ids)
        network["instanceSubnetIds"] = list(account.private_subnet_ids)
    load_balancer = config.get(f"{PROJECT}:loadBalancer")
    if isinstance(load_balancer, dict) and "certificateArn" in load_balancer:
        load_balancer["certificateArn"] = account.certificate_arn
    _replace_images(config, lambda _: account.images[FIRST_BUILD])
    return RehearsalStackFile(source.like, config)


def rehearsed_as_inspected(
    source: RehearsalStackFile, account_id: str, local: Callable[[str], str], boot_seconds: float
) -> RehearsalStackFile:
    """The same config for a local AWS that has the ids which the config names.

    As `rehearsed_stack`, but the ids of network and load balancer stay.

    Args:
        source: The stack.
        account_id: The account of the local AWS.
        local: The local image that stands for an image of the config.
        boot_seconds: What a local instance takes to boot.
    """
    config = _localised(source, account_id, boot_seconds)
    _replace_images(config, local)
    return RehearsalStackFile(source.like, config)


def _localised(source: RehearsalStackFile, account_id: str, boot_seconds: float) -> dict[str, Any]:
    """What every rehearsal changes: the account, what leads to the team's own, boots, secrets."""
    config = copy.deepcopy(dict(source.config))
    for key in [k for k in config if k.startswith(_ENDS_OF_THE_ACCOUNT)]:
        del config[key]
    config["aws:allowedAccountIds"] = [account_id]
    for service in map_of(config.get(f"{PROJECT}:services")).values():
        if _has_own_group(service):
            service["healthCheckGraceSeconds"] = math.ceil(2 * boot_seconds) + 1
    ramp = config.setdefault(f"{PROJECT}:ramp", {})
    ramp["guard"] = {**_SHORT_GUARD, **map_of(ramp.get("guard"))}
    # Secrets are encrypted for the team's own stack, and cannot be read here.
    return {key: _without_secrets(value) for key, value in config.items() if not _is_secret(value)}


def stand_in_secrets(source: RehearsalStackFile) -> dict[str, str]:
    """What stands for the secrets inside of services, by their path, to be encrypted again.

    A login of the local AWS takes any secret of its client, and any session.
    """
    config = {f"{PROJECT}:services": source.config.get(f"{PROJECT}:services")}
    return {path: _STAND_INS[key] for path, key in _secrets_in(config, "") if key in _STAND_INS}


def _secrets_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    for key, each in map_of(value).items():
        own = f"{path}.{key}" if path else str(key)
        if _is_secret(each):
            yield own, str(key)
        else:
            yield from _secrets_in(each, own)


def _has_own_group(service: Any) -> bool:
    """Whether the stack makes the Auto Scaling group of a slot, which then has a grace period."""
    slots = map_of(map_of(service).get("slots"))
    named = [map_of(slots.get(slot.value)) for slot in Slot]
    return any(
        each.get("registered") in (None, False)
        and "existing" not in map_of(each.get("autoScalingGroup"))
        for each in named
    )


def _without_secrets(value: Any) -> Any:
    """Without what is encrypted inside of it; user data becomes a script that does nothing."""
    if is_map(value):
        kept = {k: _without_secrets(v) for k, v in value.items() if not _is_secret(v)}
        own_data = value.get("userData")
        if is_map(own_data) and _is_secret(own_data.get("text")):
            kept["userData"] = {"text": EMPTY_SCRIPT}
        return kept
    return [_without_secrets(each) for each in value] if is_list(value) else value


def _replace_images(config: Mapping[str, Any], local: Callable[[str], str]) -> None:
    for service in map_of(config.get(f"{PROJECT}:images")).values():
        for slot, image in map_of(service).items():
            service[slot] = local(str(image))


def write_stack(path: Path, stack: RehearsalStackFile) -> None:
    """Write the stack file of the rehearsal."""
    body = yaml.safe_dump({"config": dict(stack.config)}, sort_keys=False)
    path.write_text(_HEADER.format(like=stack.like) + body)


def set_ramp(path: Path, ramp: Mapping[str, Any]) -> None:
    """Set keys of `ramp` in a stack file; the others stay as they are."""
    text = path.read_text()
    document = yaml.safe_load(text)
    had = map_of(document["config"].get(f"{PROJECT}:ramp"))
    document["config"][f"{PROJECT}:ramp"] = {**had, **ramp}
    path.write_text(_comments_of(text) + yaml.safe_dump(document, sort_keys=False))


def shorten_draining(path: Path, seconds: int) -> None:
    """Cut the deregistration delay of every service.

    The load balancer ends a deregistration at once when the target has no request and no connection
    left; the local one waits out the whole delay. Source: ELB user guide, "Deregistration delay".
    """
    text = path.read_text()
    document = yaml.safe_load(text)
    for service in document["config"][f"{PROJECT}:services"].values():
        service["deregistrationDelaySeconds"] = seconds
    path.write_text(_comments_of(text) + yaml.safe_dump(document, sort_keys=False))


def _comments_of(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))


def _refuse_existing(config: Mapping[str, Any], like: str) -> None:
    """What names a load balancer, a group or a target group that only the team's account has."""
    found = [
        f"loadBalancer.{key}"
        for key in ("arn", "listenerArn")
        if key in map_of(config.get(f"{PROJECT}:loadBalancer"))
    ]
    for name, service in map_of(config.get(f"{PROJECT}:services")).items():
        for slot, parts in map_of(map_of(service).get("slots")).items():
            for part, value in map_of(parts).items():
                if "existing" in map_of(value):
                    found.append(f"services.{name}.slots.{slot}.{part}.existing")
    if found:
        inspected = inspection_command(config, Path("inspected.json"))
        up = Command.of("failover", "rehearse", "up", "--like", like, "--as", "inspected.json")
        raise NotSupportedError(
            f"Pulumi.{like}.yaml names resources that the local AWS does not have "
            f"({', '.join(found)}): not supported by the rehearsal without --as\n"
            f"  fix:      {inspected}\n"
            f"  then:     {up}"
        )


def inspection_command(config: Mapping[str, Any], file: Path) -> InspectionCommand:
    """The command that writes the inspection of the stack's load balancer to `file`."""
    balancer = map_of(config.get(f"{PROJECT}:loadBalancer")).get("arn")
    return InspectionCommand(str(balancer or "LOAD_BALANCER_ARN"), file)


def _is_secret(value: Any) -> bool:
    return is_map(value) and set(value) == {"secure"}
