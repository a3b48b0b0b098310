"""The pack as a whole: ids, levels, config files, requirements, its page, and its independence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pulumi_policy import EnforcementLevel

from policy.rules import POLICIES
from policy.rules.policy import SECURITY, TRAFFIC
from policy.rules.reference import with_table
from tests.configs import ROOT, stack_config

PACK = ROOT / "policy"
BY_ID = {policy.name: policy for policy in POLICIES}
ADVISORY_EVERYWHERE = "load-balancer-firewall"
BY_CONSENT = "listener-rule-preview-login"
pinned = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def config_of(stack: str) -> dict[str, Any]:
    return json.loads((PACK / f"{stack}.json").read_text())


def of_kind(kind: str) -> set[str]:
    return {policy.name for policy in POLICIES if policy.tags == [kind]}


def test_every_policy_has_an_id_of_its_own_a_sentence_and_a_kind() -> None:
    assert len(BY_ID) == len(POLICIES)
    for policy in POLICIES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", policy.name)
        assert re.search(r"\.( \(.+\))?$", policy.description), policy.description
    assert of_kind(TRAFFIC) | of_kind(SECURITY) == set(BY_ID)


def test_every_security_policy_names_its_control() -> None:
    controls = {
        policy.framework.specification: policy.description
        for policy in POLICIES
        if policy.framework is not None
    }

    assert len(controls) == len(of_kind(SECURITY))
    assert all(f"({control})" in description for control, description in controls.items())


def test_the_security_baseline_is_covered() -> None:
    text = " ".join(policy.description for policy in POLICIES)
    baseline = (
        "ELB.1 ELB.4 ELB.5 ELB.6 ELB.12 ELB.13 ELB.16 ELB.17 ELB.18 AutoScaling.1 AutoScaling.2 "
        "AutoScaling.9 EC2.8 EC2.170 EC2.25 EC2.181 EC2.3 EC2.13 EC2.14 EC2.18 EC2.19 IAM.1 IAM.21"
    )

    missing = [each for each in baseline.split() if not re.search(rf"{each}\b", text)]

    assert missing == []


def test_without_config_all_is_mandatory_but_what_costs_or_is_by_consent() -> None:
    levels = {policy.name: policy.enforcement_level for policy in POLICIES}

    assert levels.pop(ADVISORY_EVERYWHERE) is EnforcementLevel.ADVISORY
    assert levels.pop(BY_CONSENT) is EnforcementLevel.ADVISORY
    assert set(levels.values()) == {EnforcementLevel.MANDATORY}


def test_prod_leaves_every_policy_at_its_level() -> None:
    levels = [each for each in config_of("prod").values() if isinstance(each, str)]

    assert levels == []
    assert not any("enforcementLevel" in each for each in config_of("prod").values())


def test_dev_is_advised_on_security_and_bound_by_the_rest() -> None:
    levels = {name: each for name, each in config_of("dev").items() if isinstance(each, str)}

    assert levels.pop(ADVISORY_EVERYWHERE) == "disabled"
    assert levels == dict.fromkeys(of_kind(SECURITY) - {ADVISORY_EVERYWHERE}, "advisory")


@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_a_stacks_config_holds_what_the_schemas_know_and_nothing_else(stack: str) -> None:
    for name, each in config_of(stack).items():
        schema = BY_ID[name].config_schema
        assert schema is not None
        if isinstance(each, dict):
            closed = {"properties": schema.properties, "additionalProperties": False}
            Draft202012Validator(closed).validate(each)


@pytest.mark.parametrize("stack", ["prod", "dev"])
def test_a_stacks_config_agrees_with_the_stack(stack: str) -> None:
    config, found = stack_config(stack), config_of(stack)
    parts = [config[f"failover:{key}"] for key in ("org", "regionCode", "environment")]
    named = {name: each["prefix"] for name, each in found.items() if "prefix" in each}
    protection = found.get("traffic-resource-protect", {"protection": True})

    assert named == dict.fromkeys(
        [name for name in BY_ID if name.endswith("-name")], "-".join(parts)
    )
    assert protection == {"protection": config["failover:protection"]}


def test_the_requirements_are_the_locks() -> None:
    lock = dict(pinned.findall((ROOT / "requirements.lock").read_text()))
    requirements = dict(pinned.findall((PACK / "requirements.txt").read_text()))

    assert {"pulumi", "pulumi-policy"} <= set(requirements)
    assert requirements == {name: lock[name] for name in requirements}


def test_the_version_of_the_pack_is_the_projects() -> None:
    pack = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text())

    assert f'version = "{pack["version"]}"' in (ROOT / "pyproject.toml").read_text()


def test_the_page_lists_the_policies_as_they_are() -> None:
    page = (PACK / "README.md").read_text()

    assert with_table(page) == page, "run `python -m rules.reference` in policy/"


def test_the_rules_load_from_the_folder_alone(tmp_path: Path) -> None:
    shutil.copytree(PACK / "rules", tmp_path / "pack" / "rules")
    program = (
        "import sys; from rules import POLICIES; "
        "ours = ('components', 'ops', 'policy', 'probe', 'rehearsal', 'rollout', 'settings'); "
        "assert not {name.split('.')[0] for name in sys.modules} & set(ours); "
        "print(len(POLICIES))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path / "pack",
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(done.stdout) == len(POLICIES)
