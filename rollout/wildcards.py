"""What patterns with `*` and `?` match together: whether one list takes all that another does.

A backslash takes either wildcard literally.
Source: ELB user guide, "Condition types for listener rules".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_ONE, _ANY, _END = "one character", "any characters", "the end"
"""Tokens; every other token is one literal character."""
_OTHER = ""
"""Stands for every character that none of the compared patterns names next."""

_States = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Automaton:
    """Patterns as one automaton: a state is a place before a token."""

    tokens: tuple[str, ...]
    starts: _States

    @classmethod
    def of(cls, patterns: Sequence[str]) -> _Automaton:
        tokens: list[str] = []
        starts: set[int] = set()
        for pattern in patterns:
            starts.add(len(tokens))
            tokens += [*_tokens(pattern), _END]
        made = cls(tuple(tokens), frozenset())
        return cls(made.tokens, made.reached(starts))

    def reached(self, states: Iterator[int] | set[int]) -> _States:
        """The states, and those that are reached without a character."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                if self.tokens[state] is _ANY:
                    waiting.append(state + 1)
        return frozenset(found)

    def after(self, states: _States, character: str) -> _States:
        """Where one more character leads."""
        following: set[int] = set()
        for state in states:
            token = self.tokens[state]
            if token is _ANY:
                following.add(state)
            elif token is _ONE or (token is not _END and token == character):
                following.add(state + 1)
        return self.reached(following)

    def accepts(self, states: _States) -> bool:
        """Whether a text that ends here is matched."""
        return any(self.tokens[state] is _END for state in states)

    def takes_all(self, states: _States) -> bool:
        """Whether every text that goes on from here is matched."""
        return any(
            self.tokens[state] is _ANY and self.tokens[state + 1] is _END for state in states
        )

    def named(self, states: _States) -> set[str]:
        """The literal characters that are asked for next."""
        return {self.tokens[state] for state in states} - {_ONE, _ANY, _END}


def covers(ours: Sequence[str], theirs: Sequence[str], first: str = "") -> bool:
    """Whether every text that one of `theirs` matches is matched by one of `ours`, exactly.

    Args:
        ours: Patterns.
        theirs: Patterns.
        first: The character that every text begins with; empty where it may be any text.
    """
    samples = [_sample(pattern, first) for pattern in theirs]
    if not all(text is None or _matches_one(ours, text) for text in samples):
        return False  # Nearly every pair of rules ends here.
    wide, narrow = _Automaton.of(ours), _Automaton.of(theirs)
    return not any(
        narrow.accepts(states) and not wide.accepts(wide_states)
        for wide_states, states in _pairs(wide, narrow, first)
    )


def overlap(ours: Sequence[str], theirs: Sequence[str], first: str = "") -> bool:
    """Whether some text is matched by one of `ours` and by one of `theirs`; `first` as above."""
    one, other = _Automaton.of(ours), _Automaton.of(theirs)
    return any(
        one.accepts(states) and other.accepts(other_states)
        for states, other_states in _pairs(one, other, first, both=True)
    )


def _pairs(
    wide: _Automaton, narrow: _Automaton, first: str, *, both: bool = False
) -> Iterator[tuple[_States, _States]]:
    """The states that both are in after the same text, for every text that `narrow` may take.

    With `both` only for texts that `wide` may take, too; without it not for those that follow a
    text after which `wide` takes everything.
    """
    start = wide.starts, narrow.starts
    waiting = [(start, {first} if first else None)]
    seen: set[tuple[_States, _States]] = set()
    if not first:
        seen.add(start)
        yield start
    while waiting:
        (wide_states, states), only = waiting.pop()
        for character in only or {_OTHER, *wide.named(wide_states), *narrow.named(states)}:
            pair = wide.after(wide_states, character), narrow.after(states, character)
            if pair in seen or not pair[1] or (both and not pair[0]):
                continue
            seen.add(pair)
            yield pair
            if both or not wide.takes_all(pair[0]):
                waiting.append((pair, None))


def _tokens(pattern: str) -> Iterator[str]:
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            yield next(characters, "\\")
        else:
            yield {"*": _ANY, "?": _ONE}.get(character, character)


def _sample(pattern: str, first: str) -> str | None:
    """A text that the pattern matches; None where it matches none that begins with `first`."""
    tokens = list(_tokens(pattern))
    if first and tokens and tokens[0] is _ONE:
        tokens[0] = first
    text = "".join({_ANY: "", _ONE: "x"}.get(token, token) for token in tokens)
    if text.startswith(first):
        return text
    return first + text if tokens and tokens[0] is _ANY else None


def _matches_one(patterns: Sequence[str], text: str) -> bool:
    automaton = _Automaton.of(patterns)
    states = automaton.starts
    for character in text:
        states = automaton.after(states, character)
    return automaton.accepts(states)


def plain_text(pattern: str) -> str:
    """A text that a pattern takes: `*` as nothing, `?` as `x`, and what a backslash precedes."""
    characters = iter(pattern)
    return "".join(
        next(characters, "\\") if each == "\\" else {"*": "", "?": "x"}.get(each, each)
        for each in characters
    )
