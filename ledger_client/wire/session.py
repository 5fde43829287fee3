"""The session between device and gateway: topics, Hello, custody ack, command, proof of possession.

Ack, command and proof are framed exactly as a record; only the purpose in external_aad differs, so
none can be taken for another.  The kid in the header is the signer's, a kid in a payload the
device's.
"""

from ledger_client.wire import cbor, check, codes, cose
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Ack, Command, Hello

TOPIC_ROOT = "coldseal/1/"
JOURNAL_ID_BYTES = 8
NONCE_BYTES = 16


def topic(kid: bytes, leaf: str) -> str:
    """MQTT topic of a device; leaf is up, hello, ack or cmd."""
    return TOPIC_ROOT + kid.hex() + "/" + leaf


def topic_kid(name: str) -> "tuple[bytes, str]":
    """(kid, leaf) of a topic; raise WireError for anything that `topic` does not make."""
    parts = name.split("/")
    if len(parts) != 4 or parts[0] + "/" + parts[1] + "/" != TOPIC_ROOT or len(parts[2]) != 16 \
            or [one for one in parts[2] if one not in "0123456789abcdef"]:
        raise WireError("session.topic", "not coldseal/1/<kid>/<leaf>")
    return bytes.fromhex(parts[2]), parts[3]


def sign1(purpose: int, ledger: bytes, signer: object, payload: bytes) -> bytes:
    """Sign `payload` for `purpose`; signer has .kid and .sign(digest) -> r || s with low s."""
    protected = cose.device_header(signer.kid)  # type: ignore[attr-defined]
    to_sign = cose.digest(protected, cose.context(purpose, ledger), payload)
    signature = signer.sign(to_sign)  # type: ignore[attr-defined]
    return cose.encode_sign1(protected, payload, signature)


def open1(purpose: int, ledger: bytes, data: bytes) -> "tuple[bytes, bytes, bytes, bytes]":
    """(signer kid, digest, signature, payload) of a message; the signature is not yet verified."""
    message = cose.decode_sign1(data)
    kid = cose.read_device_header(message.protected)
    signed = cose.digest(message.protected, cose.context(purpose, ledger), message.payload)
    return kid, signed, message.signature, message.payload


def encode_hello(hello: Hello) -> bytes:
    return cbor.encode([codes.VERSION] + list(hello))


def decode_hello(data: bytes) -> Hello:
    rule = "hello.form"
    parts = _versioned(cbor.decode(data), 7, rule)
    kid, epoch, first_seq, next_seq, best_ack, nonce = parts
    if best_ack is not None and type(best_ack) is not bytes:
        raise WireError(rule, "the best ack held is a byte string or null")
    return Hello(check.sized(kid, cose.KID_BYTES, rule), check.uint_or_null(epoch, rule),
                 check.uint(first_seq, rule), check.uint(next_seq, rule), best_ack,
                 check.sized(nonce, NONCE_BYTES, rule))


def encode_ack(ack: Ack) -> bytes:
    """Payload of a custody ack, to be signed with PURPOSE_ACK."""
    return cbor.encode([codes.VERSION] + list(ack))


def decode_ack(payload: bytes) -> Ack:
    rule = "ack.form"
    parts = _versioned(cbor.decode(payload), 13, rule)
    (kid, epoch, from_seq, to_seq, digest, registered_seq, journal_id, unix_ms, error_ms, source,
     nonce, app_hash) = parts
    ack = Ack(check.sized(kid, cose.KID_BYTES, rule), check.uint(epoch, rule),
              check.uint_or_null(from_seq, rule), check.uint_or_null(to_seq, rule),
              check.sized_or_null(digest, 32, rule), check.uint_or_null(registered_seq, rule),
              check.sized(journal_id, JOURNAL_ID_BYTES, rule),
              check.uint_or_null(unix_ms, rule), check.uint_or_null(error_ms, rule),
              check.uint(source, rule), check.sized_or_null(nonce, NONCE_BYTES, rule),
              check.sized_or_null(app_hash, 32, rule))
    if (ack.from_seq is None) != (ack.to_seq is None) or (ack.to_seq is None) != \
            (ack.digest is None):
        raise WireError("ack.range", "from, to and digest are null together")
    if ack.from_seq is not None and ack.to_seq is not None and ack.from_seq > ack.to_seq:
        raise WireError("ack.range", "from_seq is above to_seq")
    if (ack.unix_ms is None) != (ack.source == codes.SOURCE_NONE) or \
            (ack.error_ms is None) != (ack.source == codes.SOURCE_NONE):
        raise WireError("ack.time", "time and error are null exactly when the source is 0")
    return ack


def encode_command(command: Command) -> bytes:
    """Payload of a command, to be signed with PURPOSE_COMMAND."""
    kid, counter, not_after_ms, code, nonce, detail = command
    return cbor.encode([codes.VERSION, kid, counter, not_after_ms, code, nonce] + detail)


def decode_command(payload: bytes) -> Command:
    rule = "command.form"
    value = cbor.decode(payload)
    if type(value) is not list or len(value) < 6:
        raise WireError(rule, "not an array of at least six")
    check.version(value[0], codes.VERSION, rule)
    return Command(check.sized(value[1], cose.KID_BYTES, rule), check.uint(value[2], rule),
                   check.uint(value[3], rule), check.uint(value[4], rule),
                   check.sized_or_null(value[5], NONCE_BYTES, rule), value[6:])


def encode_possession(root: bytes, role: int, thumbprint: bytes,
                      replaces: "bytes | None") -> bytes:
    """Payload of a proof of possession, to be signed by the new key with PURPOSE_POSSESSION."""
    return cbor.encode([root, role, thumbprint, replaces])


def decode_possession(payload: bytes) -> "tuple[bytes, int, bytes, bytes | None]":
    """(owner root thumbprint, role, thumbprint, replaced thumbprint or None)."""
    rule = "possession.form"
    root, role, thumbprint, replaces = check.array(cbor.decode(payload), 4, rule)
    return (check.sized(root, 32, rule), check.uint(role, rule), check.sized(thumbprint, 32, rule),
            check.sized_or_null(replaces, 32, rule))


def _versioned(value: object, size: int, rule: str) -> "list[object]":
    parts = check.array(value, size, rule)
    check.version(parts[0], codes.VERSION, rule)
    return parts[1:]
