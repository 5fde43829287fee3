"""COSE_Sign1 as Coldseal frames it, and key thumbprints."""

from ledger_client.wire import cbor, cose
from tests.generators.cases.common import DEVICE, GATEWAY, Case, Subject, invalid, valid

_PROTECTED = cose.device_header(DEVICE.kid)
_PAYLOAD = b"content"
_SIGNATURE = DEVICE.sign(cose.digest(_PROTECTED, b"", _PAYLOAD))
_N = cose.P256_ORDER


def _message(*parts: object) -> bytes:
    return cbor.encode_sign1(list(parts))


def _signed(r: int, s: int) -> bytes:
    return _message(_PROTECTED, {}, _PAYLOAD, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


_GOOD = _message(_PROTECTED, {}, _PAYLOAD, _SIGNATURE)


def _sign1(name: str, data: bytes, payload: bytes, signature: bytes) -> Case:
    return valid(name, "sign1", data, {
        "protected": _PROTECTED, "payload": payload, "signature": signature})


def _valid() -> list[Case]:
    smallest = (1).to_bytes(32, "big") + (1).to_bytes(32, "big")
    largest = (_N - 1).to_bytes(32, "big") + (_N // 2).to_bytes(32, "big")
    keys = [("key of the device", DEVICE), ("key of the gateway", GATEWAY)]
    return [
        _sign1("signed by the device", _GOOD, _PAYLOAD, _SIGNATURE),
        _sign1("r and s are 1", _signed(1, 1), _PAYLOAD, smallest),
        _sign1("r is n - 1, s is (n - 1) / 2", _signed(_N - 1, _N // 2), _PAYLOAD, largest),
        _sign1("no payload bytes", _message(_PROTECTED, {}, b"", smallest), b"", smallest),
        *[valid(name, "public key", key.public_key,
                {"thumbprint": key.thumbprint, "kid": key.kid}) for name, key in keys]]


_INVALID: list[tuple[str, bytes, str]] = [
    ("no tag", _GOOD[1:], "cose.tag"), ("nothing", b"", "cose.tag"),
    ("tag 17, COSE_Mac0", b"\xd1" + _GOOD[1:], "cose.tag"),
    ("tag 98, COSE_Sign", b"\xd8\x62" + _GOOD[1:], "cose.tag"),
    ("tag 18 in two bytes", b"\xd8\x12" + _GOOD[1:], "cose.tag"),
    ("three parts", _message(_PROTECTED, {}, _PAYLOAD), "cose.parts"),
    ("five parts", _message(_PROTECTED, {}, _PAYLOAD, _SIGNATURE, None), "cose.parts"),
    ("a map instead of the array", b"\xd2\xa0", "cose.parts"),
    ("protected header is a map", _message({}, {}, _PAYLOAD, _SIGNATURE), "cose.parts"),
    ("detached payload", _message(_PROTECTED, {}, None, _SIGNATURE), "cose.parts"),
    ("payload is text", _message(_PROTECTED, {}, "content", _SIGNATURE), "cose.parts"),
    ("signature is null", _message(_PROTECTED, {}, _PAYLOAD, None), "cose.parts"),
    ("kid in the unprotected map", _message(_PROTECTED, {4: b"11"}, _PAYLOAD, _SIGNATURE),
     "cose.unprotected"),
    ("unprotected is null", _message(_PROTECTED, None, _PAYLOAD, _SIGNATURE), "cose.unprotected"),
    ("unprotected is an array", _message(_PROTECTED, [], _PAYLOAD, _SIGNATURE), "cose.unprotected"),
    ("signature of 63 bytes", _message(_PROTECTED, {}, _PAYLOAD, _SIGNATURE[:63]),
     "cose.signature-length"),
    ("signature of 65 bytes", _message(_PROTECTED, {}, _PAYLOAD, _SIGNATURE + b"\0"),
     "cose.signature-length"),
    ("no signature", _message(_PROTECTED, {}, _PAYLOAD, b""), "cose.signature-length"),
    ("r is 0", _signed(0, 1), "cose.signature-range"),
    ("s is 0", _signed(1, 0), "cose.signature-range"),
    ("r is n", _signed(_N, 1), "cose.signature-range"),
    ("s is n", _signed(1, _N), "cose.signature-range"),
    ("r is 2^256 - 1", _signed((1 << 256) - 1, 1), "cose.signature-range"),
    ("s is (n + 1) / 2", _signed(1, _N // 2 + 1), "cose.high-s"),
    ("s is n - 1", _signed(1, _N - 1), "cose.high-s"),
    ("a byte after the message", _GOOD + b"\0", "cbor.trailing"),
    ("cut off", _GOOD[:-1], "cbor.short"),
]
_KEYS = [("key of 63 bytes", DEVICE.public_key[:63]), ("key with its 04", b"\4" +
                                                      DEVICE.public_key)]

SUBJECT = Subject(
    "COSE_Sign1 under tag 18 with an empty unprotected map (RFC 9052 section 4.2); COSE Key "
    "Thumbprints (RFC 9679) of keys x || y",
    _valid(), [*[invalid(name, "sign1", data, rule) for name, data, rule in _INVALID],
               *[invalid(name, "public key", data, "cose.key") for name, data in _KEYS]])
