"""What a config is read in: the stack, the endpoints that AWS calls go to, and AWS itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from settings.findings import Findings
from settings.lookup import Lookups

REHEARSAL_STACK = "rehearsal"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_AS_REHEARSED = 'eval "$(failover rehearse env)"'


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
        """The region of the provider; empty where the stack does not say."""
        return self.aws_config.get("region", "")

    def refuse_wrong_endpoint(self, findings: Findings) -> bool:
        """Record a stack that would meet the wrong AWS, and say whether this one does.

        The stack `rehearsal` belongs to the local AWS, and every other stack to the real one:
        a rehearsal that reached real infrastructure, or a prod stack whose state was written from
        a local AWS, would both be found out too late.
        """
        local = [name for name, url in self._endpoints() if _is_loopback(url)]
        if self.stack != REHEARSAL_STACK:
            if not local:
                return False
            findings.add(
                "stack",
                self.stack,
                f"{REHEARSAL_STACK}, the only stack that may use a local endpoint; here AWS calls go to "
                f"this machine by {' and '.join(local)}",
                f"unset {' '.join(name for name in local if name in self.environ)}"
                if any(name in self.environ for name in local)
                else "pulumi config rm aws:endpoints",
            )
            return True
        remote = [name for name, url in self._endpoints() if not _is_loopback(url)]
        if "AWS_ENDPOINT_URL" in local and not remote:
            return False
        why = f"{', '.join(remote)} leads elsewhere" if remote else "AWS_ENDPOINT_URL has none"
        findings.add(
            "stack",
            self.stack,
            f"every AWS call to go to a local endpoint, as `failover rehearse up` gives one; {why}",
            _AS_REHEARSED,
        )
        return True

    def refuse_incomplete_provider(self, findings: Findings) -> None:
        """Record what the provider needs in order to act in one region of one account only."""
        if not self.region:
            mend = "pulumi config set aws:region us-east-1"
            findings.add("aws:region", None, "the region of the stack", mend)
        if not self.aws_config.get("allowedAccountIds", "").strip('[]" '):
            findings.add(
                "aws:allowedAccountIds",
                None,
                "the account of the stack; any other is then refused, whatever the credentials",
                "pulumi config set --path 'aws:allowedAccountIds[0]' ACCOUNT_ID",
            )

    def _endpoints(self) -> Iterator[tuple[str, str]]:
        """Every endpoint that is set, by the variable or key that sets it."""
        if self.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
            for name in sorted(self.environ):
                if name.startswith("AWS_ENDPOINT_URL") and self.environ[name]:
                    yield name, self.environ[name]
        for plugin in self.environ.get("PULUMI_DEBUG_PROVIDERS", "").split(","):
            if plugin.split(":")[0] == "aws":
                yield "PULUMI_DEBUG_PROVIDERS", "http://127.0.0.1"
        for url in _urls(self.aws_config.get("endpoints", "")):
            yield "aws:endpoints", url


def _urls(endpoints: str) -> list[str]:
    """The addresses in the provider's `endpoints`: a list of maps from service to address."""
    try:
        found = json.loads(endpoints or "[]")
    except json.JSONDecodeError:
        return [endpoints]
    entries = found if isinstance(found, list) else [found]
    maps = [entry for entry in entries if isinstance(entry, dict)]
    return [str(url) for entry in maps for url in entry.values()]


def _is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in _LOOPBACK
