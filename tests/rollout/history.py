"""Messages of a stack's history, as ramps write them."""

from __future__ import annotations

from datetime import datetime

from rollout.history_message import Activity, HistoryMessage, parse_activity
from rollout.lease import LeaseHolder
from rollout.plan import RampPlan


def held(plan: RampPlan, activity: Activity | str, holder: LeaseHolder, until: datetime) -> str:
    """Of an update that keeps the lease."""
    return HistoryMessage(plan.services, _activity(activity), holder, until).format()


def released(plan: RampPlan, activity: Activity | str, holder: LeaseHolder) -> str:
    """Of the update that releases the lease."""
    return HistoryMessage(plan.services, _activity(activity), holder, until=None).format()


def _activity(activity: Activity | str) -> Activity:
    return parse_activity(activity) if isinstance(activity, str) else activity
