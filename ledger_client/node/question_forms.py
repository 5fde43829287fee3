"""Answers to questions as JSON: for programs, the same from the command line and the service.

Things are Digital Links, times {"unix_ms", "error_ms"}, temperatures hundredths of a degree.
"""

from collections.abc import Iterable

from ledger_client.core import item
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.core.history import Moment
from ledger_client.core.identity import Organisation
from ledger_client.core.insides import During, Inside
from ledger_client.core.whereabouts import Held, Where
from ledger_client.node.questions import ByKey

Form = dict[str, object]


def as_of(checkpoint: Checkpoint, form: Form) -> Form:
    """An answer with the checkpoint that it holds for."""
    return {**form, "as_of": {"checkpoint": checkpoint.number, "time_ms": checkpoint.time_ms,
                              "app_hash": checkpoint.app_hash().hex()}}


def where(found: Where, at_ms: int | None) -> Form:
    return {"item": found.item, "status": item.STATUS_NAMES[found.status], "at_ms": at_ms,
            "inside": list(found.inside), "holder": _organisation(found.holder),
            "place": found.place, "destination": found.destination, "since": _moment(found.since),
            "there_since": _moment(found.there_since),
            "against": None if found.against is None else list(found.against)}


def held(uri: str, found: Iterable[Held]) -> Form:
    return {"item": uri, "held": [
        {"holder": _organisation(one.holder), "since": _moment(one.since),
         "until": _moment(one.until), "shipped": _moment(one.shipped), "to": one.to}
        for one in found]}


def contents(uri: str, found: Iterable[Inside], at_ms: int | None) -> Form:
    return {"item": uri, "at_ms": at_ms, "contents": [
        {"item": one.item, "path": list(one.path), "since": _moment(one.since),
         "until": _moment(one.until)} for one in found]}


def touched(found: Iterable[During]) -> Form:
    return {"touched": [_during(one) for one in found]}


def touched_by_key(found: ByKey) -> Form:
    return {"key": found.thumbprint.hex(), "role": found.role,
            "touched": [{"item": one.item, "first_entry": one.first_entry,
                         "last_entry": one.last_entry, "events": one.events}
                        for one in found.events],
            "measured": [_during(one) for one in found.measured]}


def _during(one: During) -> Form:
    return {"item": one.item, "path": list(one.path), "from_ms": one.interval.from_ms,
            "to_ms": one.interval.to_ms}


def _organisation(found: Organisation | None) -> Form | None:
    return None if found is None else {"name": found.name, "party": found.party}


def _moment(found: Moment | None) -> Form | None:
    return None if found is None else {"unix_ms": found.unix_ms, "error_ms": found.error_ms}
