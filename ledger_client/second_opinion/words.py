"""An opinion in words for a person."""

import datetime
import time
from collections.abc import Iterator

from ledger_client.second_opinion.against import expiry_day, is_expired
from ledger_client.second_opinion.form import LINK_PARENT, LINK_PLACE
from ledger_client.second_opinion.opinion import Opinion, Told
from ledger_client.wire import codes

_STATUS = {1: "encoded", 2: "active", 3: "packed", 4: "in transit", 5: "received", 6: "in stock",
           7: "on hold", 8: "illegitimate", 9: "returned", 10: "dispensed", 11: "decommissioned",
           12: "destroyed", 13: "stolen or lost", 14: "sampled"}
_DONE = {
    codes.ACTION_COMMISSION: "commissioned", codes.ACTION_PACK: "packed",
    codes.ACTION_UNPACK: "unpacked", codes.ACTION_SHIP: "shipped",
    codes.ACTION_CANCEL: "shipment cancelled", codes.ACTION_RECEIVE: "received",
    codes.ACTION_REFUSE: "refused", codes.ACTION_PUT_AWAY: "put away",
    codes.ACTION_QUARANTINE: "put on hold", codes.ACTION_RELEASE: "released",
    codes.ACTION_ILLEGITIMATE: "found illegitimate", codes.ACTION_RECALL: "recalled",
    codes.ACTION_RETURN: "returned", codes.ACTION_SALEABLE: "verified saleable",
    codes.ACTION_DISPENSE: "dispensed", codes.ACTION_DECOMMISSION: "decommissioned",
    codes.ACTION_DESTROY: "destroyed", codes.ACTION_STOLEN: "reported stolen or lost",
    codes.ACTION_SAMPLE: "sampled", codes.ACTION_UNDO: "undone",
    codes.ACTION_ALLOCATE: "allocated", codes.ACTION_CHECK: "checked",
    codes.ACTION_ATTACH: "logger attached", codes.ACTION_DETACH: "logger detached"}
# Names are the maker's words: none ends the line, or turns it around (ISO 6429 C1, Unicode UAX 9).
_SHOWN = dict.fromkeys((*range(0x80, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)),
                       "\N{REPLACEMENT CHARACTER}")
_GONE_ALREADY = "C0.5"  # the rule that denies effect to what was done before
_LAST_MS = 253_402_300_800_000  # the end of the year 9999
_RECALLED = {True: "! RECALLED: do not dispense it",
             False: "neither it nor its lot is recalled",
             None: "it is not recalled, and has no lot that could be"}


_NO_PASSPORT = "passport"
_REMEDY = {
    "trust": "The trust file is damaged or is no trust file. Get it again from whom you have it.",
    _NO_PASSPORT: "Look whether it is the file that you mean, and get it again from its sender. "
                  "Rely on nothing that it says.",
    "ledger": "The passport is of another ledger than the trust file. Take the trust file of the "
              "passport's ledger, from a source that you trust.",
    "cosignatures": "Fewer witnesses stand behind it than your trust file asks for. Ask for a "
                    "passport with their cosignatures."}
_REMEDY["ledger_key"] = _REMEDY["ledger"]
_ANY_REMEDY = ("Rely on nothing that this file says. Keep it, ask its sender for a new one, and "
               "hold the pack until one is valid.")


def refusal(field: str, detail: str) -> tuple[str, str]:
    """(the field and what is wrong there, what to do) of a passport that is not valid."""
    what = f"this is no passport, or a damaged one ({detail})" if field == _NO_PASSPORT else detail
    return f"{field}: {what}", remedy(field)


def remedy(field: str) -> str:
    """What to do about a field that does not hold."""
    return _REMEDY.get(field, _ANY_REMEDY)


def status(code: int) -> str:
    return _STATUS.get(code, f"of status {code}")


def done(action: int) -> str:
    """What was done, in a word or two."""
    return _DONE.get(action, f"action {action}")


def lines(opinion: Opinion) -> Iterator[str]:
    """Of a valid passport, what holds and what is only stated."""
    for line in _lines(opinion):
        yield line.translate(_SHOWN)


