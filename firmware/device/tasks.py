"""The tasks a handheld knows: what each key means, and which symbols it takes."""

from collections import namedtuple

from firmware.device.symbols import ASSET, CRATE, PACK
from ledger_client.wire import codes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Task(NamedTuple):
        """`form` says how scans make a record, `kinds` what its symbols may be on."""

        action: int
        title: str
        form: str
        kinds: "tuple[str, ...]"
else:
    Task = namedtuple("Task", ("action", "title", "form", "kinds"))

# one record a scan / an open crate, then packs, then ok / a partner's label, then one record a
# scan / a carrier, then a logger
SINGLE, CONTAINER, TRANSFER, ATTACHMENT = "single", "container", "transfer", "attachment"

TASKS = {
    "commission": Task(codes.ACTION_COMMISSION, "COMMISSION", SINGLE, (PACK, CRATE)),
    "pack": Task(codes.ACTION_PACK, "PACK", CONTAINER, (PACK, CRATE)),
    "unpack": Task(codes.ACTION_UNPACK, "UNPACK", CONTAINER, (PACK, CRATE)),
    "ship": Task(codes.ACTION_SHIP, "SHIP", TRANSFER, (CRATE, PACK)),
    "receive": Task(codes.ACTION_RECEIVE, "RECEIVE", TRANSFER, (CRATE, PACK)),
    "putaway": Task(codes.ACTION_PUT_AWAY, "PUT AWAY", SINGLE, (PACK, CRATE)),
    "quarantine": Task(codes.ACTION_QUARANTINE, "QUARANTINE", SINGLE, (PACK, CRATE)),
    "dispense": Task(codes.ACTION_DISPENSE, "DISPENSE", SINGLE, (PACK,)),
    "attach": Task(codes.ACTION_ATTACH, "ATTACH", ATTACHMENT, (ASSET,)),
    "detach": Task(codes.ACTION_DETACH, "DETACH", ATTACHMENT, (ASSET,)),
    "check": Task(codes.ACTION_CHECK, "CHECK", SINGLE, (PACK, CRATE, ASSET)),
}
# A pack that this handheld dispensed is refused by all tasks but these two.
AFTER_DISPENSING = (codes.ACTION_CHECK, codes.ACTION_QUARANTINE)
CONFIRM, BACK = "ok", "back"

_NAMES = {PACK: "a pack", CRATE: "a crate", ASSET: "a logger label"}
_FIRST = {CONTAINER: "Scan the crate", TRANSFER: "Scan the partner label",
          ATTACHMENT: "Scan the carrier"}


def prompt(task: Task, begun: bool) -> str:
    """What to scan next; `begun`: the crate, partner or carrier has been."""
    if not begun and task.action == codes.ACTION_RECEIVE:  # the sender may be unknown
        return _FIRST[task.form] + " or " + expected(task)
    if not begun and task.form in _FIRST:
        return _FIRST[task.form]
    if task.form == CONTAINER:
        return "Scan packs, then press ok"
    return "Scan " + expected(task)


def expected(task: Task) -> str:
    return " or ".join([_NAMES[kind] for kind in task.kinds])
