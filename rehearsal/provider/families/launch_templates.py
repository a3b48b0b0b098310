"""Launch template: every change of its data is a new version.

Source: hashicorp/aws 6 internal/service/ec2/ec2_launch_template.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.provider.call import ProviderCall, unless_gone
from rehearsal.provider.families.launch_data import DATA_PROPERTIES, as_aws, from_aws
from rehearsal.provider.families.tags import EC2_TAGGING, TAGS, as_map, on_creation
from rehearsal.provider.table import AutoName, Property, ResourceType, Values
from rehearsal.provider.values import BOOLEAN, STRING, every, length, matching

_NOT_FOUND = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")

_VERSIONED = frozenset(DATA_PROPERTIES) | {"description"}
_UNVERSIONED = frozenset({"name", "description", "updateDefaultVersion"})
"""What a preview does not expect a new version from. Source: CustomizeDiff of the resource."""


def _described(inputs: Values) -> dict[str, Any]:
    return {"VersionDescription": inputs["description"]} if inputs.get("description") else {}


def _create(call: ProviderCall, inputs: Values) -> str:
    answer = call.aws.ec2.create_launch_template(
        LaunchTemplateName=inputs["name"],
        LaunchTemplateData=as_aws(inputs),
        **_described(inputs),
        **on_creation("launch-template", inputs.get("tags")),
    )
    return answer["LaunchTemplate"]["LaunchTemplateId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]


def _update(
    call: ProviderCall, template_id: str, old: Values, new: Values, changed: frozenset[str]
) -> None:
    ec2 = call.aws.ec2
    latest = old["latestVersion"]
    if changed & _VERSIONED:
        answer: Any = ec2.create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData=as_aws(new), **_described(new)
        )
        latest = answer["LaunchTemplateVersion"]["VersionNumber"]
    if new.get("updateDefaultVersion"):
        ec2.modify_launch_template(LaunchTemplateId=template_id, DefaultVersion=str(latest))


def _read(call: ProviderCall, template_id: str) -> Values | None:
    found: Any = unless_gone(
        lambda: call.aws.ec2.describe_launch_templates(LaunchTemplateIds=[template_id]),
        *_NOT_FOUND,
    )
    if not found or not found["LaunchTemplates"]:
        return None
    template = found["LaunchTemplates"][0]
    latest = template["LatestVersionNumber"]
    versions: Any = call.aws.ec2.describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[str(latest)]
    )
    version = versions["LaunchTemplateVersions"][0]
    account = call.aws.account_id
    return {
        "arn": f"arn:aws:ec2:{call.aws.region}:{account}:launch-template/{template_id}",
        "name": template["LaunchTemplateName"],
        "description": version.get("VersionDescription") or None,
        "defaultVersion": int(template["DefaultVersionNumber"]),
        "latestVersion": int(latest),
        **from_aws(version.get("LaunchTemplateData") or {}),
        "tags": as_map(template.get("Tags")),
    }


def _delete(call: ProviderCall, template_id: str, _state: Values) -> None:
    unless_gone(
        lambda: call.aws.ec2.delete_launch_template(LaunchTemplateId=template_id), *_NOT_FOUND
    )


def _recomputed(changed: frozenset[str], inputs: Values) -> Iterable[str]:
    if changed - _UNVERSIONED:
        yield "latestVersion"
        if inputs.get("updateDefaultVersion"):
            yield "defaultVersion"


LAUNCH_TEMPLATE = ResourceType(
    token="aws:ec2/launchTemplate:LaunchTemplate",
    properties={
        "name": Property(
            STRING,
            replaces=True,
            valid=every(
                length(3, 125),
                matching(r"[0-9A-Za-z()./_-]+", "letters, digits and the characters ()./_-"),
            ),
        ),
        "description": Property(STRING, valid=length(0, 255)),
        **DATA_PROPERTIES,
        "updateDefaultVersion": Property(BOOLEAN, provider_only=True),
        "tags": TAGS,
    },
    outputs=("arn", "defaultVersion", "latestVersion"),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    tagging=EC2_TAGGING,
    autoname=AutoName(most=125),
    recomputed=_recomputed,
)
