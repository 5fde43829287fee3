"""The session: hello, ack, command, proof of possession, their signed form, topics."""

from collections.abc import Sequence

from ledger_client.wire import cbor, codes, cose, session
from ledger_client.wire.values import Ack, Command, Hello
from tests.device.wire_vectors import ACK, COMMAND, HELLO, POSSESSION
from tests.generators.cases.common import (
    DEVICE,
    GATEWAY,
    HASH,
    LEDGER,
    NONCE,
    OPERATIONS,
    Case,
    Subject,
    invalid,
    valid,
)
from tests.world import signer

_KID = DEVICE.kid
_JOURNAL = b"journal1"
_HELLO = Hello(_KID, 1, 5, 17, None, NONCE)
_ACK = Ack(_KID, 1, 5, 16, HASH, 4, _JOURNAL, 1_780_000_000_000, 50, 2, NONCE, HASH)
_NOTHING = Ack(_KID, 1, None, None, None, None, _JOURNAL, None, None, 0, NONCE, None)
_COMMAND = Command(_KID, 1_780_000_000_000, 1_780_000_600_000, codes.COMMAND_CONFIGURATION, None,
                   [b"\xa0"])
_ROOT = signer("maker root").thumbprint
_POSSESSION = (_ROOT, codes.ROLE_DEVICE, DEVICE.thumbprint, None)


def _hello(name: str, hello: Hello) -> Case:
    return valid(name, "hello", session.encode_hello(hello), hello._asdict())


def _ack(name: str, ack: Ack) -> Case:
    return valid(name, "ack", session.encode_ack(ack), ack._asdict())


def _command(name: str, command: Command) -> Case:
    return valid(name, "command", session.encode_command(command), command._asdict())


def _possession(name: str, proof: tuple[bytes, int, bytes, bytes | None]) -> Case:
    return valid(name, "possession", session.encode_possession(*proof),
                 dict(zip(POSSESSION, proof, strict=True)))


def _signed() -> list[Case]:
    messages = [
        ("ack of the gateway", codes.PURPOSE_ACK, GATEWAY, session.encode_ack(_ACK)),
        ("command of the operations key", codes.PURPOSE_COMMAND, OPERATIONS,
         session.encode_command(_COMMAND)),
        ("proof of possession of the device", codes.PURPOSE_POSSESSION, DEVICE,
         session.encode_possession(*_POSSESSION))]
    cases = []
    for name, purpose, by, payload in messages:
        data = session.sign1(purpose, LEDGER, by, payload)
        digest = cose.digest(cose.device_header(by.kid), cose.context(purpose, LEDGER), payload)
        cases.append(valid(name, "signed", data, {
            "kid": by.kid, "digest": digest, "signature": by.sign(digest), "payload": payload},
            purpose=purpose, key=by.public_key))
    return cases


def _valid() -> list[Case]:
    best = session.sign1(codes.PURPOSE_ACK, LEDGER, GATEWAY, session.encode_ack(_ACK))
    return [
        _hello("hello", _HELLO), _hello("hello with the best ack", _HELLO._replace(best_ack=best)),
        _hello("hello of an epoch that cannot be read", _HELLO._replace(epoch=None, first_seq=0,
                                                                        next_seq=0)),
        _ack("ack of a run", _ACK), _ack("ack that holds nothing, without time", _NOTHING),
        _ack("ack of one record", _ACK._replace(from_seq=16)),
        _ack("ack by holdover", _ACK._replace(source=1, app_hash=None, nonce=None)),
        _command("configuration", _COMMAND),
        _command("gateway keys", _COMMAND._replace(code=codes.COMMAND_GATEWAYS,
                                                   detail=[[GATEWAY.public_key]])),
        _command("epoch for a nonce", _COMMAND._replace(code=codes.COMMAND_EPOCH, nonce=NONCE,
                                                        detail=[3])),
        _command("a code nobody knows, no detail", _COMMAND._replace(code=99, detail=[])),
        _possession("possession of a first key", _POSSESSION),
        _possession("possession of a key that replaces another",
                    (*_POSSESSION[:3], OPERATIONS.thumbprint)),
        *_signed(),
        *[valid(f"topic {leaf}", "topic", session.topic(_KID, leaf).encode(),
                {"kid": _KID, "leaf": leaf}) for leaf in ("up", "hello", "ack", "cmd")]]


def _broken(names: tuple[str, ...], good: Sequence[object], versioned: bool,
            faults: list[tuple[str, dict[str, object], str]]) -> list[tuple[str, bytes, str]]:
    """Payloads with other fields than the good one's."""
    cases = []
    for what, other, rule in faults:
        fields = dict(zip(names, good, strict=True)) | other
        parts = [fields[name] for name in names]
        version = [other.get("version", codes.VERSION)] if versioned else []
        cases.append((what, cbor.encode([*version, *parts]), rule))
    return cases


