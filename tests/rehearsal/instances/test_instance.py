"""One instance as a process: what it is told, what it answers, how it ends."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fleets.auto_scaling_group.user_data import user_data
from rehearsal.account import self_signed_certificate
from rehearsal.control_plane.images import CATALOGUE, GOOD_BUILDS, NEEDED_FILE, NEEDS_USER_DATA
from rehearsal.data_plane.addresses import Ports
from rehearsal.instances.behaviour import Behaviour, Identity, behaviour_of, identity_from
from rollout.split import Slot

ROOT = Path(__file__).parents[3]
MEMORY_KB = 20 * 1024
"""Of its own; the interpreter's files are shared with all others."""


class Started:
    """An instance that serves on a port of its own."""

    def __init__(self, identity: Identity, certificate: str = "") -> None:
        self.ports = Ports()
        self.port = self.ports.of("instance")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-S", "-m", "rehearsal.instances"),
                *(json.dumps(dataclasses.asdict(identity)), str(self.port), certificate),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"serving\n"

    def close(self) -> None:
        with self.process:
            self.process.kill()
        self.ports.close()

    def connection(self) -> closing[http.client.HTTPConnection]:
        return closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60))


@pytest.fixture
def instance() -> Iterator[Started]:
    with closing(Started(Identity("i-1", "v2", "web", "02", 8080))) as started:
        yield started


def test_the_programs_user_data_gives_an_instance_its_identity() -> None:
    text = base64.b64decode(user_data("prd", "web", Slot.SECOND, 8080)).decode()

    assert identity_from("i-1", "v2", text) == Identity(
        "i-1", "v2", "web", "02", 8080, ("/etc/failover/slot.env",)
    )


def test_an_instance_without_user_data_has_no_slot_and_listens_on_any_port() -> None:
    assert identity_from("i-1", "v2", "") == Identity("i-1", "v2", None, None, None)


def test_every_bad_build_differs_from_a_good_one_in_a_way_of_its_own() -> None:
    behaviours = [behaviour_of(i.build) for i in CATALOGUE if i not in GOOD_BUILDS]

    assert Behaviour() not in behaviours
    assert len(set(behaviours)) == len(behaviours)
    assert {behaviour_of(image.build) for image in GOOD_BUILDS} == {Behaviour()}


def test_it_names_itself_and_keeps_the_connection(instance: Started) -> None:
    with instance.connection() as client:
        heads: list[dict[str, str]] = []
        for method, body in [("GET", None), ("POST", b"x" * 100_000), ("HEAD", None)]:
            client.request(method, "/portal/page?x=1", body)
            with client.getresponse() as answer:
                content = answer.read()
                heads.append(dict(answer.getheaders()))
                assert (b"web v2" in content) == (method != "HEAD")

    named = {"X-Build": "v2", "X-Slot": "02", "X-Service": "web", "X-Instance": "i-1"}
    assert [{k: v for k, v in head.items() if k in named} for head in heads] == [named] * 3


@pytest.mark.parametrize(
    ("own", "status"),
    [(f"#!/bin/sh\ntouch {NEEDED_FILE}\n", 200), ("#!/bin/sh\ntouch /etc/app/other\n", 503)],
)
def test_a_build_that_needs_user_data_is_healthy_only_with_it(own: str, status: int) -> None:
    text = base64.b64decode(user_data("prd", "web", Slot.SECOND, 8080, own)).decode()
    identity = identity_from("i-1", NEEDS_USER_DATA, text)

    with closing(Started(identity)) as started, started.connection() as client:
        client.request("GET", "/healthz")
        with client.getresponse() as answer:
            answer.read()

            assert answer.status == status


def test_a_body_in_chunks_is_read_to_its_end(instance: Started) -> None:
    with instance.connection() as client:
        for _ in range(2):
            client.request("POST", "/", iter([b"a" * 5000, b"b"]), encode_chunked=True)
            with client.getresponse() as answer:
                answer.read()
                assert answer.status == 200


def test_what_is_no_number_of_seconds_is_a_bad_request(instance: Started) -> None:
    with instance.connection() as client:
        client.request("GET", "/download?seconds=soon")
        with client.getresponse() as answer:
            answer.read()
            assert answer.status == 400


def test_its_port_refuses_when_it_is_dead_and_stays_held(instance: Started) -> None:
    instance.process.kill()
    instance.process.wait()

    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", instance.port)) != 0
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", instance.port))


def test_it_ends_when_its_standard_input_does(instance: Started) -> None:
    assert instance.process.stdin is not None
    instance.process.stdin.close()

    assert instance.process.wait(timeout=60) == 0


def test_it_is_light(instance: Started) -> None:
    status = Path(f"/proc/{instance.process.pid}/status").read_text()

    (kilobytes,) = [int(line.split()[1]) for line in status.splitlines() if "RssAnon" in line]

    assert kilobytes < MEMORY_KB


def test_an_instance_speaks_https_and_http_on_one_port(tmp_path: Path) -> None:
    certificate = tmp_path / "instance.pem"
    certificate.write_bytes(b"".join(self_signed_certificate(["instance.invalid"])))
    context = ssl.create_default_context(cafile=certificate)
    identity = Identity("i-1", "v2", "web", "02", 8080)

    with closing(Started(identity, str(certificate))) as started:
        encrypted = http.client.HTTPSConnection("127.0.0.1", started.port, context=context)
        context.check_hostname = False
        with started.connection() as plain, closing(encrypted):
            for connection in (plain, encrypted):
                connection.request("GET", "/")
                answer = connection.getresponse()
                answer.read()
                assert (answer.status, answer.headers["X-Build"]) == (200, "v2")


def test_who_begins_no_request_keeps_no_other_client_waiting() -> None:
    with (
        closing(Started(Identity("i-1", "v2", "web", "02", 8080))) as started,
        socket.create_connection(("127.0.0.1", started.port)),
        started.connection() as other,
    ):
        other.request("GET", "/")

        assert other.getresponse().status == 200
