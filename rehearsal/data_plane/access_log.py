"""Envoy's access log: one short line a request, and its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_STDOUT = "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
_SENT_TO_ANSWERED = "%COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)%"
_FORMAT = (
    "%START_TIME(%s.%6f)%\t%DURATION%\t%RESPONSE_CODE%\t%RESPONSE_FLAGS%\t%UPSTREAM_CLUSTER_RAW%"
    f"\t%UPSTREAM_HOST%\t{_SENT_TO_ANSWERED}\t%METADATA(UPSTREAM_HOST:rehearsal:healthy)%"
    "\t%RESPONSE_CODE_DETAILS%"
)
_NONE = "-"
_CLIENT_LEFT = "DC"
_CONNECTION_FAILED = "UF"
_CLIENT_CLOSED_REQUEST = 460
"""What an ALB writes down for a client that left. Source: ELB user guide, "HTTP 460"."""


def access_log(load_balancer_arn: str) -> list[dict[str, Any]]:
    """The access loggers of a listener of that load balancer."""
    line = {"text_format_source": {"inline_string": f"{load_balancer_arn}\t{_FORMAT}\n"}}
    return [
        {
            "name": "envoy.access_loggers.stdout",
            "typed_config": {"@type": _STDOUT, "log_format": line},
        }
    ]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as the proxy saw them."""

    load_balancer_arn: str
    target_group_arn: str | None
    """The group whose turn it was; None for a redirect or a fixed response."""
    ended_at: float
    """Epoch seconds."""
    status: int
    """460 where the client left before there was one."""
    has_target: bool
    """Whether a target was chosen."""
    was_healthy: bool
    """Whether that target passed its checks."""
    did_connect: bool
    """Whether it could be connected to."""
    answer_seconds: float | None
    """From the request's way to the target until its answer began; None where none did."""
    details: str
    """Envoy's word for where the status came from."""


def parsed(line: str) -> Exchange:
    """The exchange that a line of the log reports.

    Raises:
        ValueError: it is not such a line.
    """
    (
        load_balancer_arn,
        started,
        milliseconds,
        status,
        flags,
        cluster,
        host,
        answered_us,
        healthy,
        details,
    ) = line.rstrip("\n").split("\t")
    code = int(status)
    return Exchange(
        load_balancer_arn=load_balancer_arn,
        target_group_arn=None if cluster == _NONE else cluster,
        ended_at=float(started) + int(milliseconds) / 1000,
        status=code or (_CLIENT_CLOSED_REQUEST if _CLIENT_LEFT in flags.split(",") else 0),
        has_target=host != _NONE,
        was_healthy=healthy != "false",
        did_connect=_CONNECTION_FAILED not in flags.split(","),
        answer_seconds=None if answered_us == _NONE else int(answered_us) / 1_000_000,
        details=details,
    )
