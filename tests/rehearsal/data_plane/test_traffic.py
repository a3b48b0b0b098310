"""Traffic follows the control plane: raw boto3 on one side, real requests on the other."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing

from rehearsal.control_plane.images import GOOD_BUILDS
from tests.rehearsal.data_plane.browser import Connection
from tests.rehearsal.data_plane.world import Rehearsed, eventually

V1, V2, V3 = (image.image_id for image in GOOD_BUILDS)


def connection(aws: Rehearsed, host: str) -> closing[Connection]:
    return closing(Connection(host, aws.https_port, aws.ca))


def test_a_weight_change_moves_new_requests_on_old_connections_within_a_second(
    aws: Rehearsed,
) -> None:
    old, new = aws.target_group(), aws.target_group()
    rule = aws.rule("shift.example.test", (old, 100), (new, 0))
    aws.group(V1, old)
    aws.group(V2, new)
    aws.wait_for(old, "healthy")
    aws.wait_for(new, "healthy")
    with connection(aws, "shift.example.test") as kept:
        before = {kept.get()["x-build"] for _ in range(20)}

        aws.shift(rule, (old, 0), (new, 100))
        changed = time.monotonic()
        eventually(lambda: kept.get()["x-build"] == "v2", "traffic on v2", 1.0)
        took = time.monotonic() - changed

        after = Counter(kept.get()["x-build"] for _ in range(50))
    assert before == {"v1"}
    assert took < 1.0
    assert after == {"v2": 50}
