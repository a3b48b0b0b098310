from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleets.auto_scaling_group.keys import NewInstances
from rollout.errors import SettingsError
from rollout.problem import NOT_SET
from rollout.split import Slot, Split
from settings.capacity import Capacity
from settings.settings import Settings
from tests.configs import Config, as_handed_over, parsed, stack_config, surroundings
from tests.settings.bad_configs import bad_configs, scrambled_configs

MANY = 10 * settings().max_examples
"""Of these configs; `make test-long` tries more."""
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@settings(max_examples=MANY, deadline=None, suppress_health_check=SLOW)
@given(bad_configs())
def test_every_fault_of_a_bad_config_is_listed_with_what_fixes_it(
    bad: tuple[Config, set[str]],
) -> None:
    config, faulty = bad

    with pytest.raises(SettingsError) as caught:
        parsed(config)

    text = str(caught.value)
    reported = {problem.path for problem in caught.value.problems}
    assert {path for path in faulty if not covered(path, reported)} == set()
    for problem in caught.value.problems:
        assert problem.fix.startswith(("pulumi config ", "unset ")), problem
        assert problem.expected
        assert str(problem) in text


def covered(path: str, reported: set[str]) -> bool:
    """Whether the fault at `path` is reported, there or at an entry or the map around it."""
    return any(
        path == other or other.startswith(f"{path}[") or path.startswith((f"{other}.", f"{other}["))
        for other in reported
    )


@pytest.mark.any_words  # A misspelt key's value moves to the right key, whatever it is.
@settings(max_examples=MANY, deadline=None, suppress_health_check=SLOW)
@given(scrambled_configs())
def test_any_config_is_read_or_refused_in_words(config: Config) -> None:
    outcome = read_or_refusal(config)

    if isinstance(outcome, SettingsError):
        assert outcome.problems
        assert all(problem.found and problem.fix for problem in outcome.problems)


def read_or_refusal(config: Config) -> Settings | SettingsError:
    try:
        return parsed(config)
    except SettingsError as error:
        return error


@given(st.dictionaries(st.text(), st.text()))
def test_any_text_under_any_key_is_read_or_refused_in_words(raw: dict[str, str]) -> None:
    config: dict[str, Any] = {f"failover:{key}": value for key, value in raw.items()}

    with pytest.raises(SettingsError) as caught:
        Settings.parse(config, surroundings(config))

    assert all(problem.found != "" for problem in caught.value.problems)


@st.composite
def good_configs(draw: Any) -> Config:
    """Configs that are right in every part, with what is drawn written down as it would be."""
    config = stack_config("prod")
    first = draw(st.integers(3, 49_000))
    for place, name in enumerate(draw(st.permutations(["web", "portal"]))):
        service = config["failover:services"][name]
        service["priority"] = first + place * draw(st.integers(3, 900))
        service["port"] = draw(st.integers(1, 65_535))
        service["deregistrationDelaySeconds"] = draw(st.integers(0, 3600))
        interval = draw(st.integers(5, 300))
        timeout = draw(st.integers(2, min(120, interval - 1)))
        service["healthCheck"] |= {"intervalSeconds": interval, "timeoutSeconds": timeout}
        weight = draw(st.integers(0, 100))
        service["weights"] = f"{weight}/{100 - weight}"
        most = draw(st.integers(1, 1000))
        config["failover:capacity"][name] |= {"min": draw(st.integers(0, most)), "max": most}
    return config


@given(good_configs())
def test_a_right_config_is_read_as_it_was_written(config: Config) -> None:
    read = parsed(config)

    for service in read.services:
        written = config["failover:services"][service.name]
        capacity = config["failover:capacity"][service.name]
        assert service.rule.priority == written["priority"]
        assert service.port == written["port"]
        assert service.split == Split.parse(written["weights"])
        assert service.health_check.interval_seconds == written["healthCheck"]["intervalSeconds"]
        assert service.health_check.timeout_seconds == written["healthCheck"]["timeoutSeconds"]
        assert service.deregistration_delay_seconds == written["deregistrationDelaySeconds"]
        for slot in service.slots:
            assert isinstance(slot.fleet, NewInstances)
            assert slot.fleet.capacity == Capacity(
                instance_type="m7i.large",
                min_size=capacity["min"],
                max_size=capacity["max"],
                floor_size=0,
                cpu_target_percent=60,
                root_device_name="/dev/xvda",
                root_volume_gib=20,
            )


@given(st.integers(3, 50_000))
def test_the_places_of_a_service_are_its_priority_and_the_two_before(priority: int) -> None:
    config = stack_config("prod")
    del config["failover:services"]["portal"]
    for key in ("failover:images", "failover:capacity"):
        del config[key]["portal"]
    config["failover:services"]["web"]["priority"] = priority

    (web,) = parsed(config).services

    assert sorted(web.rule.places()) == [priority - 2, priority - 1, priority]
    assert web.rule.preview_priority(Slot.FIRST) < web.rule.preview_priority(Slot.SECOND)


def test_a_config_reads_the_same_however_the_engine_orders_it() -> None:
    raw = as_handed_over(stack_config("prod"))
    backwards = dict(reversed(raw.items()))
    for key in ("failover:services", "failover:images"):
        backwards[key] = json.dumps(dict(reversed(json.loads(raw[key]).items())))
    context = surroundings(stack_config("prod"))

    assert Settings.parse(backwards, context) == Settings.parse(raw, context)


def test_an_empty_value_is_as_good_as_none() -> None:
    config = stack_config("prod") | {"failover:weights": ""}

    with pytest.raises(SettingsError) as caught:
        parsed(config)

    (problem,) = caught.value.problems
    assert problem.found == NOT_SET
