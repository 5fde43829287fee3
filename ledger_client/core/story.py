"""An item's history in sentences for a person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger_client.core import history, item, rule_book
from ledger_client.core.history import WHOLE, Moment, Part, Source, Step
from ledger_client.wire import codes

_DONE = {
    codes.ACTION_COMMISSION: "commissioned", codes.ACTION_PACK: "packed",
    codes.ACTION_UNPACK: "unpacked", codes.ACTION_SHIP: "shipped", codes.ACTION_CANCEL: "shipment "
    "cancelled", codes.ACTION_RECEIVE: "received", codes.ACTION_REFUSE: "refused",
    codes.ACTION_PUT_AWAY: "put away", codes.ACTION_QUARANTINE: "put on hold",
    codes.ACTION_RELEASE: "released", codes.ACTION_ILLEGITIMATE: "found illegitimate",
    codes.ACTION_RECALL: "recalled", codes.ACTION_RETURN: "returned",
    codes.ACTION_SALEABLE: "verified saleable", codes.ACTION_DISPENSE: "dispensed",
    codes.ACTION_DECOMMISSION: "decommissioned", codes.ACTION_DESTROY: "destroyed",
    codes.ACTION_STOLEN: "reported stolen or lost", codes.ACTION_SAMPLE: "sampled",
    codes.ACTION_UNDO: "undone", codes.ACTION_ALLOCATE: "allocated", codes.ACTION_CHECK: "checked",
    codes.ACTION_ATTACH: "logger attached", codes.ACTION_DETACH: "logger detached",
}

# name of the organisation that a signer's key belongs to
NameOf = Callable[[bytes], str]


@dataclass(frozen=True)
class Line:
    """`where` says which thing it happened to: the item itself, or a crate it was in."""

    moment: Moment
    where: str
    text: str
    who: str
    effective: bool
    entry: int
    leaf: int | None


def done(action: int) -> str:
    """What was done, in a word or two."""
    return _DONE.get(action, f"action {action}")


def tell(source: Source, uri: str, name_of: NameOf) -> list[Line]:
    """What happened to the item and, while it was inside them, to its crates and pallets; oldest
    first."""
    lines = [_line(step, where, name_of) for step, where in _steps(source, uri, WHOLE, 0)]
    return sorted(lines, key=lambda line: (line.entry, line.leaf or 0))


def _steps(source: Source, uri: str, part: Part, depth: int) -> Iterator[tuple[Step, str]]:
    yield from ((step, uri) for step in history.steps(source, uri, part))
    if depth < item.CONTAINMENT_DEPTH:
        for stay in history.parents(source, uri, part):
            yield from _steps(source, stay.carrier, stay.part, depth + 1)


def _line(step: Step, uri: str, name_of: NameOf) -> Line:
    event = step.event
    text = done(event.action)
    if step.effective:
        text += _with(step)
    else:
        rule = rule_book.RULES.get(event.outcome or "")
        text += " again, without effect" if event.outcome == "C0.5" else ", without effect"
        text += f" (rule {event.outcome})" if rule is None or event.outcome != "C0.5" else ""
    if step.in_error is not None:
        text += f", declared in error by entry {step.in_error}"
    return Line(step.moment, uri, text, name_of(event.signer), step.effective, event.entry,
                event.leaf)


def _with(step: Step) -> str:
    for kind, other, *_ in step.event.links:
        if kind == item.LINK_PARENT:
            return f" {'into' if step.event.action == codes.ACTION_PACK else 'from'} {other}"
        if kind == item.LINK_PLACE:
            return f" at {other}"
        if kind == item.LINK_LOGGER:
            return f" {other}"
    if step.scan is not None and step.event.action == codes.ACTION_SHIP:
        return f" to {step.scan.party}"
    return ""
