"""What a Terraform state declares of load balancing and instances. Pure.

Reads a state file of version 4 (Terraform 0.12 and newer, OpenTofu) and the JSON of
`terraform show -json` for a state or a plan. Of each resource it keeps its address and the ids by
which AWS knows it, and none of the other attributes: a state holds secrets.
"""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollout.json_value import is_map, list_of, map_of

STATE_VERSION = 4
"""The version of the state files that Terraform has written since 0.12."""
NEWEST_SHOW_FORMAT = 1
"""The major version of the JSON output. Source: Terraform docs, "JSON Output Format"."""
_TOFU = "registry.opentofu.org/"
_INDEX = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


class TerraformStateError(ValueError):
    """A text is not a state that can be read; `str` is what it is, and what is expected."""

    def __init__(self, found: str, expected: str, *, is_pulled: bool = False) -> None:
        """Hold both parts; `is_pulled`: whether a pulled state would do."""
        self.found = found
        self.expected = expected
        self.is_pulled = is_pulled
        super().__init__(f"{found}; expected {expected}")


class ResourceKind(enum.StrEnum):
    """What a resource is in AWS, whatever its type is called."""

    RULE = "listener rule"
    TARGET_GROUP = "target group"
    LOAD_BALANCER = "load balancer"
    LISTENER = "listener"
    AUTO_SCALING_GROUP = "Auto Scaling group"
    LAUNCH_TEMPLATE = "launch template"
    LAUNCH_CONFIGURATION = "launch configuration"
    ATTACHMENT = "attachment"
    """Of instances or an Auto Scaling group to a target group, by which it is recognised."""


_TYPES = {
    "lb_listener_rule": ResourceKind.RULE,
    "lb_target_group": ResourceKind.TARGET_GROUP,
    "lb": ResourceKind.LOAD_BALANCER,
    "lb_listener": ResourceKind.LISTENER,
    "lb_target_group_attachment": ResourceKind.ATTACHMENT,
}
KINDS: Mapping[str, ResourceKind] = {
    **{f"aws_{name}": kind for name, kind in _TYPES.items()},
    # The names of these types before the provider's version 1.7; both are taken still.
    **{f"aws_a{name}": kind for name, kind in _TYPES.items()},
    "aws_autoscaling_attachment": ResourceKind.ATTACHMENT,
    "aws_autoscaling_group": ResourceKind.AUTO_SCALING_GROUP,
    "aws_launch_configuration": ResourceKind.LAUNCH_CONFIGURATION,
    "aws_launch_template": ResourceKind.LAUNCH_TEMPLATE,
}
"""The resource types that may declare what an adoption takes over or names."""
_IDS = ("id", "name")
_GROUP_IDS = ("target_group_arn", "lb_target_group_arn", "alb_target_group_arn")
"""By which attribute an attachment has its target group; the last is of provider 3 and older."""


@dataclass(frozen=True, slots=True)
class DeclaredResource:
    """One instance of a resource in a Terraform state."""

    kind: ResourceKind | None
    """`None` for a resource that is listed only for what it depends on."""
    resource: str
    """The address of its resource, such as `module.alb["x"].aws_lb_listener_rule.web`."""
    index: str | int | None = None
    """Its key of `for_each`, or its number of `count`."""
    ids: frozenset[str] = frozenset()
    """What AWS knows it by: ARN, id, name; of an attachment the ARN of its target group."""
    arn: str | None = None
    depends_on: tuple[str, ...] = ()
    """Addresses of resources without any index, also those that it depends on through others."""

    @property
    def address(self) -> str:
        """The address with its own index."""
        if self.index is None:
            return self.resource
        return f"{self.resource}[{json.dumps(self.index, ensure_ascii=False)}]"

    @property
    def configured(self) -> str:
        """The address in the configuration: without any index, its modules' included."""
        return _INDEX.sub("", self.resource)

    @property
    def is_indexed(self) -> bool:
        """Whether it, or a module that it is in, has `count` or `for_each`."""
        return self.address != self.configured


@dataclass(frozen=True, slots=True)
class TerraformState:
    """A state: who wrote it, and what it declares."""

    source: str
    """The file, as the person named it."""
    program: str
    """`terraform`, or `tofu` where the providers are of OpenTofu's registry."""
    version: str
    """Of the program that wrote it last; empty where the state does not have it."""
    resources: tuple[DeclaredResource, ...]

    @property
    def title(self) -> str:
        """The file and the program, such as `terraform.tfstate, Terraform 1.11.4`."""
        name = "Terraform" if self.program == "terraform" else "OpenTofu"
        return f"{self.source}, {name} {self.version}".rstrip()

    @property
    def takes_removed_blocks(self) -> bool:
        """Whether the program forgets a resource by a `removed` block that destroys nothing.

        Source: Terraform docs, "Removing resources", since 1.7. OpenTofu's block differs between
        its versions, so there the command is used.
        """
        found = re.match(r"(\d+)\.(\d+)", self.version)
        is_new = found is not None and (int(found[1]), int(found[2])) >= (1, 7)
        return is_new and self.program == "terraform"


