from __future__ import annotations

import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ops.adopt.config_merge import applied
from ops.adopt.stack_file import kept_copy, with_values, write_whole
from ops.errors import InputError
from ops.stack.stack_file import read_config

FILE = textwrap.dedent(
    """\
    # The shop.
    config:
      aws:region: us-east-1
      # A stage changes this.
      failover:weights: 50/50
      failover:services:
        portal:
          priority: 100 # asked for by sales

        # the old one
        web:
          priority: 200
      failover:tags: {}
    encryptionsalt: v1:abc
    """
)

names = st.text("abcdefgh", min_size=1, max_size=3)
scalars = st.one_of(st.integers(0, 99), st.booleans(), st.sampled_from(["01", "x", "*", "a: b"]))
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3), st.dictionaries(names, inner, min_size=1)
    ),
    max_leaves=6,
)
configs = st.dictionaries(names, values, max_size=4)
edits = st.dictionaries(names.map(lambda name: (name,)), st.one_of(st.none(), values), max_size=4)


def test_only_the_lines_of_what_changes_change() -> None:
    changed = with_values(
        FILE,
        {
            ("config", "failover:weights"): "100/0",
            ("config", "failover:services", "web"): {"priority": 300},
            ("config", "failover:services", "shop"): {"hosts": ["a.example"]},
            ("config", "failover:tags"): None,
        },
    )

    assert changed == textwrap.dedent(
        """\
        # The shop.
        config:
          aws:region: us-east-1
          # A stage changes this.
          failover:weights: 100/0
          failover:services:
            portal:
              priority: 100 # asked for by sales

            # the old one
            web:
              priority: 300
            shop:
              hosts:
                - a.example
        encryptionsalt: v1:abc
        """
    )


@given(config=configs, edits=edits, salt=st.booleans())
def test_the_written_file_holds_what_was_merged(
    config: dict[str, Any], edits: dict[tuple[str, ...], Any], salt: bool
) -> None:
    text = yaml.safe_dump({"config": config, **({"encryptionsalt": "x"} if salt else {})})

    written = with_values(text, {("config", *path): value for path, value in edits.items()})

    assert (read_config(written, "file") or {}) == applied(config, edits)
    assert ("encryptionsalt: x" in written) is salt


@pytest.mark.parametrize("text", ["", "# mine\n", "config:\n", "config: {}\n", "config: {a: 1}\n"])
def test_a_file_that_says_little_or_nothing_gets_its_values(text: str) -> None:
    written = with_values(text, {("config", "b", "c"): [1]})

    assert (read_config(written, "file") or {})["b"] == {"c": [1]}
    assert ("# mine" in written) is ("# mine" in text)


def test_slot_keys_stay_text() -> None:
    written = with_values("", {("config", "slots"): {"01": {"x": 1}}})

    assert read_config(written, "file") == {"slots": {"01": {"x": 1}}}


def test_what_is_no_stack_file_is_refused_by_its_name() -> None:
    with pytest.raises(InputError, match=r"Pulumi\.prod\.yaml .* `config` is not a map"):
        read_config("config: 7\n", "Pulumi.prod.yaml")


def test_each_copy_of_a_file_has_a_name_of_its_own(tmp_path: Any) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    write_whole(path, "one\n")
    first = kept_copy(path)
    write_whole(path, "two\n")

    second = kept_copy(path)

    assert (first.read_text(), second.read_text()) == ("one\n", "two\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "Pulumi.prod.yaml",
        "Pulumi.prod.yaml.before-adopt-1",
        "Pulumi.prod.yaml.before-adopt-2",
    ]
