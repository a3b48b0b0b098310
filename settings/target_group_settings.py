"""How the target groups that the stack makes send and check requests; the same in both slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from settings.arguments import OWNED_BY_TARGET_GROUP, Arguments
from settings.declaration.key import ConfigMap, Key, key, optional
from settings.declaration.kind import (
    Flag,
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
)
from settings.declaration.landing import TARGET_GROUP, Landing
from settings.declaration.section import Section

HTTP1, GRPC = "HTTP1", "GRPC"
ROUND_ROBIN, WEIGHTED_RANDOM = "round_robin", "weighted_random"
TRAFFIC_PORT = "traffic-port"

_PROTOCOL = Text("HTTPS?", "HTTP or HTTPS")
_PORT = WholeNumber(1, 65_535)
_SLOW_START = WholeNumber(30, 900)


@dataclass(frozen=True, slots=True)
class SlowStart:
    """The kind of a slow start. Source: ELBv2 API, TargetGroupAttribute."""

    name: str = "integer"
    expected: str = f"0, or {_SLOW_START.expected}"

    @property
    def json_schema(self) -> JsonSchema:
        """0, or an integer in the range."""
        return {
            "anyOf": [{"const": 0}, _SLOW_START.json_schema],
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> int:
        """A JSON integer."""
        if value == 0 and not isinstance(value, bool):
            return 0
        try:
            return _SLOW_START.read(value)
        except RefusedValueError as refusal:
            instead = refusal.problems[0].instead
            raise RefusedValueError(ValueProblem(value, self.expected, instead=instead)) from None


@dataclass(frozen=True, slots=True)
class CheckPort:
    """The kind of the port of health checks."""

    name: str = "integer or string"
    expected: str = f"{TRAFFIC_PORT}, or {_PORT.expected}"

    @property
    def json_schema(self) -> JsonSchema:
        """A port, or the word for the port of the requests."""
        return {
            "anyOf": [{"const": TRAFFIC_PORT}, _PORT.json_schema],
            "errorMessage": f"Expected: {self.expected}",
        }

    def read(self, value: Json) -> int | str:
        """The word, or a JSON integer."""
        if value == TRAFFIC_PORT:
            return TRAFFIC_PORT
        try:
            return _PORT.read(value)
        except RefusedValueError as refusal:
            instead = refusal.problems[0].instead
            raise RefusedValueError(ValueProblem(value, self.expected, instead=instead)) from None


@dataclass(frozen=True, kw_only=True)
class TargetGroupSettings(ConfigMap):
    """What holds for the target groups of both slots, beside port and health check."""

    protocol: Key[str] = key(
        "HTTP",
        _PROTOCOL,
        "The protocol to the targets. With HTTPS the load balancer does not verify their "
        "certificates. A target group keeps its protocol for life.",
        example="HTTPS",
        lands=Landing(TARGET_GROUP, "protocol", "both slots"),
    )
    protocol_version: Key[str | None] = optional(
        HTTP1,
        Text("HTTP1|HTTP2|GRPC", "HTTP1, HTTP2 or GRPC"),
        "The version of HTTP to the targets; HTTP1 where it is absent. AWS answers 464 to a client "
        "that speaks HTTP/1.1 to a target group of HTTP2 or GRPC, as the gates `probe` and `smoke` "
        "do: leave them out then. A target group keeps its version for life.",
        lands=Landing(TARGET_GROUP, "protocolVersion", "both slots"),
    )
    slow_start_seconds: Key[int] = key(
        0,
        SlowStart(),
        "Time in which a new target gets a rising share of the requests. It has no effect while "
        "every target of the slot is new. A stage should be at least as long: let "
        "`ramp.bakeSeconds` not be less.",
        example=60,
        lands=Landing(TARGET_GROUP, "slowStart", "both slots"),
    )
    algorithm: Key[str | None] = optional(
        "least_outstanding_requests",
        Text(
            f"{ROUND_ROBIN}|least_outstanding_requests|{WEIGHTED_RANDOM}",
            f"{ROUND_ROBIN}, least_outstanding_requests or {WEIGHTED_RANDOM}",
        ),
        f"How a target is chosen; {ROUND_ROBIN} in a new target group. Set `{ROUND_ROBIN}` to "
        "return to it: AWS keeps the last algorithm where the key is removed.",
        lands=Landing(TARGET_GROUP, "loadBalancingAlgorithmType", "both slots"),
    )
    anomaly_mitigation: Key[bool | None] = optional(
        True,
        Flag(),
        f"Whether a target that answers worse than the others gets fewer requests; only with the "
        f"algorithm {WEIGHTED_RANDOM}. AWS keeps the last value where the key is removed.",
        offer=False,
    )
    cross_zone: Key[bool | None] = optional(
        True,
        Flag(),
        "Whether each Availability Zone of the load balancer sends requests to the targets of all "
        "of them. Default: as the load balancer has it, which is true. AWS keeps the last value "
        "where the key is removed.",
    )
    health_check_port: Key[int | str] = key(
        TRAFFIC_PORT,
        CheckPort(),
        "The port of the health checks. The instances accept requests of the load balancer on it "
        "too.",
        example=8081,
    )
    health_check_protocol: Key[str | None] = optional(
        "HTTPS",
        _PROTOCOL,
        "The protocol of the health checks. Default: `protocol`.",
        lands=Landing(TARGET_GROUP, "healthCheck.protocol", "both slots"),
    )

    arguments: Key[Mapping[str, Any] | None] = optional(
        {"targetGroupHealth": {"unhealthyStateRouting": {"minimumHealthyTargetsCount": 2}}},
        Arguments("targetGroup", OWNED_BY_TARGET_GROUP),
        "Any other argument of `aws.lb.TargetGroup`, under its own name. A map extends what the "
        "program sets; anything else replaces it.",
    )

    @property
    def version(self) -> str:
        """The version of HTTP to the targets."""
        return self.protocol_version or HTTP1

    @property
    def check_protocol(self) -> str:
        """The protocol of the health checks."""
        return self.health_check_protocol or self.protocol

    def check_port(self, port: int) -> int:
        """The port of the health checks, where the targets take requests on `port`."""
        return port if self.health_check_port == TRAFFIC_PORT else int(self.health_check_port)

    def reject_inconsistent(self, section: Section) -> None:
        """Record a slow start or an anomaly mitigation beside an algorithm that has none.

        Source: ELB user guide, "Edit target group attributes", slow start mode.
        """
        own = TargetGroupSettings
        is_comparable = section.is_sound(own.slow_start_seconds, own.algorithm)
        if is_comparable and self.slow_start_seconds and self.algorithm not in (None, ROUND_ROBIN):
            section.reject_value(
                own.slow_start_seconds,
                self.slow_start_seconds,
                f"0 with algorithm {self.algorithm}: AWS has a slow start for {ROUND_ROBIN} only",
                0,
            )
        is_comparable = section.is_sound(own.anomaly_mitigation, own.algorithm)
        if is_comparable and self.anomaly_mitigation and self.algorithm != WEIGHTED_RANDOM:
            section.reject_value(
                own.anomaly_mitigation,
                self.anomaly_mitigation,
                f"false with algorithm {self.algorithm or ROUND_ROBIN}: AWS has it for "
                f"{WEIGHTED_RANDOM} only",
                instead=False,
            )
