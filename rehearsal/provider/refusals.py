"""What goes back to the engine when a request is refused or fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from rehearsal.provider.creation import UnfinishedError
from rehearsal.provider.errors import ProviderError, described
from rehearsal.provider.wire import encode

log = logging.getLogger("rehearsal.provider")


class Refusals(grpc.ServerInterceptor):
    """Turns what AWS or the provider refuses into one message; a defect stays a traceback."""

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: Any
    ) -> Any:
        """Wrap one method."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method.rpartition("/")[2]

        def serve(request: Any, context: Any) -> Any:
            try:
                return handler.unary_unary(request, context)
            except UnfinishedError as error:
                _send_unfinished(context, error)
            except (ProviderError, ClientError, BotoCoreError) as error:
                subject = getattr(request, "urn", "").rpartition("::")[2]
                text = described(error)
                log.info("%s %s: %s", method, subject, text)
                context.abort(grpc.StatusCode.UNKNOWN, text)

        return grpc.unary_unary_rpc_method_handler(
            serve, handler.request_deserializer, handler.response_serializer
        )


def _send_unfinished(context: Any, error: UnfinishedError) -> None:
    """Tell the engine that the resource exists, so that it keeps it and repairs it next time.

    Source: pulumi/proto provider.proto, ErrorResourceInitFailed.
    """
    failure = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id, properties=encode(error.state), reasons=[str(error)]
    )
    detail = any_pb2.Any()
    detail.Pack(failure)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.append(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
