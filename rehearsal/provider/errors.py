"""What the provider refuses, and its messages.

ProviderError            one readable message for the person at the terminal
├── NotSupportedError    right in AWS, but not part of the rehearsal
├── ConfigurationError   a provider setting that cannot be honoured
├── WaitError            AWS did not reach the awaited condition in time
└── EngineGoneError       the engine that asked is gone, or asked to stop
"""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError


class ProviderError(Exception):
    """A refusal or failure whose text is the whole message for the person."""


class ProviderNotSupportedError(ProviderError):
    """The real provider has this; the rehearsal does not."""


class ConfigurationError(ProviderError):
    """A key of the provider's configuration is unknown or does not fit."""


class WaitError(ProviderError):
    """A condition that was awaited did not come within its limit."""


class EngineGoneError(ProviderError):
    """The engine that asked for this call is gone, or asked the provider to stop."""


def error_code(error: Exception) -> str:
    """AWS's code of an error, empty when AWS did not answer with one."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def is_aws_error(error: Exception, *codes: str) -> bool:
    """Whether AWS answered with one of these codes."""
    return error_code(error) in codes


def described(error: Exception) -> str:
    """One line with AWS's operation, code and text; other errors have their own."""
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        code, text = detail.get("Code", "unknown code"), detail.get("Message", "")
        return f"{error.operation_name}: {code}: {text}".rstrip(": ")
    if isinstance(error, EndpointConnectionError):
        return f"the local AWS does not answer: {error} `failover rehearse up` starts it."
    if isinstance(error, BotoCoreError):
        return f"{type(error).__name__}: {error}"
    return str(error)
