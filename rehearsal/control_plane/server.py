"""The AWS API over HTTP on loopback: moto's application, corrected, one request at a time.

moto is not thread-safe and the reconcilers change its objects too, so one lock is around every
request and every tick.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import io
import logging
import math
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from waitress.channel import ClientDisconnected
from waitress.server import create_server
from werkzeug.test import run_wsgi_app

from rehearsal.control_plane.api_requests import (
    RecordedCall,
    access_key_of,
    error_answer,
    rehearsal_failure,
    service_of,
    unsupported,
)
from rehearsal.control_plane.injected_fault import ANSWERS, SILENT, expired_token
from rehearsal.control_plane.own_api import PREFIX, Answer, OwnApi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from rehearsal.control_plane.plane import ControlPlane

log = logging.getLogger(__name__)

_READS = ("Describe", "Get", "List", "Head", "Lookup", "Search")

HOST = "127.0.0.1"
THREADS = 64
"""Requests are answered one at a time anyway; the others of these read and write meanwhile, wait
for the next topology, or are silent because a test wants them so."""

CONNECTIONS = 10_000
"""Kept-alive ones that are idle at the moment count too: each client of AWS holds up to ten. At
its limit, a hundred by default, the server leaves every new one unanswered; AWS has no such limit.
"""

WAKE_SECONDS = 30


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
            service_of(environ),
            operation or str(environ["REQUEST_METHOD"]),
            access_key_of(environ),
        )
        self._own.calls.note(call)
        expires_at = self._plane.world.sessions.get(call.access_key_id, math.inf)
        if self._plane.world.clock.now() >= expires_at:
            return error_answer(environ, expired_token(call))
        fault = self._own.faults.met_by(call)
        if fault is None:
            return None
        if fault.answer == SILENT:
            self._own.faults.wait_out(fault)
            raise ClientDisconnected
        return error_answer(environ, ANSWERS[fault.answer](call))

    def _answer(self, environ: WSGIEnvironment, operation: str | None) -> Answer:
        if str(environ.get("PATH_INFO", "")).startswith("/moto-api"):
            return error_answer(environ, unsupported("the moto API"))
        service = service_of(environ)
        if self._moto.get_backend_for_host(f"{service or 's3'}.us-east-1.amazonaws.com") is None:
            return error_answer(environ, unsupported(f"the service {service}"))
        try:
            chunks, status, headers = run_wsgi_app(self._moto, environ, buffered=True)
        except NotImplementedError as error:
            return error_answer(environ, unsupported(operation or str(error)))
        except Exception as error:  # a fault of moto must not end the server
            log.exception("%s failed", operation or environ.get("PATH_INFO"))
            return error_answer(environ, rehearsal_failure(operation, error))
        answer = b"".join(chunks)
        if status.startswith("404") and answer.startswith(b"<!doctype html"):
            return error_answer(environ, unsupported(f"this request to {service}"))
        return status, list(headers), answer


class Server:
    """An HTTP server, bound to its port as soon as it is made."""

    def __init__(self, application: WSGIApplication, port: int = 0) -> None:
        self._server: Any = create_server(
            application,
            host=HOST,
            port=port,
            threads=THREADS,
            ident=None,
            connection_limit=CONNECTIONS,
            asyncore_use_poll=True,  # select() takes no file descriptor above 1,023
            max_request_body_size=64 * 1024 * 1024,
        )
        self._closing = threading.Event()

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        return int(self._server.effective_port)

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"http://{HOST}:{self.port}"

    def run(self) -> None:
        """Serve until `close`, and close the sockets in this thread, which waits on them."""
        server = self._server
        while not self._closing.is_set():
            server.asyncore.loop(
                timeout=WAKE_SECONDS,
                map=server._map,
                use_poll=server.adj.asyncore_use_poll,
                count=1,
            )
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(server._map)

    def close(self) -> None:
        """End `run`, which closes everything as it returns."""
        self._closing.set()
        self._server.pull_trigger()
