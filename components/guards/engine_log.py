"""The guards' notices in the engine's diagnostics."""

from __future__ import annotations

from typing import Any, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.settings import get_engine

from rollout.notice import Notice, NoticeKind

_SEVERITY = {
    NoticeKind.PASSES: engine_pb2.INFO,
    NoticeKind.WILL_WAIT: engine_pb2.INFO,
    NoticeKind.WAITING: engine_pb2.INFO,
    NoticeKind.OVERRIDE: engine_pb2.WARNING,
    NoticeKind.NOTE: engine_pb2.WARNING,
    NoticeKind.OUT_OF_BAND_CHANGE: engine_pb2.WARNING,
    NoticeKind.WILL_BE_REFUSED: engine_pb2.ERROR,
    NoticeKind.REFUSED: engine_pb2.ERROR,
}


class NoticeLog(Protocol):
    """Where notices are reported."""

    def report(self, notice: Notice, urn: str = "") -> None:
        """Show a notice on the resource with this URN, or on the stack."""
        ...


class EngineLog:
    """Shows notices at once.

    `pulumi.log` with a resource waits until the resource is registered, which is after the wait
    that the notice is about. So the URN that a hook gets goes to the engine directly.
    """

    def report(self, notice: Notice, urn: str = "") -> None:
        """Show a notice; an engine that has ended shows nothing."""
        request = engine_pb2.LogRequest(
            severity=_SEVERITY[notice.kind],
            message=str(notice),
            urn=urn,
            streamId=0,
            ephemeral=False,
        )
        # Generated code without types.
        engine: Any = get_engine()
        assert engine is not None, "mocks have no engine; their guards need a log of their own"
        try:
            engine.Log(request)
        except grpc.RpcError:
            return  # The engine was cancelled.
