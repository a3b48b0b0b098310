"""The words that this repository does not use, and the terms that it uses for them."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUTSIDE = ("tests/", "bench/", "scripts/")
DIVIDED = ("ops", "rehearsal", "components")
"""Packages whose own packages are counted apart."""

OWN_WORDS = {
    "abandoned": "takeover",
    "arrival": "propagation",
    "arrived": "propagated",
    "births": "pending creations",
    "claim": "lease",
    "committing": "commit",
    "contest": "slot comparison",
    "findings": "problems",
    "fit": "ready",
    "freed": "released",
    "gating": "gates",
    "hand": "holder",
    "lack": "missing",
    "lacks": "missing",
    "means": "ports",
    "mend": "fix",
    "newcomer": "new service",
    "odds": "alternative",
    "passing": "transient",
    "patience": "retry",
    "play": "run",
    "played": "outcome",
    "proving": "bake",
    "recall": "recovery",
    "recalled": "recovered ramp",
    "said": "reported",
    "says": "reports",
    "shifting": "shift",
    "sight": "retrying reader",
    "sought": "service query",
    "spell": "interval",
    "standing": "blame",
    "stranger": "foreign target group",
    "strangers": "foreign target groups",
    "strength": "log evidence",
    "surprise": "out-of-band change",
    "suspicion": "sequential test",
    "telling": "messages",
    "tells": "reports",
    "theatre": "scenario stack",
    "told": "history entry, or what it is that reports",
    "trouble": "fault context",
    "unheard": "ignored flags",
    "voice": "engine log",
    "ways": "fixes",
    "whereabouts": "listener hint",
    "wheel": "lease",
    "wish": "request",
}
"""Words that only this project had for a thing, and the field's."""
FINE = ("by hand",)
"""What holds such a word and is plain English."""

PHRASES = {
    r"past the (?:stack|engine)": "outside Pulumi; without the engine",
    r"g(?:one|oes|o|oing) on with": "resume, continue",
    r"no more of|(?:has|have|had|names?) (?:it|them|the \w+) no more": "no longer",
    r"nobody(?:'s)?": "no one; name who or what cannot",
    r"somebody(?:'s)?": "someone",
    r"lets? (?:it|them|that) do|lets do|let do|lets? do that": "waits for, allows",
    r"(?<!there )(?:is|are|was|were) no (?!longer|more than|such)[a-z]+": "is not; has no",
    r"tells?|telling|told": "reports, returns, logs",
    # `say:` names a parameter that prints a line, in the arguments of a docstring.
    r"says?(?!: [A-Z])|saying|said": "reports, returns, logs, shows",
    r"(?:that|which) (?:is|are|was|were) there|what is there": "existing",
    r"(?:in|out of) the way|stands? beside|stood beside": "prevents; next to",
    r"ways? out": "fix",
    r"mends?|mended": "fix",
    r"(?:the|a) wheel|hand on": "lease",
    r"whose doing|'s doing": "caused by",
    r"as (?:it|they) (?:is|are) live": "the live value",
    r"(?<![-\w])anew": "again",
    r"who wants": "if you want",
    r"meant at once|at first hand|without a hand": "",
    r"cost somebody|speaks? for|spoken for": "counts as; proves",
    r"(?:of|for|to|by) one that|that of (?:the|a)|ones? of which": "name the noun",
    r"asks? nothing|asks? nobody": "does not prompt",
    r"in mid-ramp": "during a ramp",
    r"newcomers?|strangers?|theatre": "new service; foreign target group; scenario stack",
    r"(?:has|have|had) (?:it|them) otherwise|otherwise than": "differs",
    r"for sure|for certain": "certainly",
    r"taken? back|takes? (?:it|everything) back": "rolls back",
}
"""What a reader has to read twice, as patterns, and what to write."""
_PHRASES = {
    phrase: re.compile(rf"(?<![\w-])(?:{phrase})(?![\w-])", re.IGNORECASE) for phrase in PHRASES
}

Found = Counter[tuple[str, str, str]]
"""How often a package has something: `name` or `phrase`, the package, the name or the phrase."""


