"""Reads what the config names as existing from AWS, through the stack's provider."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pulumi_aws as aws

from components.guards.reader import Retry
from live.errors import denied_in, transient_in
from live.launch_templates import find_template
from settings.lookup import (
    GroupFacts,
    LaunchTemplateVersion,
    ListenerFacts,
    LoadBalancerFacts,
    LookupFailedError,
    ParameterFacts,
    SubnetFacts,
    TargetGroupFacts,
    TemplateFacts,
    read_project_file,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

T = TypeVar("T")


class ProviderLookups:
    """`settings.lookup.Lookups` by the provider's functions.

    They use the provider of the resources: the same region, account, credentials and endpoint.
    """

    def __init__(
        self,
        retry: Retry,
        check_credentials: Callable[[], str],
        compute: Callable[[], EC2Client],
        folder: Path,
    ) -> None:
        """Hold what a lookup needs.

        Args:
            retry: Repeats a lookup after a transient error.
            check_credentials: Returns the ARN of the identity; raises a `LiveError` if the
                credentials are invalid.
            compute: Opens a client for what the provider has no function for.
            folder: The folder with Pulumi.yaml.
        """
        self._retry = retry
        self._check_credentials = check_credentials
        self._compute = compute
        self._folder = folder

    def _asked(self, ask: Callable[[], T], action: str) -> T:
        return self._retry.ask(lambda: answered(ask, self._check_credentials, action))

    def subnet(self, subnet_id: str) -> SubnetFacts:
        """Source: EC2 API, DescribeSubnets."""
        found = self._asked(lambda: aws.ec2.get_subnet(id=subnet_id), "ec2:DescribeSubnets")
        return SubnetFacts(found.vpc_id, found.availability_zone)

    def load_balancer(self, arn: str) -> LoadBalancerFacts:
        """Source: ELBv2 API, DescribeLoadBalancers."""
        found = self._asked(
            lambda: aws.lb.get_load_balancer(arn=arn), "elasticloadbalancing:DescribeLoadBalancers"
        )
        return LoadBalancerFacts(
            arn=found.arn,
            arn_suffix=found.arn_suffix,
            dns_name=found.dns_name,
            load_balancer_type=found.load_balancer_type,
            vpc_id=found.vpc_id,
            security_group_ids=frozenset(found.security_groups),
        )

    def listener(self, arn: str) -> ListenerFacts:
        """Source: ELBv2 API, DescribeListeners."""
        found = self._asked(
            lambda: aws.lb.get_listener(arn=arn), "elasticloadbalancing:DescribeListeners"
        )
        return ListenerFacts(found.load_balancer_arn, found.protocol)

    def target_group(self, name_or_arn: str) -> TargetGroupFacts:
        """Source: ELBv2 API, DescribeTargetGroups and DescribeTargetGroupAttributes."""
        found = self._asked(
            lambda: (
                aws.lb.get_target_group(arn=name_or_arn)
                if name_or_arn.startswith("arn:")
                else aws.lb.get_target_group(name=name_or_arn)
            ),
            "elasticloadbalancing:DescribeTargetGroups",
        )
        return TargetGroupFacts(
            arn=found.arn,
            arn_suffix=found.arn_suffix,
            vpc_id=found.vpc_id,
            target_type=found.target_type,
            has_stickiness=found.stickiness.enabled,
        )

    def auto_scaling_group(self, name: str) -> GroupFacts:
        """Source: Auto Scaling API, DescribeAutoScalingGroups."""
        found = self._asked(
            lambda: aws.autoscaling.get_group(name=name), "autoscaling:DescribeAutoScalingGroups"
        )
        return GroupFacts(
            found.name,
            frozenset(found.target_group_arns),
            has_weights=any(
                override.weighted_capacity not in ("", "1")
                for policy in found.mixed_instances_policies or ()
                for template in policy.launch_templates
                for override in template.overrides
            ),
        )

    def parameter(self, name: str) -> ParameterFacts:
        """Source: SSM API, GetParameter, whose Name takes `name:version`."""
        found = self._asked(
            lambda: aws.ssm.get_parameter(name=name, with_decryption=False), "ssm:GetParameter"
        )
        return ParameterFacts(found.value)

    def launch_template(self, version: LaunchTemplateVersion) -> TemplateFacts:
        """Source: EC2 API, DescribeLaunchTemplateVersions.

        By boto3: the provider's function reads the default and the latest version alone.
        """
        compute = self._compute()
        found = self._retry.ask(
            lambda: find_template(
                compute, version.number, template_id=version.id, name=version.name
            )
        )
        if found is None:
            raise LookupFailedError(
                f"there is no {version.template} in {compute.meta.region_name} of this account"
            )
        return TemplateFacts(found.data, found.latest, found.latest_data)

    def project_file(self, path: str) -> bytes:
        """From the disk: AWS is not asked."""
        return read_project_file(self._folder, path)


def answered(ask: Callable[[], T], check_credentials: Callable[[], str], action: str) -> T:
    """What `ask` returns.

    Args:
        ask: Calls the provider.
        check_credentials: Returns the identity's ARN; raises where the credentials lead nowhere.
        action: The IAM action that `ask` takes, for an AWS that denies it without naming it.

    Raises:
        LiveError: AWS throttles, is down or denies it; or what `check_credentials` raises, since a
            missing answer then proves nothing about what was asked.
        LookupFailedError: the provider has no answer. The SDK raises a bare `Exception` with the
            provider's text for it, and nothing else to recognise it by.
    """
    try:
        return ask()
    except Exception as error:
        identity = check_credentials()
        text = trimmed(str(error).rpartition("returned an error: ")[2])
        refusal = transient_in(text) or denied_in(text, identity, action)
        raise (refusal or LookupFailedError(text)) from error


def trimmed(text: str) -> str:
    """The provider's text on one line, without the frame that the bridge puts around it.

    Source: pulumi-terraform-bridge pkg/tfbridge/provider.go, which joins errors by go-multierror.
    """
    text = re.sub(r"^invoking [\w:/.-]+: ", "", text.strip())
    text = re.sub(r"^\d+ errors? occurred:\s*\* ", "", text)
    parts = (" ".join(part.split()).rstrip(" :") for part in re.split(r"\n\s*\* ", text))
    return "; ".join(part for part in parts if part)
