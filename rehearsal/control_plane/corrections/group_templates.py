"""What a group or an instance refresh is asked to launch from: a template, a configuration."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.core.exceptions import ServiceException

from rehearsal.control_plane.autoscaling.launching import LaunchError, image_of, resolved
from rehearsal.control_plane.autoscaling.refresh import TemplateRequest


def asked_template(
    backend: AutoScalingBackend, specification: dict[str, Any] | None
) -> TemplateRequest:
    """The template and version of a LaunchTemplateSpecification.

    Raises:
        ValidationError: none is given, or both id and name, or it is not there.
    """
    asked = specification or {}
    if ("LaunchTemplateId" in asked) == ("LaunchTemplateName" in asked):
        raise ValidationError(
            "Valid requests must contain either launchTemplateId or LaunchTemplateName"
        )
    ec2 = backend.ec2_backend
    try:
        template = (
            ec2.get_launch_template(asked["LaunchTemplateId"])
            if "LaunchTemplateId" in asked
            else ec2.get_launch_template_by_name(asked["LaunchTemplateName"])
        )
    except ServiceException as error:
        raise ValidationError(str(error.message)) from error
    return TemplateRequest(template.id, template.name, asked.get("Version"))


def check_launchable(backend: AutoScalingBackend, request: TemplateRequest) -> None:
    """Refuse a template that cannot launch: AWS tries it when a group is set to it.

    Raises:
        ValidationError: no such version, or an image that does not exist.
    """
    try:
        image_of(backend.ec2_backend, resolved(backend.ec2_backend, request).data)
    except LaunchError as failure:
        raise ValidationError(
            f"You must use a valid fully-formed launch template. {failure}"
        ) from failure


def check_source(backend: AutoScalingBackend, params: dict[str, Any]) -> None:
    """Refuse a group that has not exactly one thing to launch from, or one that cannot launch.

    Raises:
        ValidationError: no template and no configuration, both, or one that is not there.
    """
    name = params.get("LaunchConfigurationName")
    if name is None:
        check_launchable(backend, asked_template(backend, params.get("LaunchTemplate")))
        return
    if params.get("LaunchTemplate"):
        raise ValidationError(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, "
            "InstanceId or MixedInstancesPolicy parameter."
        )
    if name not in backend.launch_configurations:
        raise ValidationError(
            f"Launch configuration name not found - Launch configuration {name} not found"
        )
