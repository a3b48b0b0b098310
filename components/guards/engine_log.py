"""What the guards say, in the engine's diagnostics."""

from __future__ import annotations

from typing import Protocol

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
    NoticeKind.OUT_OF_BAND: engine_pb2.WARNING,
    NoticeKind.WILL_BE_REFUSED: engine_pb2.ERROR,
    NoticeKind.REFUSED: engine_pb2.ERROR,
}


class NoticeLog(Protocol):
    """Where notices go."""

    def say(self, notice: Notice, urn: str = "") -> None:
        """Show a notice, on the resource with this URN, or on the stack."""
        ...


class EngineLog:
    """Shows notices at once.

    `pulumi.log` with a resource waits until that is registered, which is when a wait is over: so
    the URN goes to the engine directly, as a hook is told it.
    """

    def say(self, notice: Notice, urn: str = "") -> None:
        """As `NoticeLog`; an engine that is already gone hears nothing."""
        request = engine_pb2.LogRequest(
            severity=_SEVERITY[notice.kind],
            message=str(notice),
            urn=urn,
            streamId=0,
            ephemeral=False,
        )
        engine = get_engine()
        assert engine is not None, (
            "there is none under mocks, whose guards have a voice of their own"
        )
        try:
            engine.Log(request)
        except grpc.RpcError:
            return  # It has been cancelled, and shows nothing any more.
