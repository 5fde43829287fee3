"""Any CBOR or COSE file, printed for a person: what is known is named, the rest is shown.

cbor2 reads here: files may be anybody's, not only ours.
"""

import io
from collections.abc import Iterator

import cbor2

from ledger_client.errors import InvalidData

_HEADERS = {1: "alg", 2: "crit", 3: "content type", 4: "kid", 15: "claims", 16: "typ",
            33: "x5chain", 34: "x5t", 258: "payload hash alg", 259: "preimage content type",
            260: "payload location", 394: "receipts", 395: "vds", 396: "vdp"}
_CLAIMS = {1: "iss", 2: "sub", 3: "aud", 4: "exp", 5: "nbf", 6: "iat", 7: "cti"}
_ALGORITHMS = {-7: "ES256", -8: "EdDSA", -35: "ES384", -36: "ES512", -37: "PS256"}
_TAG_SIGN1 = 18
_INLINE_BYTES = 40  # a digest or key fits a line; more is counted
_DEPTH = 24  # nested byte strings beyond this are shown, not opened


def lines(data: bytes) -> Iterator[str]:
    """Lines of a CBOR file or sequence; InvalidData names where it stops being CBOR."""
    if not data:
        raise InvalidData("inspect.cbor", "the file is empty")
    if _is_text(data):
        raise InvalidData("inspect.cbor", "a text file: neither CBOR nor COSE")
    stream = io.BytesIO(data)
    number = 0
    while stream.tell() < len(data):
        start = stream.tell()
        try:
            value = cbor2.load(stream)
        except (cbor2.CBORDecodeError, ValueError, EOFError) as error:
            raise InvalidData("inspect.cbor", f"byte {start}: not CBOR ({error})") from error
        if number or stream.tell() < len(data):
            yield f"item {number}:"
        yield from _value(value, 0)
        number += 1


def _is_text(data: bytes) -> bool:
    """Printable text that is not one item of CBOR: letters by themselves pass for items, small
    numbers and strings, and so does many a text for a sequence."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    printable = all(one.isprintable() or one in "\t\r\n" for one in text)
    return printable and _whole(data) is _NOTHING


def _value(value: object, indent: int, names: dict[int, str] | None = None) -> Iterator[str]:
    pad = "  " * indent
    if isinstance(value, cbor2.CBORTag) and value.tag == _TAG_SIGN1:
        yield from _sign1(value.value, indent)
    elif isinstance(value, cbor2.CBORTag):
        yield f"{pad}tag {value.tag}:"
        yield from _value(value.value, indent + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{pad}{_name(key, names)}:" + _inline(inner)
            if not _inline(inner):
                yield from _value(inner, indent + 1, _CLAIMS if names and key == 15 else None)
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield f"{pad}[{at}]" + _inline(inner)
            if not _inline(inner):
                yield from _value(inner, indent + 1)
    elif isinstance(value, bytes):
        yield from _bytes(value, indent)
    else:
        yield f"{pad}{value!r}"


def _name(key: object, names: dict[int, str] | None) -> str:
    if names is not None and isinstance(key, int) and key in names:
        return f"{names[key]} ({key})"
    return key if isinstance(key, str) else repr(key)


def _inline(value: object) -> str:
    """Short values stand behind their name."""
    if value is None or isinstance(value, int | float | str):
        return f" {value!r}"
    if isinstance(value, bytes) and len(value) <= _INLINE_BYTES and _opened(value) is None:
        return f" h'{value.hex()}'"
    if isinstance(value, list | tuple | dict) and not value:
        return " []" if not isinstance(value, dict) else " {}"
    return ""


def _bytes(value: bytes, indent: int) -> Iterator[str]:
    pad = "  " * indent
    inner = _opened(value) if indent < _DEPTH else None
    if inner is None:
        shown = value.hex() if len(value) <= 2 * _INLINE_BYTES else value[:16].hex() + "..."
        yield f"{pad}h'{shown}' ({len(value)} bytes)"
        return
    yield f"{pad}<< {len(value)} bytes of CBOR"
    yield from _value(inner, indent + 1)
    yield f"{pad}>>"


def _opened(value: bytes) -> object:
    """A container encoded inside a byte string, None for anything else: a digest may look like a
    number, but hardly ever like a whole array or map."""
    if not value or (value[0] >> 5 not in (4, 5) and value[0] != 0xD2):
        return None
    inner = _whole(value)
    return None if inner is _NOTHING else inner


_NOTHING = object()  # null is a value of CBOR


def _whole(data: bytes) -> object:
    """The one item that these bytes are; _NOTHING when they are less or more."""
    stream = io.BytesIO(data)
    try:
        inner: object = cbor2.load(stream)
    except (cbor2.CBORDecodeError, ValueError, EOFError):
        return _NOTHING
    return inner if stream.tell() == len(data) else _NOTHING


def _sign1(parts: object, indent: int) -> Iterator[str]:
    pad = "  " * indent
    if not isinstance(parts, list | tuple) or len(parts) != 4:
        yield f"{pad}COSE_Sign1 with other than four parts:"
        yield from _value(parts, indent + 1)
        return
    protected, unprotected, payload, signature = parts
    header = _opened(protected) if isinstance(protected, bytes) else None
    algorithm = header.get(1) if isinstance(header, dict) else None
    yield f"{pad}COSE_Sign1, {_ALGORITHMS.get(algorithm, algorithm)}" \
        if isinstance(algorithm, int) else f"{pad}COSE_Sign1"
    yield f"{pad}  protected header:"
    yield from _value(header if header is not None else protected, indent + 2, _HEADERS)
    if unprotected:
        yield f"{pad}  unprotected header:"
        yield from _value(unprotected, indent + 2, _HEADERS)
    yield f"{pad}  payload:" + (" detached" if payload is None else _inline(payload))
    if payload is not None and not _inline(payload):
        yield from _value(payload, indent + 2)
    yield f"{pad}  signature: h'{signature.hex()}'" if isinstance(signature, bytes) \
        else f"{pad}  signature: {signature!r}"
