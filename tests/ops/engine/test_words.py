from __future__ import annotations

from ops.engine.words import errors_in, is_refused_by_guard

REFUSED = """\
Updating (rehearsal):
    pulumi:pulumi:Stack failover-rehearsal running
Diagnostics:
  aws:lb:ListenerRule (web):
    error: judgement: refused: web: 90/10 -> 75/25: web-02 has 1 of 3 healthy
      fix: pulumi config set weights 90/10
Resources:
    54 unchanged
Duration: 3s
"""


def test_of_a_failed_update_only_the_diagnostics_are_told() -> None:
    assert errors_in(REFUSED).splitlines() == [
        "  aws:lb:ListenerRule (web):",
        "    error: judgement: refused: web: 90/10 -> 75/25: web-02 has 1 of 3 healthy",
        "      fix: pulumi config set weights 90/10",
    ]


def test_an_update_without_diagnostics_tells_what_it_wrote() -> None:
    assert errors_in("error: no stack named 'x' found\n") == "error: no stack named 'x' found"


def test_a_guards_no_is_told_from_a_failure() -> None:
    assert is_refused_by_guard(REFUSED)
    assert not is_refused_by_guard("error: Throttling: Rate exceeded")


def test_a_guards_no_for_a_weight_that_somebody_moved_is_not_for_a_machine_to_answer() -> None:
    surprise = "warning: surprise: web: 42/58 -> 75/25: somebody else moved traffic\n"

    assert not is_refused_by_guard(surprise + REFUSED)


def test_an_aws_that_the_guards_cannot_see_is_no_word_against_the_candidate() -> None:
    unseen = "error: judgement: refused: all services: unseen: AWS throttles the calls\n"

    assert not is_refused_by_guard(unseen)
