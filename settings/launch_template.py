"""The launch template of a slot: what its instances boot with beside the program's own settings."""

from __future__ import annotations

from dataclasses import dataclass

from settings.declaration.key import ConfigMap, Key, KeyGroup, optional, required
from settings.declaration.kind import (
    Confidential,
    Json,
    JsonSchema,
    RefusedValueError,
    Text,
    ValueProblem,
    WholeNumber,
)

SHELL_SCRIPT = "#!"
CLOUD_CONFIG = "#cloud-config"


@dataclass(frozen=True, slots=True)
class UserDataText(Confidential):
    """The kind of user data that stands in the stack file, encrypted or not."""

    name: str = "text"
    expected: str = f"a shell script, from `{SHELL_SCRIPT}`, or cloud-config, from `{CLOUD_CONFIG}`"

    @property
    def json_schema(self) -> JsonSchema:
        """The text, or what `pulumi config set --secret` writes."""
        return {
            "type": ["string", "object"],
            "pattern": f"^(?:{SHELL_SCRIPT}|{CLOUD_CONFIG})",
            "patternErrorMessage": f"Expected: {self.expected}",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
        }

    def read(self, value: Json) -> str:
        """The text unchanged."""
        if not isinstance(value, str) or not value.startswith((SHELL_SCRIPT, CLOUD_CONFIG)):
            raise RefusedValueError(ValueProblem(value, self.expected))
        return value


@dataclass(frozen=True, kw_only=True)
class UserData(ConfigMap):
    """User data of the application: from a file, or as it is here."""

    file: Key[str | None] = optional(
        "boot/web.sh",
        Text(
            r"(?![/~])[^\x00-\x1f\x7f]{1,512}",
            "the path of a file, from the folder with Pulumi.yaml",
            "path",
        ),
        "A file of the project: a shell script (`#!`) or cloud-config (`#cloud-config`).",
        offer="SCRIPT_FILE",
    )
    text: Key[str | None] = optional(
        "#!/bin/sh\nsystemctl start web\n",
        UserDataText(),
        "The same as text, which the stack file can hold encrypted, as a secret.",
        offer="SCRIPT_TEXT",
    )


@dataclass(frozen=True, kw_only=True)
class TemplateSource(ConfigMap):
    """A version of an existing launch template, by the id or the name of the template."""

    template_id: Key[str | None] = optional(
        "lt-0a1b2c3d4e5f60718",
        Text(r"lt-([0-9a-f]{8}|[0-9a-f]{17})", "the id of a launch template: lt-..."),
        "The id of the launch template.",
        name="id",
        offer="LAUNCH_TEMPLATE_ID",
    )
    template_name: Key[str | None] = optional(
        "shop-web",
        Text(r"[0-9A-Za-z()./_-]{3,128}", "the name of a launch template"),
        "The name of the launch template, in place of its id.",
        name="name",
        offer="LAUNCH_TEMPLATE_NAME",
    )
    version: Key[int] = required(
        4,
        WholeNumber(1, 1_000_000),
        "The number of the version. With `$Latest` an update could bring another build with it.",
        offer="VERSION",
    )


@dataclass(frozen=True, kw_only=True)
class LaunchTemplate(ConfigMap):
    """What the launch template of a slot has beside image, instance type and network."""

    user_data: KeyGroup[UserData | None] = KeyGroup(
        "What the instances boot with, after the slot's identity: from a file or as text, one of "
        "them. It is a secret of the stack and a part of the revision, so a change is a release "
        "of the slot. A slot's own replaces its service's.",
        UserData,
        is_optional=True,
    )
    source: KeyGroup[TemplateSource | None] = KeyGroup(
        "A version of an existing launch template that the slot's is made from: all of its data, "
        "beside the image, the instance type, the tags and the slot's identity. The instances "
        "have its security groups and the stack's. A slot's own replaces its service's.",
        TemplateSource,
        name="from",
        is_optional=True,
    )
