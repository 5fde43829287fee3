"""The verifier page in a browser, and what its checks say of many files at once."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ledger_client import verifier
from ledger_client.second_opinion import Opinion
from tests.chromium import Page, chromium

File = tuple[bytes, bytes | None]  # passport, trust file
# Of what the page says, what the second opinion says too.
_JUDGE = """(async (files) => {
  const opened = (text) => text === null ? null
    : Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const all = [];
  for (const [passport, trust] of files) {
    const found = await judge(opened(passport), opened(trust));
    all.push(!found.valid ? [false, found.field] : [true, found.item, found.asOfMs,
      found.trust?.fingerprint ?? null, found.ledger, found.number, found.size, found.maker,
      found.status, found.recalled, found.lot, found.expiry, found.against,
      found.absent, found.tainted, found.parties.map((party) => party.name),
      found.verdict === null ? null
        : [found.verdict.outcome, found.verdict.profileEntry, found.verdict.untilMs],
      found.told.map((one) => [one.item, one.unixMs, one.action, one.signer, one.outcome,
        one.entry, one.leaf, one.links.map((link) => [link.kind, link.other])])]);
  }
  return all;
})(%s)"""
_SETTLED = """new Promise((done) => {
  const result = document.getElementById("result");
  const look = () => {
    const headline = document.getElementById("headline").textContent;
    if (headline !== "" && !headline.includes("Checking")) done(result.innerText);
  };
  new MutationObserver(look).observe(result, { subtree: true, childList: true });
  look();
})"""


@contextmanager
def opened_page(folder: Path) -> Iterator[Page]:
    """The page in a browser of its own."""
    file = folder / "verifier.html"
    file.write_text(verifier.page(), encoding="utf-8")
    with chromium(folder / "profile") as browser:
        yield Page(browser, file)


def said_by_page(page: Page, files: Iterable[File]) -> list[list[Any]]:
    """[False, field] or [True, what holds], of each file."""
    given = [[_text(passport), _text(trust)] for passport, trust in files]
    found: list[list[Any]] = page.run(_JUDGE % json.dumps(given))
    return found


def said_by(opinion: Opinion) -> list[Any]:
    """The same of a second opinion."""
    if not opinion.valid:
        return [False, opinion.field]
    return [True, opinion.item, opinion.as_of_ms, opinion.fingerprint, opinion.ledger.hex(),
            opinion.number, opinion.size, opinion.maker.hex(), opinion.status, opinion.recalled,
            opinion.lot, opinion.expiry, list(opinion.against), list(opinion.absent),
            [list(one) for one in opinion.tainted], list(opinion.names),
            None if opinion.verdict is None else list(opinion.verdict),
            [[one.item, one.unix_ms, one.action, one.signer.hex(), one.outcome, one.entry,
              one.leaf, [[link.kind, link.other] for link in one.links]] for one in opinion.told]]


def shown(page: Page) -> str:
    """The text of the result, once it is there, without empty lines."""
    return re.sub(r"\n+", "\n", page.run(_SETTLED))


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
