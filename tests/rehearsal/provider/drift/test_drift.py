"""Every property that AWS lets be changed: changed past the program, a refresh shows just it.

The cases come from the provider's tables: a property of a table that has neither a change made with
boto3 nor a reason why AWS knows none fails the first test. Each round of the second changes one
property on each of many resources at once, refreshes, puts all back, and refreshes again.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

from rehearsal.provider.families import RESOURCE_TYPES
from rehearsal.provider.table import ResourceType
from tests.rehearsal.provider.attached import Attached, attached
from tests.rehearsal.provider.drift.alarm_mutations import ALARMS
from tests.rehearsal.provider.drift.balancing_mutations import BALANCING
from tests.rehearsal.provider.drift.instance_mutations import INSTANCES
from tests.rehearsal.provider.drift.mutation import Mutation, Subject, Table, declares, leaves
from tests.rehearsal.provider.drift.network_mutations import NETWORK
from tests.rehearsal.provider.drift.routing_mutations import ROUTING
from tests.rehearsal.provider.drift.storage_mutations import STORAGE

MUTATIONS: Mapping[str, Table] = {
    **NETWORK,
    **STORAGE,
    **BALANCING,
    **ROUTING,
    **INSTANCES,
    **ALARMS,
}


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_every_property_can_be_changed_elsewhere_or_has_a_reason_why_not(
    kind: ResourceType,
) -> None:
    assert set(MUTATIONS.get(kind.token, {})) == set(leaves(kind.properties))


@pytest.mark.long
@pytest.mark.engine
def test_a_refresh_shows_the_property_that_was_changed_and_no_other(tmp_path: Path) -> None:
    with attached(tmp_path) as stack:
        stack.must("up", "--yes", "--skip-preview")
        wrong: list[tuple[object, object]] = []

        for one in _rounds(_subjects(stack)):
            undos = [mutation.apply(subject) for subject, _, mutation in one]
            expected = {subject.name: mutation.shows or {leaf} for subject, leaf, mutation in one}
            wrong += _differences(expected, _shown(stack))
            for undo in undos:
                undo()
            wrong += _differences({}, _shown(stack))

        assert wrong == []


def _subjects(stack: Attached) -> list[Subject]:
    exported = stack.exported()
    ids = {one["urn"].rpartition("::")[2]: one["id"] for one in exported}
    return [
        Subject(
            name=one["urn"].rpartition("::")[2],
            token=one["type"],
            id=one["id"],
            inputs=one["inputs"],
            outputs=one["outputs"],
            stack=stack,
            ids=ids,
        )
        for one in exported
    ]


def _rounds(subjects: list[Subject]) -> Iterator[list[tuple[Subject, str, Mutation]]]:
    """Every mutation once, at most one of a resource in a round, spread over equal resources."""
    queues: defaultdict[str, list[tuple[Subject, str, Mutation]]] = defaultdict(list)
    for token, table in MUTATIONS.items():
        for leaf, mutation in table.items():
            if not isinstance(mutation, Mutation):
                continue
            able = [
                subject
                for subject in subjects
                if subject.token == token
                and subject.name.startswith(mutation.on)
                and declares(subject.inputs, leaf)
            ]
            assert able, f"the program declares no {leaf} on a {token}"
            chosen = min(able, key=lambda subject: len(queues[subject.name]))
            queues[chosen.name].append((chosen, leaf, mutation))
    for at in range(max(len(queue) for queue in queues.values())):
        yield [queue[at] for queue in queues.values() if at < len(queue)]


def _differences(
    expected: Mapping[str, Set[str]], shown: Mapping[str, Set[str]]
) -> list[tuple[object, object]]:
    """What should be shown beside what is, where they differ, each with its resource."""
    return [
        ((name, sorted(expected.get(name, ()))), sorted(shown.get(name, ())))
        for name in sorted(expected.keys() | shown.keys())
        if set(expected.get(name, ())) != set(shown.get(name, ()))
    ]


def _shown(stack: Attached) -> dict[str, set[str]]:
    """What a refresh shows: paths without places, by logical name."""
    steps = json.loads(stack.must("refresh", "--preview-only", "--json"))["steps"]
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps:
        if step["op"] not in ("refresh", "same"):
            paths = step.get("detailedDiff") or {f"({step['op']})": None}
            shown[step["urn"].rpartition("::")[2]] |= {_without_places(path) for path in paths}
    return dict(shown)


def _without_places(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)
