"""The rehearsal's own API beside AWS's, under `/_rehearsal/`; loopback only.

For a data plane:

GET    /_rehearsal/topology?after=REVISION         the topology once its revision is another one;
                                                   204 when nothing changed for a while
PUT    /_rehearsal/report                          the data plane's whole view: health, addresses
GET    /_rehearsal/report                          the addresses of the last report
POST   /_rehearsal/traffic                         what it counted since the last time

For what makes an account again, as it was inspected:

PUT    /_rehearsal/ids                             a JSON list: the ids and ARNs of what is made
                                                   next, each of its kind, in place of all others

For tests:

GET    /_rehearsal/calls?after=MARK&accessKey=ID   requests per operation since MARK (0: the start)
GET    /_rehearsal/faults                          the faults in force, and how often each was met
PUT    /_rehearsal/faults                          a JSON list of faults, in place of all others
DELETE /_rehearsal/faults                          lift all

A fault is `{"operations": ["elbv2:Describe*"], "answer": "Throttling", "seconds": 30}`: see
`injected_fault`.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from rehearsal.control_plane.api_requests import CallLog
from rehearsal.control_plane.injected_fault import FaultRequestError, InjectedFaults
from rehearsal.control_plane.metrics.application_elb import take_traffic
from rehearsal.control_plane.targets import Health, HealthState, Report, ReportedHealth, TargetKey
from rehearsal.control_plane.topology import Topology, encoded
from rollout.json_value import is_list

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from rehearsal.control_plane.plane import ControlPlane

PREFIX = "/_rehearsal/"
WAIT_SECONDS = 20.0
"""How long a question for the next topology is held open."""

Answer = tuple[str, list[tuple[str, str]], bytes]


class DataPlaneLink:
    """Answers the data plane of one control plane."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._changed = threading.Condition()
        self._latest: tuple[int, Topology] = plane.changes.latest
        self._addresses: dict[str, Any] = {}
        plane.changes.subscribe(self._note)

    def answer(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        """Answer one request. The caller does not hold the world's lock."""
        path = str(environ["PATH_INFO"]).removeprefix(PREFIX)
        method = environ["REQUEST_METHOD"]
        if (method, path) == ("GET", "topology"):
            query = parse_qs(str(environ.get("QUERY_STRING", "")))
            return self._topology(int(query.get("after", ["-1"])[0]))
        if (method, path) == ("PUT", "report"):
            return self._take(json.loads(body))
        if (method, path) == ("GET", "report"):
            return _json("200 OK", json.dumps(self._addresses))
        return _json("404 Not Found", "{}")

    def _note(self, revision: int, topology: Topology) -> None:
        with self._changed:
            self._latest = revision, topology
            self._changed.notify_all()

    def _topology(self, after: int) -> Answer:
        with self._changed:
            if not self._changed.wait_for(lambda: self._latest[0] != after, WAIT_SECONDS):
                return "204 No Content", [], b""
            revision, topology = self._latest
        return _json("200 OK", f'{{"revision": {revision}, "topology": {encoded(topology)}}}')

    def _take(self, report: dict[str, Any]) -> Answer:
        health = self._plane.world.health
        if not isinstance(health, ReportedHealth):
            return _json("409 Conflict", '{"message": "health is not taken from a data plane"}')
        health.replace(dict(_report(entry) for entry in report["targets"]))
        self._addresses = {"listeners": report["listeners"], "instances": report["instances"]}
        self._plane.tick()
        return _json("200 OK", "{}")


def _report(entry: dict[str, Any]) -> tuple[TargetKey, Report]:
    key = (entry["targetGroupArn"], entry["targetId"], int(entry["port"]))
    health = Health(
        HealthState(entry["state"]), entry["since"], entry["reason"], entry["description"]
    )
    return key, Report(entry["checksBegan"], health)


def as_json(status: str, document: Any) -> Answer:
    """An answer with a JSON document."""
    return _json(status, json.dumps(document))


def _json(status: str, text: str) -> Answer:
    return status, [("Content-Type", "application/json")], text.encode()


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
        if path == "ids" and method == "PUT":
            return self._give(body)
        if path == "faults":
            return self._on_faults(method, body)
        return self._link.answer(environ, body)

    def _give(self, body: bytes) -> Answer:
        try:
            given = json.loads(body)
        except ValueError:
            given = None
        if not is_list(given) or not all(isinstance(each, str) for each in given):
            return as_json("400 Bad Request", {"message": "ids: a JSON list of texts"})
        with self._world.lock:
            self._world.given_ids[:] = given
        return as_json("200 OK", {})

    def _on_faults(self, method: str, body: bytes) -> Answer:
        if method not in ("GET", "PUT", "DELETE"):
            return as_json("405 Method Not Allowed", {"message": "GET, PUT or DELETE"})
        try:
            if method != "GET":
                self.faults.replace(json.loads(body) if method == "PUT" else [])
        except (FaultRequestError, json.JSONDecodeError) as error:
            return as_json("400 Bad Request", {"message": str(error)})
        return as_json("200 OK", self.faults.as_json)