def read_state(text: str, source: str) -> TerraformState:
    """Read a state; `source` names it in messages.

    Raises:
        TerraformStateError: it is something else, encrypted, or of a version that is not known.
    """
    try:
        document: Any = json.loads(text)
    except ValueError as error:
        raise TerraformStateError("not JSON", _EXPECTED) from error
    if not is_map(document):
        raise TerraformStateError("not a Terraform state", _EXPECTED)
    _refuse_unreadable(document)
    values = _shown_values(document)
    found = (
        _of_state_file(document)
        if values is None
        else _of_module(map_of(values.get("root_module")))
    )
    resources = tuple(found)
    is_tofu = _TOFU in text
    return TerraformState(
        source,
        "tofu" if is_tofu else "terraform",
        str(document.get("terraform_version") or ""),
        resources,
    )


_EXPECTED = "a state file, or what `terraform show -json` prints"


def _refuse_unreadable(document: Mapping[str, Any]) -> None:
    if "encrypted_data" in document:
        raise TerraformStateError("the state is encrypted", "a decrypted state", is_pulled=True)
    if "format_version" in document:
        major = str(document["format_version"]).partition(".")[0]
        if not major.isdecimal() or int(major) > NEWEST_SHOW_FORMAT:
            raise TerraformStateError(
                f"JSON of format {document['format_version']}",
                f"format {NEWEST_SHOW_FORMAT}.x or older",
            )
        return
    backend = map_of(document.get("backend")).get("type")
    if backend is not None:
        raise TerraformStateError(
            f"the state is in the backend {backend}", "the state itself", is_pulled=True
        )
    version = document.get("version")
    if not isinstance(version, int) or ("resources" not in document and "modules" not in document):
        raise TerraformStateError("not a Terraform state", _EXPECTED)
    if version < STATE_VERSION:
        raise TerraformStateError(
            f"a state of version {version}, of Terraform 0.11 or older",
            f"version {STATE_VERSION}, which Terraform 0.12 and newer write",
        )
    if version > STATE_VERSION:
        raise TerraformStateError(
            f"a state of version {version}",
            f"version {STATE_VERSION}, or what `terraform show -json` prints",
        )


def _shown_values(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The values of `terraform show -json`; of a plan those before it. `None`: a state file."""
    if "format_version" not in document:
        return None
    prior = map_of(document.get("prior_state"))
    return map_of(prior.get("values") if prior else document.get("values"))


def _of_state_file(document: Mapping[str, Any]) -> Iterator[DeclaredResource]:
    for resource in list_of(document.get("resources")):
        held = map_of(resource)
        if held.get("mode") != "managed":
            continue
        address = ".".join(str(held[k]) for k in ("module", "type", "name") if held.get(k))
        for instance in map(map_of, list_of(held.get("instances"))):
            # What a replacement left to delete is not what the address declares.
            if "deposed" in instance:
                continue
            values = map_of(instance.get("attributes")) or map_of(instance.get("attributes_flat"))
            depends = instance.get("dependencies") or instance.get("depends_on")
            yield _declared(
                address, str(held.get("type")), instance.get("index_key"), values, depends
            )


def _of_module(module: Mapping[str, Any]) -> Iterator[DeclaredResource]:
    prefix = f"{module['address']}." if module.get("address") else ""
    for held in map(map_of, list_of(module.get("resources"))):
        if held.get("mode") != "managed" or "deposed_key" in held:
            continue
        address = f"{prefix}{held.get('type')}.{held.get('name')}"
        values = map_of(held.get("values"))
        yield _declared(
            address, str(held.get("type")), held.get("index"), values, held.get("depends_on")
        )
    for child in map(map_of, list_of(module.get("child_modules"))):
        yield from _of_module(child)


def _declared(
    resource: str, type_name: str, index: object, values: Mapping[str, Any], depends_on: object
) -> DeclaredResource:
    kind = KINDS.get(type_name)
    names = _GROUP_IDS if kind is ResourceKind.ATTACHMENT else _IDS if kind else ()
    arn = values.get("arn")
    return DeclaredResource(
        kind=kind,
        resource=resource,
        index=index if isinstance(index, (str, int)) else None,
        ids=frozenset(str(values[name]) for name in names if values.get(name)),
        arn=str(arn) if kind and arn else None,
        depends_on=tuple(_INDEX.sub("", str(each)) for each in list_of(depends_on)),
    )
