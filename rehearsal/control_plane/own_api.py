"""The rehearsal's own API beside AWS's, under `/_rehearsal/`; loopback only.

What a data plane asks and tells is in `data_plane_link`, and

POST   /_rehearsal/traffic                         what it counted since the last time

Beside it, for tests:

GET    /_rehearsal/calls?after=MARK&accessKey=ID   requests per operation since MARK (0: the start)
GET    /_rehearsal/faults                          the faults in force, and how often each was met
PUT    /_rehearsal/faults                          a JSON list of faults, in the place of all others
DELETE /_rehearsal/faults                          lift all

A fault is `{"operations": ["elbv2:Describe*"], "answer": "Throttling", "seconds": 30}`: see
`injected_fault`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from rehearsal.control_plane.calls import CallLog
from rehearsal.control_plane.data_plane_link import PREFIX, Answer, DataPlaneLink, as_json
from rehearsal.control_plane.injected_fault import FaultRequestError, InjectedFaults
from rehearsal.control_plane.metrics.application_elb import take_traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from rehearsal.control_plane.plane import ControlPlane


class OwnApi:
    """Answers what is asked of the rehearsal itself."""

    def __init__(self, plane: ControlPlane) -> None:
        self.calls = CallLog()
        self.faults = InjectedFaults(plane.world.clock)
        self._world = plane.world
        self._link = DataPlaneLink(plane)

    def answer(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        """Answer one request. The caller does not hold the world's lock."""
        path = str(environ["PATH_INFO"]).removeprefix(PREFIX)
        method = str(environ["REQUEST_METHOD"])
        query = parse_qs(str(environ.get("QUERY_STRING", "")))
        if path == "calls" and method == "GET":
            key = query.get("accessKey", [None])[0]
            return as_json("200 OK", self.calls.since(int(query.get("after", ["0"])[0]), key))
        if path == "traffic" and method == "POST":
            with self._world.lock:
                take_traffic(self._world, json.loads(body))
            return as_json("200 OK", {})
        if path == "faults":
            return self._on_faults(method, body)
        return self._link.answer(environ, body)

    def _on_faults(self, method: str, body: bytes) -> Answer:
        if method not in ("GET", "PUT", "DELETE"):
            return as_json("405 Method Not Allowed", {"message": "GET, PUT or DELETE"})
        try:
            if method != "GET":
                self.faults.replace(json.loads(body) if method == "PUT" else [])
        except (FaultRequestError, json.JSONDecodeError) as error:
            return as_json("400 Bad Request", {"message": str(error)})
        return as_json("200 OK", self.faults.as_json)
