from __future__ import annotations

import dataclasses

from rich.console import Console

from rehearsal.observation import ServiceState
from rehearsal.status import IDLE, Load, status_table
from rollout.split import Slot
from tests.rehearsal.test_cutover import slot_at


def shown(service: ServiceState, load: Load = IDLE) -> str:
    console = Console(width=80, record=True)
    loads = {(service.name, slot): load for slot in Slot}
    with console.capture() as capture:
        console.print(status_table([service], {"ami-1": "v1", "ami-2": "v2"}, loads))
    return capture.get()


def test_a_settled_service_shows_its_weights_targets_and_builds() -> None:
    slots = {Slot.FIRST: slot_at(75), Slot.SECOND: slot_at(25)}

    text = shown(ServiceState("web", "arn:web", slots))

    assert "75" in text
    assert "1 healthy" in text
    assert "1 of 1" in text
    assert "v1" in text


def test_a_slot_in_renewal_shows_both_versions_and_both_builds() -> None:
    renewing = dataclasses.replace(
        slot_at(0),
        template_version="2",
        instance_versions=("1", "2"),
        image_ids=("ami-1", "ami-2"),
        refreshing=True,
    )

    text = " ".join(shown(ServiceState("web", "a", {Slot.FIRST: renewing})).split())

    assert "version 2," in text
    assert "on 1" in text
    assert "refreshing" in text
    assert "v1, v2" in text


def test_each_slot_shows_what_it_carries() -> None:
    text = shown(ServiceState("web", "a", {Slot.FIRST: slot_at(100)}), Load(150.04, 2.5))

    assert text.split()[-2:] == ["150.0", "2.5"]


def test_it_fits_a_terminal_of_eighty_columns() -> None:
    slots = {Slot.FIRST: slot_at(100), Slot.SECOND: slot_at(0)}

    text = shown(ServiceState("portal", "arn:portal", slots), Load(1234.56, 12.3))

    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
