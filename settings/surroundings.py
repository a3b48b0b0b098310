"""What a config is read in: the stack, the endpoints that AWS calls go to, and AWS itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.command import config_set
from settings.accounts import has_accounts, reject_bad_accounts
from settings.declaration.problems import ConfigProblems
from settings.endpoints import endpoints, reject_wrong_endpoint
from settings.lookup import Lookups


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything outside the config's own namespace that decides whether it is valid."""

    stack: str
    environ: Mapping[str, str]
    aws_config: Mapping[str, str]
    """The provider's config by bare names: `region`, `endpoints` and so on."""
    secret_keys: frozenset[str]
    """Config keys that the stack holds as secrets, with their namespace."""
    lookups: Lookups

    @property
    def region(self) -> str:
        """The region of the provider; empty if the stack does not set it."""
        return self.aws_config.get("region", "")

    def right_lookups(self, problems: ConfigProblems) -> Lookups | None:
        """The lookups in AWS; `None` if that would be the wrong AWS for this stack.

        And `None` if account ids are invalid, since every lookup would fail for that reason alone.
        """
        found = endpoints(self.environ, self.aws_config)
        is_wrong = reject_wrong_endpoint(self.stack, found, problems)
        is_bad = reject_bad_accounts(self.aws_config, problems)
        return None if is_wrong or is_bad else self.lookups

    def reject_incomplete_provider(self, problems: ConfigProblems) -> None:
        """Record what the provider needs in order to act in one region of one account only."""
        if not self.region:
            fix = config_set("aws:region", "us-east-1")
            problems.add("aws:region", None, "the region of the stack", fix)
        if not has_accounts(self.aws_config):
            problems.add(
                "aws:allowedAccountIds",
                None,
                "the account of the stack; any other is then refused, whatever the credentials",
                config_set("aws:allowedAccountIds[0]", "ACCOUNT_ID"),
            )
