"""Bad config through the real engine: always one message, never a traceback, nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest
import yaml

from tests.engine.rehearsed import Rehearsed, rehearsed

pytestmark = pytest.mark.engine

Config = dict[str, Any]
Spoil = Callable[[Config], None]


def put(*path: str, value: Any) -> Spoil:
    """Set `failover:<path[0]>` and what lies below it."""

    def spoil(config: Config) -> None:
        place = config
        keys = [f"failover:{path[0]}", *path[1:]]
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return spoil


def drop(*path: str) -> Spoil:
    def spoil(config: Config) -> None:
        place = config
        keys = [f"failover:{path[0]}", *path[1:]]
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return spoil


def unquote_slots(config: Config) -> None:
    """What a person writes who does not quote `02`."""
    images = config["failover:images"]["web"]
    images[2] = images.pop("02")


def without_conditions(config: Config) -> None:
    for key in ("hosts", "paths"):
        del config["failover:services"]["web"][key]


def spoil_two(config: Config) -> None:
    put("weights", value="75/30")(config)
    put("images", "web", "01", value="?")(config)


WEB = ("services", "web")
CASES: dict[str, tuple[Spoil, str]] = {
    "weights that do not sum": (put("weights", value="75/30"), "weights"),
    "weights that are a word": (put("weights", value="abc"), "weights"),
    "a negative weight": (put("weights", value="110/-10"), "weights"),
    "one weight": (put("weights", value=75), "weights"),
    "no weight at all": (put("weights", value="0/0"), "weights"),
    "fractions": (put("weights", value="75.5/24.5"), "weights"),
    "no weights key": (drop("weights"), "weights"),
    "a service with no host or path": (without_conditions, "services.web.hosts"),
    "the same priority twice": (put(*WEB, "priority", value=100), "priority"),
    "six condition values": (
        put(*WEB, "paths", value=[f"/{n}" for n in range(6)]),
        "services.web",
    ),
    "a name over 32 characters": (put("org", value="x" * 30), "32"),
    "an unknown key": (put("wieghts", value="50/50"), "wieghts"),
    "an unknown key inside a map": (put(*WEB, "hostss", value=["a.example"]), "hostss"),
    "a slot that is not quoted": (unquote_slots, "quote"),
    "min over max": (put("capacity", "web", "min", value=9), "capacity.web"),
    "subnets in one zone": (
        put("network", "availabilityZones", value=["us-east-1a", "us-east-1a"]),
        "network.availabilityZones",
    ),
    "no certificate": (drop("loadBalancer", "certificateArn"), "certificateArn"),
    "a malformed image": (put("images", "web", "02", value="ami-xyz"), 'failover:images.web["02"]'),
    "several at once": (spoil_two, "2 problems"),
}
QUICK = {
    "a slot that is not quoted",
    "several at once",
}
"""One of each kind; what the other messages say is tested without the engine."""
MARKED = [pytest.param(case, marks=[] if case in QUICK else pytest.mark.long) for case in CASES]


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Generator[Rehearsed]:
    with rehearsed(tmp_path_factory.mktemp("bad"), "dev") as stack:
        yield stack


@pytest.fixture
def stack_file(dev: Rehearsed) -> Generator[dict[str, Any]]:
    text = dev.workspace.stack_file.read_text()
    yield yaml.safe_load(text)
    dev.workspace.stack_file.write_text(text)


@pytest.mark.parametrize("case", MARKED)
def test_bad_config_is_refused_in_one_message_before_anything_changes(
    dev: Rehearsed, stack_file: dict[str, Any], case: str
) -> None:
    spoil, named = CASES[case]
    spoil(stack_file["config"])
    dev.workspace.stack_file.write_text(yaml.safe_dump(stack_file, sort_keys=False))

    refused = dev.pulumi("up", "--yes", "--skip-preview")

    assert_refused_once(refused.returncode, refused.stdout, named)
    assert dev.client("elbv2").describe_load_balancers()["LoadBalancers"] == []


def test_the_rehearsal_stack_without_the_local_endpoint_is_refused(dev: Rehearsed) -> None:
    refused = dev.pulumi("up", "--yes", "--skip-preview", AWS_ENDPOINT_URL="")

    assert_refused_once(refused.returncode, refused.stdout, "AWS_ENDPOINT_URL")


@pytest.mark.long
def test_prod_with_the_local_endpoint_is_refused(dev: Rehearsed) -> None:
    stack_file = dev.root / "Pulumi.prod.yaml"
    before = stack_file.read_text()
    dev.engine.run("stack", "init", "prod", "--no-select")

    refused = dev.pulumi("up", "--yes", "--skip-preview", "--stack", "prod")

    stack_file.write_text(before)
    assert_refused_once(refused.returncode, refused.stdout, "local endpoint")


def assert_refused_once(code: int, shown: str, named: str) -> None:
    diagnostics = shown.split("Diagnostics:")[1]
    assert code != 0
    assert named in diagnostics
    assert "Traceback" not in shown
    assert diagnostics.count("error:") == 1
    assert "fix:" in diagnostics