def _bad_hellos() -> list[tuple[str, bytes, str]]:
    rule = "hello.form"
    return [("six parts", cbor.encode([1, *_HELLO[:5]]), rule), *_broken(HELLO, _HELLO, True, [
        ("version 2", {"version": 2}, rule), ("version true", {"version": True}, rule),
        ("kid of 7 bytes", {"kid": _KID[:7]}, rule), ("epoch below 0", {"epoch": -1}, rule),
        ("first_seq null", {"first_seq": None}, rule), ("next_seq true", {"next_seq": True}, rule),
        ("best ack is text", {"best_ack": "ack"}, rule),
        ("nonce of 15 bytes", {"nonce": NONCE[:15]}, rule), ("nonce null", {"nonce": None}, rule)])]


def _bad_acks() -> list[tuple[str, bytes, str]]:
    form, span, time = "ack.form", "ack.range", "ack.time"
    return [("twelve parts", cbor.encode([1, *_ACK[:11]]), form), *_broken(ACK, _ACK, True, [
        ("version 0", {"version": 0}, form), ("kid is text", {"kid": "12345678"}, form),
        ("epoch null", {"epoch": None}, form), ("digest of 31 bytes", {"digest": HASH[:31]}, form),
        ("registered_seq below 0", {"registered_seq": -1}, form),
        ("journal_id of 9 bytes", {"journal_id": b"journal10"}, form),
        ("journal_id null", {"journal_id": None}, form), ("source null", {"source": None}, form),
        ("nonce of 17 bytes", {"nonce": NONCE + b"\0"}, form),
        ("app_hash of 33 bytes", {"app_hash": HASH + b"\0"}, form),
        ("from_seq null alone", {"from_seq": None}, span),
        ("to_seq null alone", {"to_seq": None}, span),
        ("digest null alone", {"digest": None}, span),
        ("from_seq above to_seq", {"from_seq": 17}, span),
        ("time with source 0", {"source": 0}, time), ("no time with source 2", {"unix_ms": None},
                                                      time),
        ("no error with source 2", {"error_ms": None}, time),
        ("an error with source 0", {"source": 0, "unix_ms": None}, time)])]


def _bad_commands() -> list[tuple[str, bytes, str]]:
    rule = "command.form"
    return [("five parts", cbor.encode([1, *_COMMAND[:4]]), rule), ("a map", cbor.encode({}), rule),
            *[(what, data, rule) for what, data, rule in _broken(COMMAND, _COMMAND, True, [
                ("version 2", {"version": 2}, rule), ("kid null", {"kid": None}, rule),
                ("counter below 0", {"counter": -1}, rule),
                ("not_after_ms null", {"not_after_ms": None}, rule),
                ("code true", {"code": True}, rule),
                ("nonce of 15 bytes", {"nonce": NONCE[:15]}, rule)])]]


def _bad_proofs() -> list[tuple[str, bytes, str]]:
    rule = "possession.form"
    return [("three parts", cbor.encode(list(_POSSESSION[:3])), rule),
            *_broken(POSSESSION, _POSSESSION, False, [
                ("root of 31 bytes", {"root": _ROOT[:31]}, rule),
                ("role null", {"role": None}, rule),
                ("thumbprint is a kid", {"thumbprint": _KID}, rule),
                ("replaces a kid", {"replaces": _KID}, rule)])]


_TOPICS = {
    "a wildcard": "coldseal/1/+/up", "version 2": "coldseal/2/0123456789abcdef/up",
    "another root": "hotseal/1/0123456789abcdef/up",
    "upper case": "coldseal/1/0123456789ABCDEF/up",
    "kid of 7 bytes": "coldseal/1/0123456789abcd/up", "no leaf": "coldseal/1/0123456789abcdef",
    "a deeper leaf": "coldseal/1/0123456789abcdef/up/down",
    "a space": "coldseal/1/0123456789abcde /up",
    "a slash in front": "/coldseal/1/0123456789abcdef/up",
}


def _invalid() -> list[Case]:
    payload = session.encode_ack(_ACK)
    framed = session.sign1(codes.PURPOSE_ACK, LEDGER, GATEWAY, payload)
    return [
        *[invalid(f"{form}: {name}", form, data, rule) for form, faults in (
            ("hello", _bad_hellos()), ("ack", _bad_acks()), ("command", _bad_commands()),
            ("possession", _bad_proofs())) for name, data, rule in faults],
        *[invalid(f"topic: {name}", "topic", text.encode(), "session.topic")
          for name, text in _TOPICS.items()],
        invalid("a byte after the signed message", "signed", framed + b"\0", "cbor.trailing",
                purpose=codes.PURPOSE_ACK),
        invalid("signed with a statement's header", "signed", cose.encode_sign1(
            cbor.encode({1: -7, 3: "x", 4: GATEWAY.kid}), payload, framed[-64:]), "cose.header",
            purpose=codes.PURPOSE_ACK)]


SUBJECT = Subject(
    "Payloads of hello, ack, command and proof of possession; \"signed\" cases frame one for a "
    "purpose, signed by the key x || y", _valid(), _invalid())
