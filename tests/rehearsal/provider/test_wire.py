"""Property values on their way from and to the engine."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from rehearsal.provider.errors import ProviderNotSupportedError
from rehearsal.provider.wire import (
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    Properties,
    decode,
    encode,
)

_singles = (
    st.text(max_size=5)
    | st.booleans()
    | st.integers(-(2**50), 2**50)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not x.is_integer())
    | st.just(UNKNOWN)
)
_values = st.recursive(
    _singles,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
)
_maps = st.dictionaries(st.text(max_size=5), _values, max_size=4)


@given(_maps, st.data())
def test_values_and_secretness_survive_the_way_there_and_back(
    values: dict[str, Any], data: st.DataObject
) -> None:
    secrets = frozenset(data.draw(st.sets(st.sampled_from(sorted(values) or [""]))) & values.keys())

    assert decode(encode(values, secrets)) == Properties(values, secrets)


def test_the_signatures_are_those_of_the_sdk() -> None:
    assert encode({"a": UNKNOWN}).fields["a"].string_value == rpc.UNKNOWN
    assert rpc._special_sig_key == SIGNATURE_KEY  # pyright: ignore[reportPrivateUsage]
    assert rpc._special_secret_sig == SECRET_SIGNATURE  # pyright: ignore[reportPrivateUsage]


def test_a_secret_deep_inside_makes_its_property_secret() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": {"b": [{SIGNATURE_KEY: SECRET_SIGNATURE, "value": "x"}]}, "c": 1})

    assert decode(struct) == Properties({"a": {"b": ["x"]}, "c": 1}, frozenset({"a"}))


def test_a_null_is_the_same_as_absence() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": None, "b": [None, 1], "c": {"d": None}})

    assert decode(struct).values == {"b": [1], "c": {}}


def test_an_asset_is_refused() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": {SIGNATURE_KEY: "c44067f5952c0a294b673a41bacd8c17", "text": "x"}})

    with pytest.raises(ProviderNotSupportedError, match="not supported by the rehearsal"):
        decode(struct)
