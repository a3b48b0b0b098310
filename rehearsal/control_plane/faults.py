"""Errors in AWS's form, in the protocol that a request came in.

What the rehearsal cannot do, or failed to do, is a client error, because a client repeats a server
error for minutes before it shows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
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


def failed(operation: str | None, error: Exception) -> ApiError:
    """The rehearsal broke at `operation`: its own fault, not the caller's and not AWS's."""
    return ApiError(
        "RehearsalFailure",
        f"{operation or 'the request'}: the rehearsal itself failed, "
        f"{type(error).__name__}: {error}",
    )


def answer(environ: WSGIEnvironment, fault: ApiError) -> tuple[str, list[tuple[str, str]], bytes]:
    """The fault in the protocol that the request came in: status line, headers, body."""
    service = service_of(environ)
    is_json = "json" in str(environ.get("CONTENT_TYPE", ""))
    document = {"__type": fault.code, "message": fault.message}
    if "cbor" in str(environ.get("CONTENT_TYPE", "")):
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return fault.status, headers, _cbor(document)
    if is_json or service not in _XML_SERVICES:
        body = json.dumps(document).encode()
        return fault.status, [("Content-Type", "application/x-amz-json-1.1")], body
    return fault.status, [("Content-Type", "text/xml")], _xml(service, fault).encode()


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


def _xml(service: str, fault: ApiError) -> str:
    error = f"<Code>{escape(fault.code)}</Code><Message>{escape(fault.message)}</Message>"
    if service == "ec2":
        return f"<Response><Errors><Error>{error}</Error></Errors></Response>"
    if service == "s3":
        return f"<Error>{error}</Error>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
