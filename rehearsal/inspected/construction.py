"""Makes in the local AWS what was selected of an inspected account, by the AWS API.

It has the ids and ARNs of the account, which the stack file names. One thing is made after another,
in the order in which they need each other.
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.account import images_of
from rehearsal.errors import NotSupportedError
from rehearsal.inspected.load_balancing import (
    make_listener,
    make_load_balancer,
    make_target_group,
)
from rehearsal.inspected.network import make_network, make_security_groups
from rehearsal.inspected.scaling import make_fleet, make_template
from rehearsal.inspected.servers import register_targets
from rehearsal.inspected.site import ConstructionSite


def construct(site: ConstructionSite) -> tuple[str, ...]:
    """Make all of the selection; what differs from the account, a sentence each.

    Raises:
        NotSupportedError: the local AWS refused a part of it.
    """
    try:
        _make_all(site)
    except (ClientError, BotoCoreError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise NotSupportedError(
            f"the inspected account cannot be made in the local AWS: {reason}\n"
            "  expected: what `failover inspect --json` printed, unchanged\n"
            "  fix:      inspect again; if the error stays, the rehearsal does not support what "
            "it names"
        ) from error
    return tuple(site.notes)


def _make_all(site: ConstructionSite) -> None:
    # The first call makes the region's own network, which must not get a given id.
    images_of(site.endpoint, site.account.region)
    make_network(site)
    make_security_groups(site)
    make_load_balancer(site)
    for group in site.selection.groups:
        make_target_group(site, group)
    for listener in site.selection.listeners:
        make_listener(site, listener)
    register_targets(site)
    for template in site.selection.templates:
        make_template(site, template)
    for fleet in site.selection.fleets:
        make_fleet(site, fleet)