def _lines(opinion: Opinion) -> Iterator[str]:
    assert opinion.as_of_ms is not None
    if opinion.fingerprint is None:
        yield ("SELF-CONSISTENT ONLY: nothing in it contradicts itself. Whether it is true, only a "
               "trust file can say (--trust)")
    else:
        yield f"VALID under {opinion.fingerprint} as of {when(opinion.as_of_ms)}"
    yield f"{opinion.item} is {status(opinion.status)} as of {when(opinion.as_of_ms)}"
    if opinion.against:
        yield f"! AGAINST USING IT: {'; '.join(opinion.against)}"
    now_ms = time.time_ns() // 1_000_000
    if opinion.expiry is not None and is_expired(opinion.expiry, now_ms) \
            and not is_expired(opinion.expiry, opinion.as_of_ms):
        yield "! EXPIRED SINCE by this machine's clock: do not use it"
    yield from _label(opinion, opinion.as_of_ms)
    yield _RECALLED[opinion.recalled]
    yield (f"ledger {opinion.ledger.hex()[:16]}, checkpoint {opinion.number}, "
           f"{opinion.size} entries")
    yield ("signed by devices of " + ", ".join(opinion.names) + " (names as stated by the "
           f"passport's maker, key {opinion.maker.hex()[:16]}; nothing here proves whose it is)")
    yield ("claimed by an unknown ledger" if opinion.fingerprint is None
           else "attested by the ledger") + ": the events, and that none is left out"
    yield from (_line(told, opinion.item) for told in opinion.told)
    yield from (f"! {what} rests on a key that its owner declared not to be believed from entry "
                f"{since} on" for what, since in opinion.tainted)
    yield "no storage verdict" if opinion.verdict is None else (
        f"stated, not proven: storage verdict {opinion.verdict.outcome}, by the profile of entry "
        f"{opinion.verdict.profile_entry}")
    yield from (f"not in this file: {what}" for what in opinion.absent)


def _label(opinion: Opinion, now_ms: int) -> Iterator[str]:
    """What the label of the pack must bear."""
    found = [] if opinion.lot is None else [f"lot {opinion.lot}"]
    found += [] if opinion.expiry is None else [f"expiry {expiry(opinion.expiry, now_ms)}"]
    if found:
        yield ", ".join(found)


def expiry(text: str, now_ms: int) -> str:
    """The last good day, year first, of a date YYMMDD."""
    day = expiry_day(text, now_ms)
    return f"{text} (no date that can be read)" if day is None else day.isoformat()


def when(unix_ms: int, zone: datetime.tzinfo | None = None) -> str:
    """UTC, and local when that is another."""
    if unix_ms >= _LAST_MS:
        return f"{unix_ms} ms after 1970"
    moment = datetime.datetime.fromtimestamp(unix_ms // 1000, datetime.UTC)
    local = moment.astimezone(zone)
    shown = "%H:%M" if local.date() == moment.date() else "%Y-%m-%d %H:%M"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" + (
        f" ({local.strftime(shown)} local)" if local.utcoffset() else "")


def _line(told: Told, item: str) -> str:
    place = f"entry {told.entry}" + ("" if told.leaf is None else f" leaf {told.leaf}")
    thing = "" if told.item == item else f" (with {told.item})"
    return (f"{' ' if told.outcome is None else '!'} {when(told.unix_ms)}  {_event(told)}, "
            f"{told.name}{thing} {place}")


def _event(told: Told) -> str:
    if told.outcome == _GONE_ALREADY:
        return f"{done(told.action)} again, without effect"
    if told.outcome is not None:
        return f"{done(told.action)}, without effect (rule {told.outcome})"
    if not told.links:
        return done(told.action)
    link = told.links[0]
    parent = " into" if told.action == codes.ACTION_PACK else " from"
    how = {LINK_PARENT: parent, LINK_PLACE: " at"}.get(link.kind, "")
    return f"{done(told.action)}{how} {link.other}"
