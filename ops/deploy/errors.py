"""The errors of the check before a deployment.

DeployError
├── DeployInputError   what was asked for is not there: a stack, a stack file, a commit
└── LiveUnknownError   what is live cannot be told: no backend, no AWS
"""

from __future__ import annotations


class DeployError(Exception):
    """Base of every error that this package raises."""


class DeployInputError(DeployError):
    """What was asked for is not there."""


class LiveUnknownError(DeployError):
    """What is live cannot be told, so nothing may be deployed."""
