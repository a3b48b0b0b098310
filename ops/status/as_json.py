"""A status as one JSON document, with its schema; its keys are as lasting as a command's flags."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleets.auto_scaling_group.kind import AUTO_SCALING_GROUP
from live.cloudwatch import Alarm
from ops.status.difference import Difference, FixCommand, agrees, to_the_front
from ops.status.document import Ramping, RunningBuild, ServiceStatus, SlotStatus, Source, Status
from rollout.fleet import Fleet, Template

VERSION = 1


def as_document(
    status: Status, found: Sequence[Difference], named_stack: str | None = None
) -> dict[str, Any]:
    """The whole status; `status.schema.json` is its shape.

    Args:
        status: How the stack stands.
        found: What differs in it.
        named_stack: What the commands are to name; `None` where the selected stack is meant.
    """
    return {
        "version": VERSION,
        "stack": status.stack,
        "at": status.at.isoformat(timespec="seconds"),
        "region": status.region,
        "agrees": not (found or status.unread),
        "deployed": status.is_deployed,
        "sources": [source.value for source in Source if source in status.sources],
        "local": status.is_local,
        "main": None
        if status.main is None
        else {"ref": status.main.ref, "commit": status.main.commit},
        "services": {each.name: _service(each, status) for each in status.services},
        "differences": [
            {
                "subject": each.subject,
                "values": by_source(each.values),
                "what": each.what,
                "ways": fix_documents(each.fixes),
            }
            for each in found
        ],
        "hidden": [
            {
                "service": each.service,
                "what": each.why,
                "ways": fix_documents(to_the_front(each, named_stack)),
                "otherwise": each.otherwise,
            }
            for each in status.hidden
        ],
        "alarms": None if status.alarms is None else [_alarm(each) for each in status.alarms],
        "ramp": None if status.ramping is None else _ramp(status.ramping),
        "notes": list(status.notes),
        "unread": [{"what": each.what, "why": each.why} for each in status.unread],
    }


def fix_documents(found: Sequence[FixCommand]) -> list[dict[str, str]]:
    """Commands, with what each leads to."""
    return [{"to": fix.to, "command": str(fix.command)} for fix in found]


def by_source(values: Mapping[Source, str]) -> dict[str, str]:
    """Values by where they were read, in the order of the screen."""
    return {source.value: values[source] for source in Source if source in values}


def _service(service: ServiceStatus, status: Status) -> dict[str, Any]:
    return {
        "agrees": agrees(service, status.sources) and not status.unread,
        "ruleArn": service.rule_arn,
        "weights": by_source(service.weights),
        "slots": {slot.slot.value: _slot(slot) for slot in service.slots},
    }


def _slot(slot: SlotStatus) -> dict[str, Any]:
    live = slot.live
    fleet = live.fleet if live is not None else None
    pinned = fleet.pinned if fleet is not None else None
    return {
        "targetGroupArn": live.target_group_arn if live is not None else None,
        "targets": dict(slot.targets) if live is not None else None,
        "images": by_source(slot.images),
        "template": _template(pinned),
        "inService": [_build(build, pinned) for build in slot.builds],
        "fleet": None if fleet is None else _fleet(fleet),
        "autoScalingGroup": None
        if fleet is None or fleet.kind.key != AUTO_SCALING_GROUP.key
        else {
            "name": fleet.name,
            "desired": fleet.desired,
            "min": fleet.least,
            "max": fleet.most,
        },
    }


def _fleet(fleet: Fleet) -> dict[str, Any]:
    return {
        "kind": fleet.kind.key,
        "name": fleet.name,
        "inService": len(fleet.in_service),
        "desired": fleet.desired,
        "min": fleet.least,
        "max": fleet.most,
    }


def _template(template: Template | None) -> dict[str, str] | None:
    return None if template is None else {"source": template.source, "version": template.version}


def _build(build: RunningBuild, pinned: Template | None) -> dict[str, Any]:
    return {
        "count": build.count,
        "image": build.image_id or None,
        "template": _template(build.template),
        "pinned": build.template == pinned,
    }


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "name": alarm.name,
        "state": alarm.state,
        "reason": alarm.reason,
        "since": alarm.since.isoformat(timespec="seconds"),
        "service": alarm.service,
        "slot": alarm.slot.value if alarm.slot is not None else None,
    }


def _ramp(ramping: Ramping) -> dict[str, Any]:
    lease = ramping.lease
    return {
        "services": list(lease.services),
        "doing": lease.activity,
        "by": lease.holder.by,
        "host": lease.holder.host,
        "pid": lease.holder.pid,
        "until": lease.until.isoformat(timespec="seconds"),
        "is": ramping.lease_state.name.lower(),
    }


def status_schema() -> dict[str, Any]:
    """The JSON Schema of `failover status --json`."""
    schema: dict[str, Any] = json.loads(Path(__file__).with_name("status.schema.json").read_text())
    return schema
