import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.deploy.cli import refusal
from ops.deploy.merge import MergedWeights, stale_services
from ops.errors import InputError
from rollout.split import Split

splits = st.integers(0, 100).map(lambda weight: Split(weight, 100 - weight))


def stack_file(common: str = "100/0", web: str | None = None) -> str:
    own = f"\n      weights: {web}" if web else ""
    return (
        "config:\n"
        f"  failover:weights: {common}\n"
        "  failover:services:\n"
        "    portal:\n      port: 8080\n"
        f"    web:\n      port: 8080{own}\n"
    )


def merged(common: str = "100/0", web: str | None = None) -> MergedWeights:
    return MergedWeights.parse(stack_file(common, web), "Pulumi.prod.yaml")


def live(split: str) -> dict[str, str]:
    return {"portal": split, "web": split}


def test_a_merge_with_older_weights_than_the_live_ones_is_stopped_with_both_values() -> None:
    stale = stale_services(merged("100/0"), merged("100/0"), live("75/25"))

    text = refusal("prod", stale)

    assert [each.service for each in stale] == ["portal", "web"]
    assert "web: live 75/25, merged 100/0, and the merge did not change it" in text
    assert "pulumi config set --stack prod 'failover:weights' 75/25" in text


def test_a_merge_that_changes_the_weights_may_be_deployed() -> None:
    assert stale_services(merged("90/10"), merged("100/0"), live("100/0")) == ()


def test_a_merge_of_what_is_live_may_be_deployed() -> None:
    assert stale_services(merged("75/25"), merged("75/25"), live("75/25")) == ()


def test_where_nobody_knows_what_was_before_a_difference_stops() -> None:
    stale = stale_services(merged("100/0"), None, live("75/25"))

    assert len(stale) == 2
    assert "merged 100/0, and the value before the merge is unknown" in refusal("prod", stale)


def test_live_weights_that_no_config_holds_have_no_command_that_would_be_refused() -> None:
    there = "60/40 and target group other"
    text = refusal("acme/prod", stale_services(merged(), merged(), {"web": there}))

    assert "no config holds these: failover status --stack acme/prod --drift" in text
    assert "pulumi config set" not in text


def test_the_file_to_commit_is_the_stacks_own_however_the_stack_is_named() -> None:
    text = refusal("acme/prod", stale_services(merged(), merged(), live("75/25")))

    assert "then commit Pulumi.prod.yaml" in text


def test_before_the_first_deployment_nothing_can_be_moved_back() -> None:
    assert stale_services(merged("100/0"), merged("100/0"), {}) == ()


def test_a_services_own_weights_are_its_own_and_so_is_the_command_that_fixes_them() -> None:
    both = merged("100/0", web="50/50")

    (stale,) = stale_services(both, both, {"portal": "100/0", "web": "25/75"})

    assert "--path 'failover:services[\"web\"].weights' 25/75" in refusal("dev", (stale,))


def test_weights_of_its_own_that_say_what_the_common_ones_said_are_no_change() -> None:
    own, common = merged("75/25", web="75/25"), merged("75/25")

    assert len(stale_services(own, common, {"web": "50/50"})) == 1


@given(base=splits, now=splits, there=splits)
def test_a_merge_is_stopped_exactly_when_it_would_move_what_it_did_not_change(
    base: Split, now: Split, there: Split
) -> None:
    weights = [MergedWeights({"web": split}, frozenset()) for split in (now, base)]

    stale = stale_services(weights[0], weights[1], {"web": str(there)})

    assert bool(stale) is (now == base and now != there)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "cannot be read: line 1, column 5"),
        ("a: b", "has no `config`"),
        (stack_file("75/26"), "sum to 101"),
        (stack_file("half"), "'half'"),
    ],
)
def test_what_is_no_stack_file_is_said_with_its_name(text: str, said: str) -> None:
    with pytest.raises(InputError, match=r"Pulumi\.prod\.yaml") as caught:
        MergedWeights.parse(text, "Pulumi.prod.yaml")

    assert said in str(caught.value)
