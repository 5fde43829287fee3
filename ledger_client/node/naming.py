"""The one name of what a person means, however its label spells it, and as a label prints it."""

import re

from ledger_client.errors import UsageError
from ledger_client.wire import digital_link, gs1, gs1_elements
from ledger_client.wire.errors import WireError

Elements = list[tuple[str, str]]
_CANONICAL = re.compile(re.escape(digital_link.STEM) + "(?:/[0-9]{2,4}/[A-Za-z0-9._~%-]+)+")


def label(text: str) -> Elements:
    """All that a Digital Link, of any domain, or an element string in brackets says; UsageError
    when it is neither."""
    try:
        return digital_link.parse_digital_link(text) if digital_link.is_web_address(text) \
            else gs1_elements.once(gs1_elements.from_brackets(text))
    except WireError as error:
        raise UsageError(f"{text}: no GS1 identity ({error}). Write a Digital Link, "
                         "(01)...(21)... or (00)...") from error


def named(text: str, *, lot: bool = False) -> str:
    """The canonical Digital Link of the pack, crate, place, party or asset that a label is of; with
    `lot` also of a class of packs.  What else the label says, such as an expiry, is not part of it.
    """
    uri = gs1.identity(label(text), lot)
    if uri is None:
        raise UsageError(f"{text}: names no pack, crate or asset. A pack has a GTIN (01) and a "
                         "serial (21)")
    return uri


def printed(text: str) -> str:
    """A text for people: each canonical Digital Link in it as the text under its symbol, half as
    long and what the label shows."""
    return _CANONICAL.sub(_brackets, text)


def _brackets(found: re.Match[str]) -> str:
    try:
        return gs1_elements.to_brackets(digital_link.parse_digital_link(found[0]))
    except WireError:  # somebody's words, and no such link
        return found[0]
