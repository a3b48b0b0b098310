"""What the rehearsal's instances make of their user data."""

from __future__ import annotations

import base64

import pytest

from fleets.auto_scaling_group.user_data import IDENTITY_FILE, user_data
from rehearsal.control_plane.images import NEEDED_FILE
from rehearsal.instances.behaviour import identity_from
from rehearsal.instances.cloud_init import files_of, texts_of
from rollout.split import Slot

CONFIG = f"#cloud-config\nwrite_files:\n  - path: {NEEDED_FILE}\n"


@pytest.mark.parametrize(
    "own",
    [
        CONFIG,
        CONFIG + "    content: é\n",
        f"#!/bin/sh\nmkdir -p /etc/app\necho yes > {NEEDED_FILE}\n",
        f"#!/bin/sh\ntouch '{NEEDED_FILE}'\n",
        f"#!/bin/bash\nprintf é | tee -a {NEEDED_FILE} >/dev/null\n",
    ],
)
def test_an_instance_has_its_identity_and_the_file_of_the_second_part(own: str) -> None:
    text = base64.b64decode(user_data("prd", "web", Slot.SECOND, 8080, own)).decode()

    found = identity_from("i-1", "v2", text)

    assert (found.service, found.slot, found.port) == ("web", "02", 8080)
    assert set(found.files) >= {IDENTITY_FILE, NEEDED_FILE}


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("", ()),
        (CONFIG, (NEEDED_FILE,)),
        ("#!/bin/sh\necho /etc/app/ready\n", ()),
        ("#cloud-config\nwrite_files: [\n", ()),
        ("#cloud-config\n- a list\n", ()),
        ("some text", ()),
    ],
)
def test_user_data_without_mime_is_read_by_its_first_line(
    text: str, files: tuple[str, ...]
) -> None:
    assert files_of(text) == files
    assert texts_of(text) == (text,)


def test_a_part_without_a_type_of_its_own_is_read_by_its_first_line() -> None:
    text = (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain\n\n#!/bin/sh\ntouch {NEEDED_FILE}\n--b--\n"
    )

    assert files_of(text) == (NEEDED_FILE,)
