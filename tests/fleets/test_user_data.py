"""The user data of a slot: its identity, and the team's beside it, as cloud-init reads them."""

from __future__ import annotations

import base64
import email
import email.policy
from email.message import EmailMessage
from typing import cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fleets.auto_scaling_group.user_data import IDENTITY_FILE, MOST_BYTES, rejected, user_data
from rehearsal.instances.cloud_init import files_of
from rollout.split import Slot

SCRIPT = "#!/bin/sh\nsystemctl start web\n"
CONFIG = "#cloud-config\nwrite_files:\n  - path: /etc/app/ready\n    content: ready\n"
STRICT = email.policy.strict.clone(raise_on_defect=True)

bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def decoded(own: str | None, slot: Slot = Slot.SECOND) -> str:
    return base64.b64decode(user_data("prd", "web", slot, 8080, own)).decode()


def parts_of(own: str) -> list[EmailMessage]:
    """The parts as a parser returns them that raises at the first defect."""
    message = email.message_from_string(decoded(own), policy=STRICT)
    assert message.get_content_type() == "multipart/mixed"
    return cast("list[EmailMessage]", list(message.iter_parts()))


def text_of(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_without_user_data_of_the_team_the_identity_stays_byte_for_byte() -> None:
    assert decoded(None) == (
        "#cloud-config\n"
        "write_files:\n"
        "  - path: /etc/failover/slot.env\n"
        '    permissions: "0644"\n'
        "    content: |\n"
        "      FAILOVER_ENVIRONMENT=prd\n"
        "      FAILOVER_SERVICE=web\n"
        "      FAILOVER_SLOT=02\n"
        "      FAILOVER_PORT=8080\n"
    )


@given(bodies)
@pytest.mark.parametrize(
    ("start", "content_type"),
    [("#!/bin/sh\n", "text/x-shellscript"), ("#cloud-config\n", "text/cloud-config")],
)
def test_both_parts_come_out_of_a_strict_parser_as_they_went_in(
    start: str, content_type: str, body: str
) -> None:
    identity, own = parts_of(start + body)

    assert (identity.get_content_type(), text_of(identity)) == ("text/cloud-config", decoded(None))
    assert (own.get_content_type(), text_of(own)) == (content_type, start + body)


def test_the_same_user_data_is_the_same_bytes_and_another_is_not() -> None:
    assert decoded(SCRIPT) == decoded(SCRIPT)
    assert decoded(SCRIPT) != decoded(SCRIPT + "\n")
    assert decoded(SCRIPT, Slot.FIRST) != decoded(SCRIPT, Slot.SECOND)


def test_the_identity_and_the_files_of_the_team_are_both_written() -> None:
    assert files_of(decoded(CONFIG)) == (IDENTITY_FILE, "/etc/app/ready")


def test_without_its_merge_type_the_files_of_the_team_would_replace_the_identity() -> None:
    replaced = "\n".join(
        line for line in decoded(CONFIG).splitlines() if not line.startswith("Merge-Type:")
    )

    assert files_of(replaced) == ("/etc/app/ready",)


def test_cloud_config_stays_yaml() -> None:
    _, own = parts_of(CONFIG)

    assert yaml.safe_load(text_of(own)) == yaml.safe_load(CONFIG)


def test_the_limit_holds_for_both_together() -> None:
    room = MOST_BYTES - len(decoded(SCRIPT).encode()) - len("65535") + len("8080")
    fits, over = SCRIPT + "#" * room, SCRIPT + "#" * (room + 1)

    assert rejected(fits, "prd", "web", Slot.SECOND) is None
    assert "at most 16384 bytes" in (rejected(over, "prd", "web", Slot.SECOND) or "")


@pytest.mark.parametrize(
    "own",
    [
        "",
        "echo without a first line\n",
        "#include\nhttps://shop.example/boot\n",
        "#cloud-config-archive\n- type: text/x-shellscript\n",
        "#cloud-boothook\n#!/bin/sh\n",
        "## template: jinja\n#cloud-config\n",
        "Content-Type: multipart/mixed; boundary=a\nMIME-Version: 1.0\n",
        "\ufeff#!/bin/sh\n",
        " #!/bin/sh\n",
    ],
)
def test_another_kind_of_user_data_is_refused(own: str) -> None:
    expected = rejected(own, "prd", "web", Slot.SECOND)

    assert expected == "a shell script, from `#!`, or cloud-config, from `#cloud-config`"


@pytest.mark.parametrize("line", ["merge_how: x", "merge_type: x", '"merge_how": x'])
def test_cloud_config_that_decides_how_it_is_merged_is_refused(line: str) -> None:
    expected = rejected(f"#cloud-config\n{line}\n", "prd", "web", Slot.SECOND)

    assert "without merge_how" in (expected or "")
