from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout.pending_creation import (
    Made,
    PendingCreation,
    foreign,
    pending_creations,
    repair,
    words_of,
)

URN = "urn:pulumi:prod::failover::failover:index:Service$failover:index:Slot"
PARENT = f"{URN}::web-02"
GROUP = f"{URN}$aws:autoscaling/group:Group::web-02"
CREATION = PendingCreation(GROUP, {"name": "web-02-asg"}, PARENT)

found = st.lists(
    st.builds(Made, st.just(CREATION), st.none() | st.sampled_from(["web-02-asg"]), st.booleans())
)


def operation(kind: str, urn: str) -> dict[str, Any]:
    return {"type": kind, "resource": {"urn": urn, "inputs": {"name": "x"}, "parent": PARENT}}


def test_only_creations_are_read_of_what_is_pending() -> None:
    operations = [operation("creating", GROUP), operation("updating", PARENT)]

    assert pending_creations({"pending_operations": operations}) == (
        PendingCreation(GROUP, {"name": "x"}, PARENT),
    )
    assert pending_creations({}) == pending_creations({"pending_operations": None}) == ()


def test_the_command_imports_below_the_parent_what_was_made_and_then_forgets_the_rest() -> None:
    assert str(repair("prod", [Made(CREATION, "web-02-asg")])) == (
        "pulumi import --stack prod --yes --skip-preview --generate-code=false --protect=false "
        f"--parent 'parent={PARENT}' aws:autoscaling/group:Group web-02 web-02-asg && "
        "pulumi refresh --stack prod --yes --skip-preview --clear-pending-creates"
    )


def test_what_hangs_on_the_stack_itself_is_imported_without_a_parent() -> None:
    stack = "urn:pulumi:prod::failover::pulumi:pulumi:Stack::failover-prod"
    creation = PendingCreation("urn:pulumi:prod::failover::aws:s3/bucket:Bucket::logs", {}, stack)

    assert "--parent" not in str(repair("prod", [Made(creation, "logs")]))


@given(found)
def test_the_command_ends_by_forgetting_and_imports_only_what_is_there_and_own(
    made: list[Made],
) -> None:
    *imports, last = repair("prod", made).steps

    assert last[-1] == "--clear-pending-creates"
    assert len(imports) == sum(each.id is not None and each.is_own for each in made)
    assert all("prod" in step for step in (*imports, last))


@given(found)
def test_no_command_is_printed_while_somebody_else_has_the_name(made: list[Made]) -> None:
    told = words_of("prod", made)

    assert ("pulumi refresh" in told) is not bool(foreign(made))