@functools.cache
def tracked(*patterns: str) -> tuple[str, ...]:
    """The files of the repository that match."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(path for path in listed.stdout.splitlines() if (ROOT / path).is_file())


@functools.cache
def product() -> dict[str, ast.Module]:
    """Every module of the product, by its path."""
    paths = [path for path in tracked("*.py") if not path.startswith(OUTSIDE)]
    return {path: ast.parse((ROOT / path).read_text()) for path in paths}


def package_of(path: str) -> str:
    """`ops/ramp` of `ops/ramp/driver/driver.py`, and `live` of `live/errors.py`."""
    parts = Path(path).parts
    depth = 2 if parts[0] in DIVIDED and len(parts) > 2 else 1
    return "/".join(parts[:depth])


def words_of(name: str) -> set[str]:
    """`NoSuchThing` and `no_such_thing` are both three words."""
    spaced = " ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)).lower()
    for phrase in FINE:
        spaced = spaced.replace(phrase, "")
    return set(spaced.split())


def names_in(path: str, module: ast.Module) -> Iterator[str]:
    """The module, its classes and functions, their fields and parameters, and its constants."""
    yield Path(path).stem
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.arg):
            yield node.arg
        if isinstance(node, ast.ClassDef | ast.Module):
            for line in node.body:
                targets = line.targets if isinstance(line, ast.Assign) else []
                targets = [line.target] if isinstance(line, ast.AnnAssign) else targets
                yield from (each.id for each in targets if isinstance(each, ast.Name))


def config_keys() -> set[str]:
    """Every key of the config, by the reference."""
    page = (ROOT / "docs" / "reference" / "config.md").read_text()
    return set(re.findall(r"^\| `([a-z]\w*)` \|", page, re.MULTILINE))


def own_names(modules: Mapping[str, ast.Module]) -> Found:
    """The names that have a word of our own in them."""
    names = [(package_of(p), name) for p, module in modules.items() for name in names_in(p, module)]
    names += [("settings", key) for key in config_keys()] if modules is product() else []
    own = set(OWN_WORDS)
    return Counter(("name", package, name) for package, name in set(names) if words_of(name) & own)


def texts_in(module: ast.Module) -> Iterator[str]:
    """Its docstrings and messages: every text with a blank in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def phrases_in(text: str) -> Counter[str]:
    """The phrases of a text, and how often it has each."""
    text = " ".join(text.split())
    return Counter({p: n for p, found in _PHRASES.items() if (n := len(found.findall(text)))})


def own_phrases(modules: Mapping[str, ast.Module]) -> Found:
    """The phrases of the docstrings and messages, templates included."""
    found: Found = Counter()
    texts = [(path, text) for path, module in modules.items() for text in texts_in(module)]
    if modules is product():
        texts += [(path, (ROOT / path).read_text()) for path in tracked("*.j2")]
    for path, text in texts:
        for phrase, times in phrases_in(text).items():
            found["phrase", package_of(path), phrase] += times
    return found


def prose_of(page: str) -> str:
    """A page without its commands and quoted output, which are the code's, and its links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^ {4,}.*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"<!-- policies -->.*<!-- /policies -->", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "`…`", text)
    return re.sub(r"\]\([^)]*\)", "]", text)


def pages() -> list[str]:
    """Every page that people write; the reference is the code's, and soak.md is drawn."""
    return [path for path in tracked("*.md") if not path.startswith(("docs/reference/", "tests/"))]


OUR_WORDS = {
    *(
        "adoption",
        "bake",
        "break-glass",
        "build",
        "candidate",
        "cutover",
        "cycle",
        "downtime window",
    ),
    *("drift", "driver", "even split", "fleet", "floor", "freeze", "gate", "guard", "hold", "idle"),
    *("inconclusive", "journal", "judgement", "lease", "live", "obstacle", "override", "plan"),
    *("preview rule", "prober", "ramp", "ready", "rehearsal", "release", "rollback", "scenario"),
    *("slot", "slot on trial", "soak", "split", "stable", "stage", "stall", "verdict"),
    *("local AWS", "service", "watch", "weight"),
}
"""What a word means here is ours, however common it is."""


def terms() -> set[str]:
    """What the glossary explains."""
    page = (ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    return {word for row in rows for word in row.split(", ")} - {"Word"}


def uses(text: str, word: str) -> bool:
    """Whether a text has the word, in the plural too."""
    return (
        re.search(rf"(?<![-\w]){re.escape(word)}(?:e?s)?(?![-\w])", text, re.IGNORECASE) is not None
    )


def ramp_keys() -> set[str]:
    """What the keys of `ramp` are about: `bake` of `bakeSeconds`."""
    page = (ROOT / "docs" / "reference" / "config.md").read_text()
    table = page.partition("\n## `ramp`\n")[2].partition("\n## ")[0]
    keys = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    return {key.removesuffix("Seconds").removesuffix("s") for key in keys}


@functools.cache
def found() -> Found:
    """What the product has of them: nothing, if all is well."""
    return own_names(product()) + own_phrases(product())
