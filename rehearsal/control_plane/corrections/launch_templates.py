"""Launch templates and their versions."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidLaunchTemplateIdNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

from rehearsal.control_plane.correction import ComputedProperty, Correction, Replace
from rehearsal.control_plane.world import World, timestamp
from rollout.json_value import map_of

_Original = Callable[..., Any]


def _data(params: dict[str, Any]) -> dict[str, Any]:
    """Template data as kept: user data in one form, nothing that was not given."""
    data = {k: v for k, v in map_of(params.get("LaunchTemplateData")).items() if v is not None}
    if "UserData" in data:
        data["UserData"] = parse_user_data(data["UserData"])
    return data


def _create(world: World, original: _Original, self: LaunchTemplates) -> ActionResult:
    """The template's own tags are not part of what its instances are launched from."""
    del original
    self.error_on_dryrun()
    template = self.ec2_backend.create_launch_template(
        self._get_param("LaunchTemplateName"),
        self._get_param("VersionDescription"),
        _data(self._get_params()),
        self._parse_tag_specification(),
    )
    template.create_time = template.versions[0].create_time = timestamp(world.clock.now())
    return ActionResult({"LaunchTemplate": _described(self, template)})


def _described(response: LaunchTemplates, template: LaunchTemplate) -> dict[str, Any]:
    return {
        "CreateTime": template.create_time,
        "CreatedBy": f"arn:{response.partition}:iam::{response.current_account}:root",
        "DefaultVersionNumber": template.default_version_number,
        "LatestVersionNumber": template.latest_version_number,
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "Tags": template.tags,
    }


def _template(response: LaunchTemplates) -> LaunchTemplate:
    name = response._get_param("LaunchTemplateName")
    if name:
        return response.ec2_backend.get_launch_template_by_name(name)
    return response.ec2_backend.get_launch_template(response._get_param("LaunchTemplateId"))


def _create_version(world: World, original: _Original, self: LaunchTemplates) -> ActionResult:
    """What is not given is taken from the source version, where one is named."""
    del original
    self.error_on_dryrun()
    template = _template(self)
    source = self._get_param("SourceVersion")
    inherited = dict(template.get_version(source).data) if source else {}
    version = template.create_version(
        {**inherited, **_data(self._get_params())}, self._get_param("VersionDescription")
    )
    version.create_time = timestamp(world.clock.now())
    return ActionResult(
        {
            "LaunchTemplateVersion": {
                "CreateTime": version.create_time,
                "CreatedBy": f"arn:{self.partition}:iam::{self.current_account}:root",
                "DefaultVersion": template.is_default(version),
                "LaunchTemplateData": version.data,
                "LaunchTemplateId": template.id,
                "LaunchTemplateName": template.name,
                "VersionDescription": version.description,
                "VersionNumber": version.number,
            }
        }
    )


def _current_tags(world: World, self: LaunchTemplate) -> list[dict[str, str]]:
    del world
    return self.get_tags()


def _get_version(world: World, original: _Original, self: LaunchTemplate, num: Any) -> Any:
    del world
    text = str(num)
    if not text.startswith("$") and (not text.isdigit() or int(text) < 1):
        raise EC2ClientError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {num} for the launch template with ID "
            f"{self.id}.",
        )
    return original(self, num)


def _describe(
    world: World,
    original: _Original,
    self: LaunchTemplateBackend,
    template_names: list[str] | None = None,
    template_ids: list[str] | None = None,
    filters: Any = None,
) -> list[Any]:
    del world
    for template_id in template_ids or []:
        if template_id not in self.launch_templates:
            raise InvalidLaunchTemplateIdNotFound(template_id)
    return original(self, template_names, template_ids, filters)


LAUNCH_TEMPLATES = Correction(
    name="launch-templates",
    moto=(
        "A version from a source version does not have its data; the template's tags become "
        "part of its data and stay as they were made; unknown ids are passed over."
    ),
    aws=(
        "A version from a source version has its data where it has none itself; the "
        "template's tags are its own, and current; an unknown id is an error."
    ),
    changes=(
        Replace(LaunchTemplates, "create_launch_template", _create),
        Replace(LaunchTemplates, "create_launch_template_version", _create_version),
        ComputedProperty(LaunchTemplate, "tags", _current_tags),
        Replace(LaunchTemplate, "get_version", _get_version),
        Replace(LaunchTemplateBackend, "describe_launch_templates", _describe),
    ),
)
