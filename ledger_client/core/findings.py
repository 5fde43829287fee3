"""Findings: what the rules see in an accepted entry.

A finding is part of the state, names its rule, entry and leaf, and is signed by nobody.  Its facts
are plain values; the rule book turns them into sentences.
"""

from dataclasses import dataclass

from ledger_client.core.state import Stored, View, finding_key

FINDINGS_PER_LEAF = 16  # bounds what one hostile record can add to the state


@dataclass(frozen=True)
class Finding:
    """`rule` stands in the rule book; `item` is a canonical id or None."""

    rule: str
    item: str | None
    facts: list[object]


@dataclass(frozen=True)
class Findings(Stored):
    """All findings of one leaf (or of an entry without leaves); `more` counts what was left out;
    `root` is the organisation that stated the leaf, None while that is not known."""

    found: list[list[object]]
    more: int
    root: bytes | None


def add(view: View, entry: int, leaf: int | None, finding: Finding, root: bytes | None) -> None:
    """`root` is the organisation that stated the leaf, as far as the finder knows."""
    key = finding_key(entry, leaf)
    before = view.load(Findings, key) or Findings([], 0, None)
    row: list[object] = [finding.rule, finding.item, finding.facts]
    full = len(before.found) == FINDINGS_PER_LEAF
    view.store(key, Findings(before.found if full else [*before.found, row], before.more + full,
                             before.root or root))
