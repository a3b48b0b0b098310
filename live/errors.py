"""Why AWS could not be read.

LiveError
├── UnreachableError         AWS does not answer: network, endpoint, a service that is down
├── ThrottledError           AWS throttles the calls
├── ExpiredCredentialsError  the credentials have expired
├── NoCredentialsError       there are none, or AWS does not know them
├── AccessDeniedError        the credentials have no permission
├── WrongAccountError        the credentials are of an account that the stack does not allow
├── RuleGoneError            a rule that the stack has recorded does not exist
├── ProviderConfigError      the stack's `aws:` config has something that is not supported here
└── UnreadableError          any other answer
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

import botocore.exceptions as boto
from botocore.parsers import ResponseParserError

from rollout.command import REFRESH, UP

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "SlowDown",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
    }
)
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_NOBODY = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidAccessKeyId",
        "MissingAuthenticationToken",
    }
)
_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"}
)
_DOWN = frozenset(
    {"ServiceUnavailable", "Unavailable", "InternalFailure", "InternalError", "InternalServerError"}
)


class LiveError(Exception):
    """Base of every error that this package raises; its text is for a person."""

    fix = ""
    """What to do; empty if the text has it."""


class UnreachableError(LiveError):
    """AWS gave no answer, or reports that it is down."""

    fix = "wait until AWS answers, then run it again"


class ThrottledError(LiveError):
    """AWS throttles the calls."""

    fix = "wait until AWS answers, then run it again"


class ExpiredCredentialsError(LiveError):
    """The credentials have expired."""


class NoCredentialsError(LiveError):
    """There are no credentials, or AWS does not know them."""


class AccessDeniedError(LiveError):
    """The credentials are valid but have no permission."""


class WrongAccountError(LiveError):
    """The credentials are valid but of an account that the stack does not allow."""


class RuleGoneError(LiveError):
    """A listener rule that the stack has recorded does not exist."""

    fix = f"{REFRESH.then(UP)}   # recreates it, at the split of the config"


class ProviderConfigError(LiveError):
    """The stack's `aws:` config has something that is not supported here."""


class UnreadableError(LiveError):
    """AWS refused in another way, or returned an unexpected answer."""


TRANSIENT = (UnreachableError, ThrottledError)
"""Errors that may be gone a moment later, so a retry is worthwhile."""


def transient_in(text: str) -> LiveError | None:
    """The transient error in the text of another client of AWS, by AWS's error code in it.

    Source: AWS SDK for Go v2, smithy-go's `OperationError`, which ends in `api error CODE: ...`.
    """
    words = set(re.findall(r"[A-Za-z0-9]+", text))
    if words & _THROTTLED:
        return ThrottledError(f"AWS throttles the calls ({text})")
    if words & _DOWN:
        return UnreachableError(f"AWS answers that it is down ({text})")
    return None


def denied_in(text: str, identity: str, action: str) -> AccessDeniedError | None:
    """The denial in the text of another client of AWS, with who was denied and what to grant.

    Args:
        text: The client's whole text.
        identity: Whose credentials they are, if the text does not name them.
        action: What was asked for, if the text does not name it.

    Source: IAM User Guide, "Troubleshoot access denied error messages".
    """
    if not _DENIED & set(re.findall(r"[A-Za-z0-9]+", text)):
        return None
    found = re.search(r"not authorized to perform: ([a-z0-9-]+:\w+)", text)
    denied = found[1] if found else action
    user = re.search(r"User: (arn:\S+)", text)
    who = user[1] if user else identity
    error = AccessDeniedError(f"access denied: {who} may not {denied} ({text})")
    if "explicit deny" in text:
        error.fix = f"take the deny of {denied} away from {who}: a grant does not lift it"
    else:
        statement = f'{{"Effect": "Allow", "Action": "{denied}", "Resource": "*"}}'
        whole = "docs/ci/preview-role.json is all that a preview takes"
        error.fix = f"have {statement} granted to {who}; {whole}"
    return error


@contextmanager
def translated() -> Generator[None]:
    """Raise botocore's errors as a `LiveError`.

    Raises:
        LiveError: the matching one.
    """
    try:
        yield
    except boto.ClientError as error:
        raise _from_answer(error) from error
    except (
        boto.SSOTokenLoadError,
        boto.TokenRetrievalError,
        boto.UnauthorizedSSOTokenError,
    ) as error:
        raise ExpiredCredentialsError(
            f"the AWS credentials have expired ({error}): log in again, then run it again"
        ) from error
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
    ) as error:
        raise NoCredentialsError(
            f"no AWS credentials ({error}): log in, or name a profile "
            "(AWS_PROFILE, or the stack's aws:profile)"
        ) from error
    except boto.ProfileNotFound as error:
        raise NoCredentialsError(
            f"{error}: name one that there is (AWS_PROFILE, or the stack's aws:profile)"
        ) from error
    except (boto.ConnectionError, boto.HTTPClientError) as error:
        raise UnreachableError(f"AWS cannot be reached: {error}") from error
    except ResponseParserError as error:  # of botocore, and none of its BotoCoreErrors
        raise UnreachableError(
            "what answers in the place of AWS is not AWS: is a proxy or AWS_ENDPOINT_URL in "
            f"between? ({error})"
        ) from error
    except boto.BotoCoreError as error:
        raise UnreadableError(f"AWS cannot be read: {error}") from error


def _from_answer(error: boto.ClientError) -> LiveError:
    """The error for AWS's code. Source: "Common errors" of each service's API reference."""
    answer = error.response.get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    text = f"{error.operation_name}: {code}: {message}"
    if code in _THROTTLED:
        return ThrottledError(f"AWS throttles the calls ({text})")
    if code in _EXPIRED:
        return ExpiredCredentialsError(
            f"the AWS credentials have expired ({text}): log in again, then run it again"
        )
    if code in _NOBODY:
        return NoCredentialsError(f"AWS does not know these credentials ({text}): log in again")
    if code in _DENIED:
        return AccessDeniedError(
            f"access denied ({text}): these credentials need the permission {_action(error)}"
        )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _DOWN or status >= 500:
        return UnreachableError(f"AWS answers that it is down ({text})")
    return UnreadableError(f"AWS refused to be read ({text})")


def _action(error: boto.ClientError) -> str:
    """The IAM action of a call. Source: Service Authorization Reference."""
    operation = error.operation_name
    if operation.startswith("AssumeRole"):
        return f"sts:{operation}"
    if operation in {"GetMetricData", "DescribeAlarms"}:
        return f"cloudwatch:{operation}"
    if "LaunchTemplate" in operation or operation == "DescribeImages":
        return f"ec2:{operation}"
    if "AutoScaling" in operation or "LaunchConfiguration" in operation:
        return f"autoscaling:{operation}"
    return f"elasticloadbalancing:{operation}"
