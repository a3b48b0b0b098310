"""Where requests of our own go: the config keys, and the address of a rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import SettingsError
from settings.probe import plain_host, plain_path
from tests.configs import Config, parsed, stack_config

patterns = st.tuples(st.sampled_from("/*?"), st.text("/ab*?", max_size=8)).map("".join)


def with_probe(**probes: dict[str, str]) -> Config:
    config = stack_config("prod")
    for service, probe in probes.items():
        config["failover:services"][service]["probe"] = probe
    return config


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "http://www.hankooktire.example/"),
        ("url", "https:///shop"),
        ("url", "https://kim:secret@www.hankooktire.example/"),
        ("url", "https://*.hankooktire.example/"),
        ("url", "https://www.hankooktire.example:99999/"),
        ("address", "https://10.0.0.1"),
        ("address", "10.0.0.1:"),
        ("address", "10.0.0.1:0"),
        ("address", ":443"),
        ("address", "a b"),
    ],
)
def test_what_cannot_be_requested_or_connected_to_is_refused(key: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parsed(with_probe(web={key: value}))

    (problem,) = caught.value.problems
    assert problem.path == f"failover:services.web.probe.{key}"


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.1:8443", "internal-shop.example:443"])
def test_a_host_or_an_address_with_or_without_a_port_may_be_connected_to(address: str) -> None:
    settings = parsed(with_probe(portal={"address": address}, web={"address": address}))

    assert {service.probe.address for service in settings.services} == {address}


def test_services_of_one_host_are_connected_to_at_one_place() -> None:
    with pytest.raises(SettingsError, match="one address for all services with the host www"):
        parsed(with_probe(web={"address": "10.0.0.1"}))


@given(patterns)
def test_a_plain_path_is_one_that_its_pattern_takes(pattern: str) -> None:
    path = plain_path([pattern])

    wanted = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert path.startswith("/")
    assert re.fullmatch(wanted, path)


@pytest.mark.parametrize(
    ("paths", "path"),
    [
        ([], "/"),
        (["/*"], "/"),
        (["/portal/*", "/other"], "/portal/"),
        (["/v?/orders"], "/vx/orders"),
        (["/a*z"], "/az"),
        (["*.php"], "/.php"),
    ],
)
def test_a_path_keeps_all_of_its_pattern_that_is_no_wildcard(paths: list[str], path: str) -> None:
    assert plain_path(paths) == path


def test_a_host_with_a_wildcard_is_passed_over() -> None:
    assert plain_host(["*.example.com", "www.example.com"]) == "www.example.com"
    assert plain_host(["*.example.com"]) is None
