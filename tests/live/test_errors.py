"""What boto3 raises, in words that lead on."""

from __future__ import annotations

import pytest
from botocore.parsers import ResponseParserError

from live.errors import UnreachableError, translated


def test_an_answer_that_is_no_aws_answer_is_told_as_such() -> None:
    page = ResponseParserError("Unable to parse response, invalid XML received: b'<html>'")

    with pytest.raises(UnreachableError, match=r"is not AWS: is a proxy .*<html>"), translated():
        raise page
