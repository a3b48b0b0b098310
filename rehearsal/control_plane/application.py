"""The AWS API as one WSGI application: moto's, corrected, one request at a time.

moto is not thread-safe and the reconciler changes its objects too, so one lock is around every
request and every tick.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from waitress.channel import ClientDisconnected
from werkzeug.test import run_wsgi_app

from rehearsal.control_plane import faults
from rehearsal.control_plane.calls import RecordedCall
from rehearsal.control_plane.data_plane_link import PREFIX, Answer
from rehearsal.control_plane.injected_fault import ANSWERS, SILENT, expired_token
from rehearsal.control_plane.own_api import OwnApi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from rehearsal.control_plane.plane import ControlPlane

log = logging.getLogger(__name__)

_READS = ("Describe", "Get", "List", "Head", "Lookup", "Search")


def operation_of(environ: WSGIEnvironment, body: bytes) -> str | None:
    """The API operation that a request asks for; None for S3's, which are in method and path."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    _, in_path, name = str(environ.get("PATH_INFO", "")).rpartition("/operation/")
    if in_path:
        return name
    form = str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")
    fields = parse_qs(body.decode() if form else environ.get("QUERY_STRING", ""))
    return next(iter(fields.get("Action", [])), None)


def may_change(environ: WSGIEnvironment, operation: str | None) -> bool:
    """Whether a request can change anything."""
    if operation is None:
        return environ["REQUEST_METHOD"] not in ("GET", "HEAD")
    return not operation.startswith(_READS)


class _Dispatcher(DomainDispatcherApplication):
    """Finds moto's application for a request, and remembers what a host stands for.

    moto looks through its own folders each time, which is a third of a request's time.
    """

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that a host name stands for, None where moto has none."""
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


class Application:
    """A WSGI application that answers as AWS does, for one control plane."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._own = OwnApi(plane)
        self._moto = _Dispatcher()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if str(environ.get("PATH_INFO", "")).startswith(PREFIX):
            status, headers, answer = self._own.answer(environ, body)
            start_response(status, headers)
            return [answer]
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if "REQUEST_URI" in environ:  # what moto reads an S3 key from, still percent-encoded
            environ["RAW_URI"] = environ["REQUEST_URI"]
        operation = operation_of(environ, body)
        refusal = self._refusal(environ, operation)
        if refusal is not None:
            status, headers, answer = refusal
            start_response(status, headers)
            return [answer]
        with self._plane.world.lock:
            self._plane.tick()
            status, headers, answer = self._answer(environ, operation)
            if may_change(environ, operation):
                self._plane.settle()
        start_response(status, headers)
        return [answer]

    def _refusal(self, environ: WSGIEnvironment, operation: str | None) -> Answer | None:
        """The answer to a request that runs into a fault; it is counted either way.

        Raises:
            ClientDisconnected: there is no answer; the server closes the connection.
        """
        call = RecordedCall(
            faults.service_of(environ),
            operation or str(environ["REQUEST_METHOD"]),
            faults.access_key_of(environ),
        )
        self._own.calls.note(call)
        expires_at = self._plane.world.sessions.get(call.access_key_id, math.inf)
        if self._plane.world.clock.now() >= expires_at:
            return faults.answer(environ, expired_token(call))
        fault = self._own.faults.met_by(call)
        if fault is None:
            return None
        if fault.answer == SILENT:
            self._own.faults.wait_out(fault)
            raise ClientDisconnected
        return faults.answer(environ, ANSWERS[fault.answer](call))

    def _answer(self, environ: WSGIEnvironment, operation: str | None) -> Answer:
        if str(environ.get("PATH_INFO", "")).startswith("/moto-api"):
            return faults.answer(environ, faults.unsupported("the moto API"))
        service = faults.service_of(environ)
        if self._moto.get_backend_for_host(f"{service or 's3'}.us-east-1.amazonaws.com") is None:
            return faults.answer(environ, faults.unsupported(f"the service {service}"))
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            return faults.answer(environ, faults.unsupported(operation or str(error)))
        except Exception as error:  # a fault of moto must not end the server
            log.exception("%s failed", operation or environ.get("PATH_INFO"))
            return faults.answer(environ, faults.failed(operation, error))
        answer = b"".join(chunks)
        if status.startswith("404") and answer.startswith(b"<!doctype html"):
            return faults.answer(environ, faults.unsupported(f"this request to {service}"))
        return status, list(headers), answer
