"""Judges the update of every service, before anything is declared and while the update waits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from components.guards.errors import RefusedUpdateError
from components.guards.reader import GuardReader, Search
from components.guards.recorded_state import RememberedService
from live.address import ServiceAddress
from live.errors import LiveError
from rollout.guard_case import GuardCase, GuardRules, Memory, WantedService
from rollout.judgement import Decision, Judgement, judged
from rollout.messages import notices, stopped, unreadable, wait_failed
from rollout.notice import Notice, NoticeKind
from rollout.observation import LiveRule, LiveService, is_named
from rollout.split import TOTAL_WEIGHT, Slot, Split


class UpdateJudge:
    """One judgement for all services of the stack, from one reading of AWS.

    `judge` comes before anything is declared, so a refused update changes nothing at all.
    `judge_again` follows while the update waits.
    """

    def __init__(
        self,
        rules: GuardRules,
        wanted: Mapping[str, WantedService],
        remembered: Mapping[str, RememberedService],
        search: Search,
        reader: GuardReader,
        *,
        is_preview: bool,
    ) -> None:
        """Hold what to judge; AWS is not called before `judge`.

        Args:
            rules: The settings of the guards.
            wanted: The services of the config.
            remembered: The services that the stack has; the update creates the others.
            search: Where to look for the services if the stack has recorded none.
            reader: Reads AWS.
            is_preview: Whether nothing is changed, so that nothing is refused or waited for.
        """
        self.rules = rules
        self.is_preview = is_preview
        self.polls = 0
        """The consecutive polls in which every slot that gains weight was ready."""
        self.judgement = Judgement(())
        self.judged_at = time.monotonic()
        self._removed = {n: _unchanged(n, f) for n, f in remembered.items() if n not in wanted}
        self._wanted = {**wanted, **self._removed}
        self._known = dict(remembered)
        self._search = search
        self._reader = reader
        self._live: dict[str, LiveRule] = {}

    def judge(self) -> list[Notice]:
        """Read AWS and judge the update; returns what to report.

        Raises:
            RefusedUpdateError: the update may not begin, or AWS cannot be read.
        """
        try:
            self._read()
        except LiveError as error:
            return self._refused_or_shown([self._unreadable(error, "nothing is changed")])
        except KeyboardInterrupt as stop:
            raise RefusedUpdateError([stopped(self._last_applied())]) from stop
        found = notices(self.judgement, self.rules.override, is_preview=self.is_preview)
        if self.judgement.decision is Decision.REFUSED:
            return self._refused_or_shown(found)
        return found

    def judge_again(self) -> list[Notice]:
        """Read AWS and judge again; returns what to report.

        Raises:
            RefusedUpdateError: the update may not proceed, or AWS cannot be read.
        """
        try:
            services = self._reader.services(self._addresses())
        except LiveError as error:
            raise RefusedUpdateError([self._unreadable(error, "no rule was modified")]) from error
        self._judge(services)
        found = notices(self.judgement, self.rules.override, is_preview=False)
        if self.judgement.decision is Decision.REFUSED:
            raise RefusedUpdateError(found)
        return found

    @property
    def is_settled(self) -> bool:
        """Whether the update may proceed, by the last judgement."""
        return self.judgement.decision is Decision.PASSES

    def wait_failed(self, why: str) -> list[Notice]:
        """The notices of a wait that ended too early; `why` is what ended it."""
        return wait_failed(self.judgement, why)

    @property
    def has_overridden(self) -> bool:
        """Whether the config's override lets a refusal of this judgement through."""
        return any(service.overridden for service in self.judgement.services)

    @property
    def sees_traffic(self) -> bool:
        """Whether a service was live at the last reading."""
        return bool(self._live)

    def last_raised(self, service: str, split: Split) -> Slot | None:
        """The slot that was raised last once the rule of `service` is at `split`."""
        for judged_service in self.judgement.services:
            if judged_service.case.wanted.name == service:
                return judged_service.last_raised_at(split)
        return self._known[service].memory.last_raised if service in self._known else None

    def live_weight(self, service: str, slot: Slot) -> int:
        """The weight of a slot at the last reading; 0 if the service has no rule yet."""
        split = self._live[service].split if service in self._live else None
        return 0 if split is None else split.weight_of(slot)

    def target_groups(self, service: str) -> Mapping[Slot, str]:
        """The ARN of each slot's target group as the stack has recorded it; empty for none."""
        known = self._known.get(service)
        return {} if known is None else known.address.target_group_arns

    def _addresses(self) -> list[ServiceAddress]:
        """Where the services are, with the kinds of fleet that they are to have."""
        return [
            replace(found.address, kinds={**found.address.kinds, **self._wanted[name].kinds})
            for name, found in self._known.items()
        ]

    def _read(self) -> None:
        if not self._known:
            found = self._reader.find(self._search)
            self._known = {each.service: RememberedService(each, Memory()) for each in found}
        if not self._known:
            return
        rules = self._reader.rules(self._addresses())
        self._live = {rule.service: rule for rule in rules}
        if not self._changes_nothing(rules):
            self._judge(self._reader.services(self._addresses()))

    def _changes_nothing(self, rules: Sequence[LiveRule]) -> bool:
        """Whether the update changes nothing that is guarded, so that the rules are enough."""
        return not self._removed and all(
            rule.split
            == self._known[rule.service].memory.recorded
            == self._known[rule.service].memory.last_applied
            == self._wanted[rule.service].split
            and all(self._is_kept(rule.service, slot) for slot in Slot)
            for rule in rules
        )

    def _is_kept(self, service: str, slot: Slot) -> bool:
        old, new = self._known[service].memory.slots[slot], self._wanted[service].slots[slot]
        if not is_named(new.target_group, old.target_group):
            return False
        if new.is_target_group_ours is not old.is_target_group_ours:
            return False
        return not (new.fleet.is_ours or old.fleet.is_ours) or new.fleet == old.fleet

    def _judge(self, services: Sequence[LiveService]) -> None:
        """Judge these services; a poll counts if only the number of polls is missing."""
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
        self.polls = self.polls + 1 if enough.decision is Decision.PASSES else 0
        self.judged_at = time.monotonic()
        self.judgement = enough if self.is_preview else judged(cases, self.rules, self.polls)

    def _refused_or_shown(self, found: list[Notice]) -> list[Notice]:
        if self.is_preview:
            return found
        raise RefusedUpdateError(found)

    def _unreadable(self, error: LiveError, spared: str) -> Notice:
        kind = NoticeKind.refusal(is_preview=self.is_preview)
        return unreadable(kind, str(error), spared, error.fix, self._last_applied())

    def _last_applied(self) -> list[tuple[WantedService, Split]]:
        """Every service with the split of the last completed update."""
        return [
            (self._wanted[name], known.memory.last_applied)
            for name, known in self._known.items()
            if known.memory.last_applied is not None
        ]


def _unchanged(name: str, found: RememberedService) -> WantedService:
    """A service that is no longer in the config, as if it stayed unchanged."""
    memory = found.memory
    split = memory.last_applied or memory.recorded or Split(TOTAL_WEIGHT, 0)
    return WantedService(name, split, has_own_weights=False, slots=memory.slots)
