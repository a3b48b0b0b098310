"""What an inspection can fail with.

InspectError                 the base; `exit_code` says how the command ends
├── NotReadableError         credentials, region, permission or AWS itself: nothing was learned
└── WrongLoadBalancerError   there is no such load balancer, or it is no Application Load Balancer
"""

from __future__ import annotations

from typing import ClassVar


class InspectError(Exception):
    """Base of every error here; its text says what is wrong and what fixes it."""

    exit_code: ClassVar[int] = 2


class NotReadableError(InspectError):
    """AWS gave no answer to build on."""

    exit_code: ClassVar[int] = 3


class WrongLoadBalancerError(InspectError):
    """What `--load-balancer` names will not do."""
