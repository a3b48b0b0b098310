from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rollout.split import Slot, Split
from rollout.weights_key import floor_changes, weight_changes

NAMES = ("a", "b", "c")
subsets = st.sets(st.sampled_from(NAMES))


@given(subsets.filter(bool), subsets)
def test_exactly_the_services_of_the_group_get_the_split(group: set[str], own: set[str]) -> None:
    common, splits = "50/50", dict.fromkeys(own, "60/40")

    changes = weight_changes(group, NAMES, own, Split(75, 25))
    common = changes.get("weights", common)
    splits |= {n: changes[f'services["{n}"].weights'] for n in NAMES if _own(n) in changes}

    after = {name: splits.get(name, common) for name in NAMES}
    assert all(after[name] == "75/25" for name in group)
    assert all(after[n] == ("60/40" if n in own else "50/50") for n in NAMES if n not in group)


def test_a_group_of_all_services_moves_by_the_one_common_value() -> None:
    assert weight_changes(NAMES, NAMES, (), Split(75, 25)) == {"weights": "75/25"}


def test_floors_are_set_by_slot_and_removed_by_service() -> None:
    changes = floor_changes({"a": {Slot.FIRST: 3, Slot.SECOND: 5}}, ["a", "b"])

    assert changes == {
        'capacity["a"].floors["01"]': "3",
        'capacity["a"].floors["02"]': "5",
        'capacity["b"].floors': None,
    }


def _own(name: str) -> str:
    return f'services["{name}"].weights'
