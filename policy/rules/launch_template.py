"""Launch templates: what an instance must not be born with."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policy import security_policy
from .resource_type import LAUNCH_TEMPLATE
from .value import has, is_off, is_on, section, sections, shown


def _open_metadata(args: ResourceValidationArgs) -> Iterator[str]:
    options = section(args.props, "metadataOptions")
    if options.get("httpEndpoint") == "disabled":
        return
    tokens = options.get("httpTokens")
    if tokens != "required":
        yield f'metadataOptions.httpTokens is {shown(tokens)}; expected "required", which is IMDSv2'


def _public_address(args: ResourceValidationArgs) -> Iterator[str]:
    interfaces = sections(args.props, "networkInterfaces")
    if not interfaces:
        yield (
            "networkInterfaces has none; expected one with associatePublicIpAddress: where it is "
            "not set, the subnet decides"
        )
    for index, interface in enumerate(interfaces):
        public = interface.get("associatePublicIpAddress")
        if not is_off(public):
            yield (
                f"networkInterfaces[{index}].associatePublicIpAddress is {shown(public)}; expected "
                '"false": where it is not set, the subnet decides'
            )


def _plain_volumes(args: ResourceValidationArgs) -> Iterator[str]:
    mappings = [
        (index, section(mapping, "ebs"))
        for index, mapping in enumerate(sections(args.props, "blockDeviceMappings"))
        if has(mapping, "ebs")
    ]
    if not mappings:
        yield (
            "blockDeviceMappings has no EBS volume; expected the root volume with "
            "ebs.encrypted: where there is none, the image decides"
        )
    for index, volume in mappings:
        encrypted = volume.get("encrypted")
        if not is_on(encrypted):
            yield (
                f'blockDeviceMappings[{index}].ebs.encrypted is {shown(encrypted)}; expected "true"'
            )


POLICIES = (
    security_policy(
        "launch-template-metadata",
        "FSBP EC2.170, EC2.8, CIS 3.0.0/5.6",
        "Instances give their metadata to session tokens only.",
        LAUNCH_TEMPLATE,
        _open_metadata,
    ),
    security_policy(
        "launch-template-public-address",
        "FSBP EC2.25",
        "Instances have no public address.",
        LAUNCH_TEMPLATE,
        _public_address,
    ),
    security_policy(
        "launch-template-volumes",
        "FSBP EC2.181, EC2.3",
        "Volumes of instances are encrypted.",
        LAUNCH_TEMPLATE,
        _plain_volumes,
    ),
)
