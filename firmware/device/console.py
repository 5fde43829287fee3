"""The console's verbs: who the device is, provisioning, status, hand-over."""

from firmware.device import provisioning
from firmware.device.journal import JournalFull
from firmware.device.version import VERSION
from ledger_client.wire import check, codes, console, cose, session
from ledger_client.wire.errors import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device.app import App


class Refusal(Exception):
    """The answer to a request that cannot be carried out now."""


def answer(app: "App", line: bytes) -> "bytes | None":
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
        results = _VERBS[verb](app, arguments)
    except (WireError, Refusal, JournalFull) as error:
        return console.encode([console.VERSION, number, console.ANSWER_ERROR, str(error)])
    return console.encode([console.VERSION, number, console.ANSWER_OK] + results)


def _identify(app: "App", arguments: "list[object]") -> "list[object]":
    ledger = None if app.provision is None else app.provision.ledger
    return [app.board.PRODUCT, app.board.NAME, VERSION, app.signer.public_key, ledger,
            app.stored_epoch()]


def _provision(app: "App", arguments: "list[object]") -> "list[object]":
    new = provisioning.read(arguments, app.board.PRODUCT)
    app.take_provision(new)
    thumbprint = cose.thumbprint(app.signer.public_key)
    payload = session.encode_possession(new.root, new.role, thumbprint, new.replaces)
    return [session.sign1(codes.PURPOSE_POSSESSION, new.ledger, app.signer, payload)]


def _status(app: "App", arguments: "list[object]") -> "list[object]":
    chain = app.chain
    if chain is None:
        raise Refusal(app.trouble or "not provisioned: send PROVISION first")
    clock = app.clock_now()
    return [chain.waiting(), chain.state.cursor[1], chain.next_seq, chain.epoch,
            clock.unix_ms, clock.source, chain.journal.used_permille(), int(app.link_up())]


def _close(app: "App", arguments: "list[object]") -> "list[object]":
    if not app.booted:
        raise Refusal(app.trouble or "not working yet: nothing is open")
    if not app.hand_over():
        raise Refusal("the memory is full: bring the device to a gateway first")
    return []


_VERBS = {console.IDENTIFY: _identify, console.PROVISION: _provision, console.STATUS: _status,
          console.CLOSE: _close}
