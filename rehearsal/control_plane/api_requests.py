"""Requests to the AWS API: who asks for what, and errors in the protocol that one came in.

What the rehearsal cannot do, or failed to do, is a client error, because a client repeats a server
error for minutes before it shows it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

STATUS = "400 Bad Request"

_XML_SERVICES = frozenset(
    {"ec2", "s3", "elasticloadbalancing", "autoscaling", "monitoring", "iam", "sts", "sns"}
)
"""Services, by their name in a signature, that answer in XML when not asked in JSON."""


@dataclass(frozen=True, slots=True)
class ApiError:
    """An error code and message in AWS's form."""

    code: str
    message: str
    status: str = STATUS


def unsupported(what: str) -> ApiError:
    """The rehearsal does not do `what`."""
    return ApiError("NotSupportedByRehearsal", f"{what}: not supported by the rehearsal")


def rehearsal_failure(operation: str | None, error: Exception) -> ApiError:
    """The rehearsal broke at `operation`: its own fault, not the caller's and not AWS's."""
    return ApiError(
        "RehearsalFailure",
        f"{operation or 'the request'}: the rehearsal itself failed, "
        f"{type(error).__name__}: {error}",
    )


def error_answer(
    environ: WSGIEnvironment, error: ApiError
) -> tuple[str, list[tuple[str, str]], bytes]:
    """The error in the protocol that the request came in: status line, headers, body."""
    service = service_of(environ)
    is_json = "json" in str(environ.get("CONTENT_TYPE", ""))
    document = {"__type": error.code, "message": error.message}
    if "cbor" in str(environ.get("CONTENT_TYPE", "")):
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return error.status, headers, _cbor(document)
    if is_json or service not in _XML_SERVICES:
        body = json.dumps(document).encode()
        return error.status, [("Content-Type", "application/x-amz-json-1.1")], body
    return error.status, [("Content-Type", "text/xml")], _xml(service, error).encode()


def service_of(environ: WSGIEnvironment) -> str:
    """The service in a signed request's credential scope, empty for an unsigned one."""
    credential = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2]
    scope = credential.split(",")[0].split("/")
    return scope[3] if len(scope) > 3 else ""


def access_key_of(environ: WSGIEnvironment) -> str:
    """The access key id that a request is signed with, empty for an unsigned one."""
    credential = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2]
    return credential.split("/")[0]


def _cbor(document: dict[str, str]) -> bytes:
    """A map of texts in CBOR. Source: RFC 8949, 3.1."""
    items = [part.encode() for pair in document.items() for part in pair]
    body = b"".join(b"\x7a" + len(item).to_bytes(4, "big") + item for item in items)
    return bytes([0xA0 + len(document)]) + body


def _xml(service: str, error: ApiError) -> str:
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if service == "ec2":
        return f"<Response><Errors><Error>{detail}</Error></Errors></Response>"
    if service == "s3":
        return f"<Error>{detail}</Error>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One request to the AWS API."""

    service: str
    """As a signature names it: `elasticloadbalancing`, `autoscaling`, `ec2`, `monitoring`, …"""
    operation: str
    """`ModifyRule`; of S3, which names none, the method: `GET`."""
    access_key_id: str
    """Who asks; empty where the request is not signed."""


class CallLog:
    """Every request to the AWS API since the start, in its order, answered well or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[RecordedCall] = []
        self._known: dict[RecordedCall, RecordedCall] = {}

    def note(self, call: RecordedCall) -> None:
        """Take one more."""
        with self._lock:
            self._calls.append(self._known.setdefault(call, call))

    def since(self, mark: int, access_key_id: str | None = None) -> dict[str, Any]:
        """What was asked for after `mark`, as JSON can hold it, and the mark of now.

        Args:
            mark: From an earlier answer; 0 is the start.
            access_key_id: Count only what was signed with it.
        """
        with self._lock:
            found, now = self._calls[mark:], len(self._calls)
        if access_key_id is not None:
            found = [call for call in found if call.access_key_id == access_key_id]
        services: dict[str, Counter[str]] = {}
        for call in found:
            services.setdefault(call.service, Counter())[call.operation] += 1
        return {
            "mark": now,
            "total": len(found),
            "calls": dict(Counter(call.operation for call in found)),
            "services": {name: dict(counted) for name, counted in sorted(services.items())},
        }
