"""Every kind of gate of the config has a module that opens it."""

from __future__ import annotations

import re

import pytest

from ops.gates.opened import MODULES
from settings.gates.approval import ApprovalLimits
from settings.gates.gates import KINDS, Gates
from settings.gates.limits import GateLimits
from settings.gates.metrics import MetricsLimits
from settings.gates.probe import ProbeLimits
from settings.gates.targets import TargetsLimits
from tests.configs import ROOT


def test_every_kind_of_gate_is_opened_by_the_module_of_its_name() -> None:
    assert [module.NAME for module in MODULES] == [kind.name for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_gate_is_described(kind: type[GateLimits]) -> None:
    assert f"\n## {kind.name}\n" in (ROOT / "docs" / "gates.md").read_text()
    (row,) = re.findall(r"^\| gate \|.*$", (ROOT / "docs" / "glossary.md").read_text(), re.M)
    assert f"`{kind.name}`" in row


def test_gates_are_shown_in_one_order_however_they_are_named() -> None:
    gates = Gates.on(ApprovalLimits(), ProbeLimits(), TargetsLimits())

    assert gates.names == ("targets", "probe", "approval")
    assert gates.with_gate(MetricsLimits()).names == ("targets", "probe", "metrics", "approval")


def test_a_gate_that_is_there_already_gets_other_limits() -> None:
    gates = Gates.on(ProbeLimits()).with_gate(ProbeLimits(rate_per_second=3))

    limits = gates.of(ProbeLimits)
    assert limits is not None
    assert (gates.names, limits.rate_per_second) == (("probe",), 3)
    assert gates.of(MetricsLimits) is None


@pytest.mark.parametrize(
    ("gates", "least"), [(Gates.on(ProbeLimits()), None), (Gates.on(MetricsLimits()), 180)]
)
def test_the_gate_that_needs_the_longest_bake_is_known(gates: Gates, least: int | None) -> None:
    slowest = gates.slowest

    assert (slowest and slowest.least_bake_seconds) == least
