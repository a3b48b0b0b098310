"""The JSON schema of a stack file, against the reader that it must not contradict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rollout.split import Split
from settings.auto_scaling_group import STOPS_RAMPS, WEAKENS_RAMPS, Process
from settings.conditions import HeaderMap, QueryPair, SourceBlock
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import (
    Decimal,
    Fields,
    ListOf,
    RefusedValueError,
    SecretText,
    Text,
    WholeNumber,
)
from settings.network import Cidr
from settings.probe import HostAndPort, HttpsUrl
from settings.ramp import MomentKind
from settings.schema import stack_file_schema
from settings.settings import TOP
from settings.weights import Weights
from tests.configs import ROOT, TOKEN_KEY, Config, parsed, stack_config
from tests.settings.bad_configs import json_values
from tests.settings.test_problems import WRONG, changed
from tests.settings.test_properties import good_configs

PAGE = ROOT / "settings" / "stack_file.schema.json"
VALIDATOR = jsonschema.Draft7Validator(stack_file_schema())
ONLY_THE_PROGRAM = {
    # What AWS would not take of several keys together.
    "no host or path",
    "the same priority",
    "a priority on a preview rule's",
    "a preview rule on another's priority",
    "the same host and path",
    "the same host in other letters",
    "six condition values",
    "five, of which the preview rule needs one",
    "seven wildcards",
    "names over 32 characters",
    # A key against another one.
    "min over max",
    "a slot's min over the service's max",
    "a timeout that is not below the interval",
    "a bake too short for metrics",
    "a slow start with an algorithm that has none",
    "an anomaly mitigation without its algorithm",
    "status codes of HTTP with GRPC",
    "codes of GRPC with HTTP",
    "GRPC with the default gates",
    "HTTP2 with a probe",
    "a wait shorter than the polls",
    "a certificate of another region",
    "an Availability Zone of another region",
    # A form of a map against the other one, and what may stand elsewhere.
    "no certificate",
    "no image",
    "no min",
    "no load balancer",
    "a load balancer that is both made and there",
    "a network that is both made and there",
    "a network to make without a block",
    "no subnets for the load balancer",
    "a key that does nothing",
    "an image of no service",
    "no services",
    # An address that is well formed and no network's.
    "a CIDR block that is none",
    # What the program joins, reads from disk or counts.
    "user data from a file and as text",
    "user data from a file that is not there",
    "user data over the limit",
    "user data that merges by itself",
    # What goes with what in a volume, and the devices that an image has.
    "a fast volume without its speed",
    "a volume with a speed that its type has not",
    "two volumes of one device",
    "a further volume without a size",
    "two sizes of the root",
    "a subnet of the instances that is not there",
    "two metrics to scale by",
    "mixed instances without the slot's own type",
    "mixed instances of two architectures",
    "a Spot price without Spot instances",
    "a percentage beside scaling",
    # What AWS has of a template.
    "a template by id and by name",
    "a template by neither",
    "a version that is not there",
    "a template that is not there",
    # The order of a list.
    "stages that fall",
    "stages that do not end in all",
    # A stack file is right before its token is made.
    "no preview token",
}
"""The bad configs that no schema of single values can refuse."""


def as_file(config: Config) -> dict[str, Any]:
    """The stack file with a config, its secret encrypted, as YAML reads it back."""
    secret = {TOKEN_KEY: {"secure": "v1:AAAA:BBBB"}} if TOKEN_KEY in config else {}
    return yaml.safe_load(yaml.safe_dump({"config": {**config, **secret}}))


def refusals(config: Config) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(as_file(config))]


def keys(group: KeyGroup[Any], way: str = "") -> Iterator[tuple[str, Key[Any]]]:
    for member in group.members:
        path = f"{way}.{member.name}" if way else member.name
        if isinstance(member, KeyGroup):
            yield from keys(member, path)
        else:
            yield path, member


KEYS = dict(keys(TOP))


def test_the_schema_is_what_the_program_reads() -> None:
    text = json.dumps(stack_file_schema(), indent=2, ensure_ascii=False)

    jsonschema.Draft7Validator.check_schema(stack_file_schema())
    assert PAGE.read_text() == f"{text}\n", "python -m settings.schema > settings/..."


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_file_of_the_repository_names_the_schema_and_follows_it(stack: str) -> None:
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text()

    first = text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema={PAGE.relative_to(ROOT).as_posix()}"
    assert [each.message for each in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_config_is_underlined_unless_only_the_program_can_tell(name: str) -> None:
    found = refusals(changed(WRONG[name].change))

    assert bool(found) is (name not in ONLY_THE_PROGRAM), found


@given(good_configs())
def test_a_right_config_is_not_underlined(config: Config) -> None:
    parsed(config)

    assert refusals(config) == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_keys_without_their_namespace_are_read_as_the_cli_reads_them(stack: str) -> None:
    config = {key.removeprefix("failover:"): v for key, v in stack_config(stack).items()}
    del config["previewToken"]

    assert refusals(config) == []
    assert refusals(config | {"wieghts": "50/50"}) != []


def test_a_flag_is_right_as_the_cli_writes_it() -> None:
    config = stack_config("prod") | {"failover:protection": "true"}

    assert parsed(stack_config("prod")).protection
    assert refusals(config) == []


def test_other_namespaces_may_hold_anything() -> None:
    config = stack_config("prod") | {"aws:endpoints": [{"s3": "http://x"}], "pulumi:tags": {}}

    document = as_file(config) | {"encryptionsalt": "v1:x", "secretsprovider": "passphrase"}

    assert list(VALIDATOR.iter_errors(document)) == []


header_values = st.text() | st.integers() | st.booleans()


def written_for(kind: Any) -> st.SearchStrategy[Any]:
    """Values that a person could write for a key of this kind, many of them right."""
    if isinstance(kind, Text):
        return st.from_regex(kind.pattern, fullmatch=True) | st.text()
    if isinstance(kind, WholeNumber):
        return st.integers(kind.lowest - 1, kind.highest + 1)
    if isinstance(kind, Decimal):
        number = st.floats(kind.lowest, kind.highest)
        return number | st.decimals(0, 100, places=2).map(str)
    if isinstance(kind, HeaderMap):
        values = st.lists(header_values, max_size=6)
        return st.dictionaries(st.from_regex(r"[A-Za-z-]{1,9}", fullmatch=True), values, max_size=6)
    if isinstance(kind, ListOf) and isinstance(kind.item, Process):
        return st.lists(st.sampled_from([*STOPS_RAMPS, *WEAKENS_RAMPS, "AZRebalance"]), max_size=4)
    if isinstance(kind, ListOf) and isinstance(kind.item, QueryPair):
        return st.lists(st.dictionaries(st.sampled_from(["key", "value"]), header_values))
    if isinstance(kind, ListOf) and isinstance(kind.item, SourceBlock):
        return st.lists(
            st.from_regex(r"10\.0\.0\.0/\d{1,2}|[0-9a-f:]{2,6}/\d{1,3}", fullmatch=True)
        )
    if isinstance(kind, ListOf) and isinstance(kind.item, Fields):
        fields = {name: written_for(each) for name, each in kind.item.fields.items()}
        return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=3)
    if isinstance(kind, ListOf):
        item: Any = kind.item
        return st.lists(st.from_regex(item.pattern, fullmatch=True), max_size=4)
    if isinstance(kind, MomentKind):
        zones = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))
        return st.datetimes(timezones=zones).map(lambda at: at.isoformat())
    if isinstance(kind, Cidr):
        blocks = st.integers(0, 255).map(lambda n: f"10.{n}.0.0")
        return st.builds(lambda at, size: f"{at}/{size}", blocks, st.integers(15, 25))
    if isinstance(kind, HttpsUrl):
        return st.from_regex(r"[Hh]ttps://[a-z.]{1,9}(:\d{1,5})?[!-~]{0,9}", fullmatch=True)
    if isinstance(kind, HostAndPort):
        return st.from_regex(r"[A-Za-z0-9.:-]{1,12}", fullmatch=True)
    if isinstance(kind, Weights):
        return st.integers(0, 100).map(lambda n: str(Split(n, 100 - n)))
    return json_values


@pytest.mark.parametrize("text", ["\xa0", "\u2028", "a\u2028b", "\x1c", "\u3000a"])
def test_a_reason_is_on_one_line_by_the_same_characters_for_the_editor(text: str) -> None:
    """Python and an editor differ in what counts as white space."""
    kind = KEYS["override"].kind

    assert kind.read(text) == text
    assert list(jsonschema.Draft7Validator(kind.json_schema).iter_errors(text)) == []


@pytest.mark.parametrize("path", [p for p, k in KEYS.items() if not isinstance(k.kind, SecretText)])
@given(data=st.data())
def test_what_the_reader_takes_for_a_key_is_not_underlined(path: str, data: st.DataObject) -> None:
    key = KEYS[path]
    schema = key.kind.json_schema
    value = data.draw(json_values | written_for(key.kind))

    try:
        key.kind.read(value)
    except RefusedValueError:
        return
    assert list(jsonschema.Draft7Validator(schema).iter_errors(value)) == []
