"""The guards of one run of the program."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from components.guards.errors import RefusedUpdateError
from components.guards.memory import Remembered
from components.guards.view import Search, View
from live.address import ServiceAddress
from live.errors import LiveError
from rollout.guard_case import GuardCase, GuardRules, Memory, WantedService
from rollout.judgement import Decision, Judgement, judged
from rollout.messages import given_up, notices, stopped, unseen
from rollout.notice import Notice, NoticeKind
from rollout.observation import LiveRule, LiveService, is_named
from rollout.split import TOTAL_WEIGHT, Slot, Split

_NOTHING = Judgement(())


class Guards:
    """One judgement for all services of the stack, from one sight of them.

    `look` comes before anything is declared, so that what is refused then changes nothing at all;
    `look_again` follows while the update waits.
    """

    def __init__(
        self,
        rules: GuardRules,
        wanted: Mapping[str, WantedService],
        remembered: Mapping[str, Remembered],
        search: Search,
        view: View,
        *,
        is_preview: bool,
    ) -> None:
        """Be ready; nothing is read yet.

        Args:
            rules: What the team has set.
            wanted: The services of the config.
            remembered: The services that the stack has; the others are made by this update.
            search: What to look for where the stack remembers nothing.
            view: AWS as it is.
            is_preview: Whether nothing is done, so that nothing is refused or waited for.
        """
        self.rules = rules
        self.is_preview = is_preview
        self.polls = 0
        self._removed = {n: _kept(n, f) for n, f in remembered.items() if n not in wanted}
        self._wanted = {**wanted, **self._removed}
        self._known = dict(remembered)
        self._search = search
        self._view = view
        self.judgement = _NOTHING
        self.seen_at = time.monotonic()
        self._live: dict[str, LiveRule] = {}

    def look(self) -> list[Notice]:
        """What there is to say of this run.

        Raises:
            RefusedError: it would change what must not be changed, or nobody can see.
        """
        try:
            self._see()
        except LiveError as error:
            return self._refused_or_told([self._unseen(error, "nothing is changed")])
        except KeyboardInterrupt as stop:
            raise RefusedUpdateError([stopped(self._left())]) from stop
        told = notices(self.judgement, self.rules.override, is_preview=self.is_preview)
        if self.judgement.verdict is Decision.REFUSED:
            return self._refused_or_told(told)
        return told

    def look_again(self) -> list[Notice]:
        """What there is to say after another poll; it counts those in a row that were good.

        Raises:
            RefusedError: it must not go on, or nobody can see.
        """
        try:
            services = self._view.services()
        except LiveError as error:
            raise RefusedUpdateError([self._unseen(error, "no rule was modified")]) from error
        self._judge(services)
        told = notices(self.judgement, self.rules.override, is_preview=False)
        if self.judgement.verdict is Decision.REFUSED:
            raise RefusedUpdateError(told)
        return told

    @property
    def is_settled(self) -> bool:
        """Whether an update may go on as things were last seen."""
        return self.judgement.verdict is Decision.PASSES

    def given_up(self, why: str) -> list[Notice]:
        """What there is to say where a wait ends without what it was for."""
        return given_up(self.judgement, why)

    @property
    def has_overridden(self) -> bool:
        """Whether the config's override lets something through here."""
        return any(service.overridden for service in self.judgement.services)

    @property
    def sees_traffic(self) -> bool:
        """Whether a service was live when it looked."""
        return bool(self._live)

    def last_raised(self, service: str, split: Split) -> Slot | None:
        """The slot that was raised last once the rule of `service` is at `split`."""
        for judged_service in self.judgement.services:
            if judged_service.case.wanted.name == service:
                return judged_service.last_raised_at(split)
        return self._known[service].memory.last_raised if service in self._known else None

    def live_weight(self, service: str, slot: Slot) -> int:
        """The live share of a slot, as it was last seen; 0 where there is no rule yet."""
        split = self._live[service].split if service in self._live else None
        return 0 if split is None else split.weight_of(slot)

    def read_rule(self, address: ServiceAddress) -> LiveRule:
        """The rule of a service as it is now.

        Raises:
            LiveError: AWS cannot be read.
        """
        return self._view.rule(address)

    def _see(self) -> None:
        if not self._known:
            found = self._view.find(self._search)
            self._known = {each.service: Remembered(each, Memory()) for each in found}
        if not self._known:
            return
        self._view.of([found.address for found in self._known.values()])
        rules = self._view.rules()
        self._live = {rule.service: rule for rule in rules}
        if not self._is_calm(rules):
            self._judge(self._view.services())

    def _is_calm(self, rules: Sequence[LiveRule]) -> bool:
        """Whether this run touches nothing that is guarded, so that there is no more to read."""
        return not self._removed and all(
            rule.split == self._known[rule.service].memory.state == self._wanted[rule.service].split
            and self._known[rule.service].memory.left == rule.split
            and all(self._is_kept(rule.service, slot) for slot in Slot)
            for rule in rules
        )

    def _is_kept(self, service: str, slot: Slot) -> bool:
        old, new = self._known[service].memory.slots[slot], self._wanted[service].slots[slot]
        if not is_named(new.target_group, old.target_group):
            return False
        if new.is_target_group_ours is not old.is_target_group_ours:
            return False
        return new.build is None is old.build or (
            (old.build, old.group_name, old.min_size, old.max_size)
            == (new.build, new.group_name, new.min_size, new.max_size)
        )

    def _judge(self, services: Sequence[LiveService]) -> None:
        """Judge by what was seen; a poll counts where only the number of polls is missing."""
        cases = [
            GuardCase(
                live,
                self._wanted[live.name],
                self._known[live.name].memory,
                is_removed=live.name in self._removed,
            )
            for live in services
        ]
        self._live = {live.name: live.rule for live in services}
        enough = judged(cases, self.rules, self.rules.healthy_polls)
        self.polls = self.polls + 1 if enough.verdict is Decision.PASSES else 0
        self.seen_at = time.monotonic()
        self.judgement = enough if self.is_preview else judged(cases, self.rules, self.polls)

    def _refused_or_told(self, told: list[Notice]) -> list[Notice]:
        if self.is_preview:
            return told
        raise RefusedUpdateError(told)

    def _unseen(self, error: LiveError, spared: str) -> Notice:
        kind = NoticeKind.WILL_BE_REFUSED if self.is_preview else NoticeKind.REFUSED
        return unseen(kind, str(error), spared, error.fix, self._left())

    def _left(self) -> list[tuple[WantedService, Split]]:
        """Every service with the split that the last update left."""
        left = {name: found.memory.left for name, found in self._known.items()}
        return [(self._wanted[name], split) for name, split in left.items() if split is not None]


def _kept(name: str, found: Remembered) -> WantedService:
    """A service that the config has no more, as if it stayed as it is."""
    memory = found.memory
    split = memory.left or memory.state or Split(TOTAL_WEIGHT, 0)
    return WantedService(name, split, has_own_weights=False, slots=memory.slots)
