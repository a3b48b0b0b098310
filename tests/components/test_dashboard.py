from __future__ import annotations

import json

from tests.components.stacks import declared, recording_of
from tests.configs import stack_config

DASHBOARD = ":Dashboard"


def test_a_dashboard_shows_both_slots_side_by_side() -> None:
    board = recording_of("prod").one(DASHBOARD, "web").inputs

    widgets = json.loads(board["dashboardBody"])["widgets"]

    rows = {widget["y"] for widget in widgets}
    assert board["dashboardName"] == "hankooktire-us-prd-web"
    for row in rows:
        left, right = sorted((w for w in widgets if w["y"] == row), key=lambda w: w["x"])
        metrics = [widget["properties"]["metrics"][0] for widget in (left, right)]
        assert (left["x"] + left["width"], right["width"]) == (right["x"], left["width"])
        assert metrics[0][:4] == metrics[1][:4]
        assert [metric[-1] for metric in metrics] == ["suffix/web-01", "suffix/web-02"]


def test_there_is_no_dashboard_where_none_is_asked_for() -> None:
    config = stack_config("prod") | {"failover:dashboard": False}

    assert declared(config).of_type(DASHBOARD) == []
