"""A file that is not the inspection it should be is one message, with what to run."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.errors import BadInspectionError
from rehearsal.inspected.document import MOST_BYTES, InspectionCommand, read_inspection
from tests.rehearsal.inspected.documents import ACCOUNT, BALANCER, document, template

AGAIN = InspectionCommand("shop", Path("inspected.json"))


def refusal(path: Path) -> str:
    with pytest.raises(BadInspectionError) as refused:
        read_inspection(path, AGAIN)
    assert refused.value.exit_code == 2
    return str(refused.value)


def written(folder: Path, content: Any) -> Path:
    path = folder / "inspected.json"
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(text)
    return path


def test_an_inspection_is_read_with_its_account(tmp_path: Path) -> None:
    account = read_inspection(written(tmp_path, document()), AGAIN)

    assert (account.account_id, account.load_balancer.arn) == (ACCOUNT, BALANCER)
    assert account.target_groups[0].check.interval_seconds == 5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"not json", "is not JSON: Expecting value"),
        (b"[" * 200_000, "is not JSON: too deeply nested"),
        (b"x" * (10 << 20), "is not JSON"),
        (b"\xff\xfe\x00", "is not text"),
        (b"{" + b" " * MOST_BYTES + b"}", "has 32 MiB"),
        ([1, 2], "is JSON of something else"),
        ({"version": 2}, "is JSON of something else"),
        (document(version=1), "version: 1\n  expected: version 2; an earlier `failover`"),
        (document(version=3), "version: 3, which a newer `failover` wrote"),
        (document(version="2"), 'version: "2"'),
        (document(version=True), "version: true"),
        (document(network=None), "network: null\n  expected: a map"),
        (document(servers={}), "servers: {}\n  expected: a list"),
        (document(region=7), "region: 7\n  expected: text"),
        (document(loadBalancer={}), "loadBalancer.arn: missing\n  expected: this key"),
        (
            document(loadBalancer={**document()["loadBalancer"], "arn": "arn:shop"}),
            'loadBalancer.arn: "arn:shop"\n  expected: the ARN of an Application Load Balancer',
        ),
        (
            document(network={**document()["network"], "cidrBlocks": []}),
            "network.cidrBlocks: []\n  expected: at least one",
        ),
        (document(launchTemplates=[template()]), "launchTemplates[0].versions: []"),
        (document(launchTemplates=[template(10**9)]), "numbered from 1 to 10000"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "file",
)
def test_a_file_of_another_kind_is_one_message_with_the_command(
    tmp_path: Path, content: Any, reason: str
) -> None:
    text = refusal(written(tmp_path, content))

    assert reason in text
    assert text.count("expected:") == 1
    assert f"fix:      {AGAIN}" in text
    assert len(text) < 1000


def test_a_missing_key_is_named_by_its_place(tmp_path: Path) -> None:
    found = document()
    del found["listeners"][0]["rules"][1]["actions"][0]["groups"][0]["weight"]

    text = refusal(written(tmp_path, found))

    assert "listeners[0].rules[1].actions[0].groups[0].weight: missing" in text


def test_a_file_that_does_not_exist_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nope.json")
    assert "Is a directory" in refusal(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
def test_whatever_stands_at_a_place_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    found = document()
    place: Any = found
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    path = written(tmp_path_factory.mktemp("read"), found)

    with contextlib.suppress(BadInspectionError):
        read_inspection(path, AGAIN)
