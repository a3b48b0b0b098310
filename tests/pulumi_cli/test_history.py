"""The updates in a stack's history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pulumi_cli.history import HISTORY_LENGTH, EngineUpdate, updates_of

AT = "2026-11-21T09:00:00.000Z"


def past(message: str, kind: str = "update", **more: Any) -> dict[str, Any]:
    """An update as the CLI has it."""
    return {"kind": kind, "startTime": AT, "message": message, "result": "succeeded", **more}


def messages(*history: dict[str, Any]) -> list[str]:
    return [each.message for each in updates_of(history)]


def test_an_update_is_read_with_its_config_but_no_secret() -> None:
    config = {
        "failover:weights": {"value": "75/25", "secret": False},
        "failover:previewToken": {"value": "[secret]", "secret": True},
        "failover:capacity": {"value": '{"web":{}}', "objectValue": {"web": {}}, "secret": False},
    }
    ended = {"endTime": "2026-11-21T09:00:05.000Z", "result": "failed"}

    assert updates_of([past("a stage", config=config, **ended)]) == (
        EngineUpdate(
            message="a stage",
            succeeded=False,
            config={"failover:weights": "75/25", "failover:capacity": '{"web":{}}'},
            at=datetime(2026, 11, 21, 9, tzinfo=UTC),
            ended=datetime(2026, 11, 21, 9, 0, 5, tzinfo=UTC),
            is_first=True,
        ),
    )


def test_only_updates_and_imports_are_told() -> None:
    found = messages(past("up"), past("a look", "refresh"), past("adopted", "import"))

    assert found == ["up", "adopted"]


def test_what_was_before_everything_was_removed_is_not_told() -> None:
    gone = past("gone", "destroy", resourceChanges={"delete": 5})
    some = past("some", "destroy", resourceChanges={"delete": 1, "same": 4})

    assert messages(past("new"), gone, past("old")) == ["new"]
    assert messages(past("new"), some, past("old")) == ["new", "old"]


def test_of_a_history_that_goes_on_nobody_knows_the_first_update() -> None:
    whole = updates_of([past(str(number)) for number in range(HISTORY_LENGTH - 1)])
    cut = updates_of([past(str(number)) for number in range(HISTORY_LENGTH)])

    assert [each.is_first for each in whole] == [False] * (HISTORY_LENGTH - 2) + [True]
    assert not any(each.is_first for each in cut)
