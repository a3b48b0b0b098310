"""The targets that are registered, as a fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollout.fleet import IN_SERVICE, Fleet, FleetKind, FleetMember
from rollout.observation import DRAINING, Target


class RegisteredFleets:
    """Makes a fleet of the targets of a target group, draining ones left out."""

    def __init__(self, kind: FleetKind) -> None:
        self.kind = kind

    def read(self, targets: Mapping[str, Sequence[Target]]) -> Mapping[str, Fleet | None]:
        """A fleet for each target group, empty ones too: it wants what is registered."""
        return {arn: self._fleet(arn, found) for arn, found in targets.items()}

    def _fleet(self, arn: str, targets: Sequence[Target]) -> Fleet:
        registered = [target for target in targets if target.state != DRAINING]
        return Fleet(
            kind=self.kind,
            name=arn,
            region=arn.split(":")[3],
            desired=len(registered),
            least=len(registered),
            most=None,
            floor=0,
            pinned=None,
            revision=None,
            members=tuple(FleetMember(target.id, IN_SERVICE, None) for target in registered),
        )
