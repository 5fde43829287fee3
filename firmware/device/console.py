"""The console's verbs: who the device is, provisioning, status, hand-over."""

from firmware.device import provisioning
from firmware.device.journal import JournalFull
from firmware.device.version import VERSION
from ledger_client.wire import check, codes, console, cose, session
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from firmware.device.chain import Chain
    from firmware.device.ecdsa import Signer
    from firmware.device.provisioning import Provision
    from ledger_client.wire.values import Clock

    class Device(Protocol):
        """What the verbs need of the device."""

        board: Any
        signer: Signer
        provision: Provision | None
        chain: Chain | None
        booted: bool
        trouble: str
        def stored_epoch(self) -> int | None: ...
        def take_provision(self, new: Provision) -> None: ...
        def clock_now(self) -> Clock: ...
        def link_up(self) -> bool: ...
        def hand_over(self) -> bool: ...


class Refusal(Exception):
    """The answer to a request that cannot be carried out now."""


def answer(device: "Device", line: bytes) -> "bytes | None":
    """The answer's line to a line from the console; None for what is no frame."""
    try:
        message = console.decode(line)
    except WireError as error:
        return console.encode([console.VERSION, 0, console.ANSWER_ERROR, error.detail])
    if message is None:
        return None
    number, verb, arguments = message[1], check.uint(message[2], "console.form"), message[3:]
    try:
        if verb not in _VERBS:
            raise Refusal("verb %d is unknown: this firmware knows IDENTIFY, PROVISION, STATUS "
                          "and CLOSE" % verb)
        results = _VERBS[verb](device, arguments)
    except (WireError, Refusal, JournalFull) as error:
        return console.encode([console.VERSION, number, console.ANSWER_ERROR, str(error)])
    return console.encode([console.VERSION, number, console.ANSWER_OK] + results)


def _identify(device: "Device", arguments: "list[object]") -> "list[object]":
    ledger = None if device.provision is None else device.provision.ledger
    return [device.board.PRODUCT, device.board.NAME, VERSION, device.signer.public_key, ledger,
            device.stored_epoch()]


def _provision(device: "Device", arguments: "list[object]") -> "list[object]":
    new = provisioning.read(arguments, device.board.PRODUCT)
    device.take_provision(new)
    thumbprint = cose.thumbprint(device.signer.public_key)
    payload = session.encode_possession(new.root, new.role, thumbprint, new.replaces)
    return [session.sign1(codes.PURPOSE_POSSESSION, new.ledger, device.signer, payload)]


def _status(device: "Device", arguments: "list[object]") -> "list[object]":
    chain = device.chain
    if chain is None:
        raise Refusal(device.trouble or "not provisioned: send PROVISION first")
    clock = device.clock_now()
    return [chain.waiting(), chain.state.cursor[1], chain.next_seq, chain.epoch,
            clock.unix_ms, clock.source, chain.journal.used_permille(), int(device.link_up())]


def _close(device: "Device", arguments: "list[object]") -> "list[object]":
    if not device.booted:
        raise Refusal(device.trouble or "not working yet: nothing is open")
    if not device.hand_over():
        raise Refusal("the memory is full: bring the device to a gateway first")
    return []


_VERBS = {console.IDENTIFY: _identify, console.PROVISION: _provision, console.STATUS: _status,
          console.CLOSE: _close}
