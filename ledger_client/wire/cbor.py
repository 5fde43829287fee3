"""Deterministic CBOR (RFC 8949 section 4.2.1), and only the part that Coldseal uses.

Integers of magnitude below 2^53, byte strings, text, arrays, maps with strictly ascending encoded
keys that are integers or text, null, false, true, and tag 18 at the top.  What decodes re-encodes
to the same bytes; everything else is refused by name.  Text is printable ASCII, or with utf8=True
UTF-8 without control characters (statements on the ledger only).

Types are tested with `type(x) is int`: True == 1 on both interpreters, and isinstance(True, int)
differs between them.
"""

from ledger_client.wire.errors import WireError

INTEGER_LIMIT = 1 << 53  # browsers and SQLite read these numbers exactly
DEPTH_LIMIT = 8  # bounds recursion on a device stack; the outermost array or map is 1
TAG_SIGN1 = 0xD2  # tag 18, COSE_Sign1 (RFC 9052 section 4.2)

_UINT, _NINT, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_SHORTEST = (24, 1 << 8, 1 << 16, 1 << 32)
_CONSTANTS = {0xF4: False, 0xF5: True, 0xF6: None}


def encode(value: object, utf8: bool = False) -> bytes:
    """Encode `value`; raise WireError for what the format cannot hold."""
    out = bytearray()
    _write(out, value, 1, utf8)
    return bytes(out)


def encode_sign1(parts: list) -> bytes:  # type: ignore[type-arg]
    """Encode the four-part array of a COSE_Sign1 under tag 18."""
    out = bytearray((TAG_SIGN1,))
    _write(out, parts, 1, False)
    return bytes(out)


def decode(data: bytes, utf8: bool = False) -> object:
    """Decode exactly one item; raise WireError for anything else, trailing bytes included."""
    value, end = _read(data, 0, 1, utf8)
    if end != len(data):
        raise WireError("cbor.trailing", "%d bytes follow the item" % (len(data) - end))
    return value


def read(data: bytes, at: int, utf8: bool = False) -> "tuple[object, int]":
    """Decode the item that starts at `at` of a CBOR sequence (RFC 8742): (value, where it ends)."""
    return _read(data, at, 1, utf8)


def head(data: bytes, at: int) -> "tuple[int, int, int]":
    """The head at `at`: (major type, argument, where the content starts)."""
    if at >= len(data):
        raise WireError("cbor.short", "the data ends at byte %d, inside an item" % at)
    first = data[at]
    major, low = first >> 5, first & 31
    at += 1
    if low < 24:
        return major, low, at
    if low > 27:
        raise WireError("cbor.indefinite" if low == 31 else "cbor.reserved",
                        "head %02x at byte %d" % (first, at - 1))
    end = at + (1 << (low - 24))
    if end > len(data):
        raise WireError("cbor.short", "the data ends inside the head at byte %d" % (at - 1))
    argument = int.from_bytes(data[at:end], "big")
    if major != _SIMPLE and argument < _SHORTEST[low - 24]:
        raise WireError("cbor.shortest", "%d at byte %d is not in its shortest form"
                        % (argument, at - 1))
    return major, argument, end


def _read(data: bytes, at: int, depth: int, utf8: bool) -> "tuple[object, int]":
    major, argument, start = head(data, at)
    if major == _UINT or major == _NINT:
        return _integer(major, argument), start
    if major == _BYTES or major == _TEXT:
        end = start + argument
        if end > len(data):
            raise WireError("cbor.short", "a string of %d bytes at byte %d runs past the end"
                            % (argument, at))
        if major == _BYTES:
            return data[start:end], end
        return _text(data[start:end], utf8), end
    if major == _ARRAY or major == _MAP:
        if depth > DEPTH_LIMIT:
            raise WireError("cbor.depth", "more than %d levels at byte %d" % (DEPTH_LIMIT, at))
        if argument > len(data) - start:  # every element has at least one byte: no huge loop
            raise WireError("cbor.short", "%d elements announced at byte %d" % (argument, at))
        if major == _ARRAY:
            return _read_array(data, start, argument, depth, utf8)
        return _read_map(data, start, argument, depth, utf8)
    if major == _TAG:
        raise WireError("cbor.tag", "tag %d at byte %d" % (argument, at))
    first = data[at]
    if first in _CONSTANTS:
        return _CONSTANTS[first], start
    raise WireError("cbor.float" if 0xF9 <= first <= 0xFB else "cbor.simple",
                    "value %02x at byte %d" % (first, at))


def _integer(major: int, argument: int) -> int:
    value = argument if major == _UINT else -1 - argument
    if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
        raise WireError("cbor.integer", "an integer is not below 2^53")
    return value


def _read_array(data: bytes, at: int, count: int, depth: int, utf8: bool) \
        -> "tuple[list[object], int]":
    values = []
    for _ in range(count):
        value, at = _read(data, at, depth + 1, utf8)
        values.append(value)
    return values, at


def _read_map(data: bytes, at: int, count: int, depth: int, utf8: bool) \
        -> "tuple[dict[object, object], int]":
    values: "dict[object, object]" = {}
    before = b""
    for _ in range(count):
        if head(data, at)[0] not in (_UINT, _NINT, _TEXT):
            raise WireError("cbor.key", "a map key at byte %d is neither integer nor text" % at)
        key, end = _read(data, at, depth + 1, utf8)
        encoded = data[at:end]
        if encoded <= before:
            raise WireError("cbor.order", "map keys do not ascend at byte %d" % at)
        before = encoded
        values[key], at = _read(data, end, depth + 1, utf8)
    return values, at


def _write(out: bytearray, value: object, depth: int, utf8: bool) -> None:
    kind = type(value)  # the most frequent kinds first
    if kind is int:
        if not -INTEGER_LIMIT < value < INTEGER_LIMIT:  # type: ignore[operator]
            raise WireError("cbor.integer", "an integer is not below 2^53")
        if value >= 0:  # type: ignore[operator]
            _write_head(out, _UINT, value)  # type: ignore[arg-type]
        else:
            _write_head(out, _NINT, -1 - value)  # type: ignore[operator]
    elif kind is bytes:
        _write_head(out, _BYTES, len(value))  # type: ignore[arg-type]
        out.extend(value)  # type: ignore[arg-type]
    elif kind is str:
        encoded = _encoded_text(value, utf8)  # type: ignore[arg-type]
        _write_head(out, _TEXT, len(encoded))
        out.extend(encoded)
    elif isinstance(value, (list, tuple)):
        _check_depth(depth)
        _write_head(out, _ARRAY, len(value))
        for element in value:
            _write(out, element, depth + 1, utf8)
    elif value is None:
        out.append(0xF6)
    elif kind is bool:
        out.append(0xF5 if value else 0xF4)
    elif kind is dict:
        _check_depth(depth)
        _write_map(out, value, depth, utf8)  # type: ignore[arg-type]
    else:
        raise WireError("cbor.type", "%s has no encoding here" % kind.__name__)


def _write_map(out: bytearray, value: "dict[object, object]", depth: int, utf8: bool) -> None:
    pairs = []
    for key in value:
        if type(key) is not int and type(key) is not str:
            raise WireError("cbor.key", "a map key is neither integer nor text")
        encoded = bytearray()
        _write(encoded, key, depth + 1, utf8)
        pairs.append((bytes(encoded), key))
    pairs.sort(key=lambda pair: pair[0])
    _write_head(out, _MAP, len(pairs))
    for encoded_key, key in pairs:
        out.extend(encoded_key)
        _write(out, value[key], depth + 1, utf8)


def _check_depth(depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise WireError("cbor.depth", "more than %d levels" % DEPTH_LIMIT)


def _write_head(out: bytearray, major: int, argument: int) -> None:
    major <<= 5
    if argument < 24:
        out.append(major | argument)
        return
    for low, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            out.append(major | low)
            out.extend(argument.to_bytes(size, "big"))
            return


def _encoded_text(value: str, utf8: bool) -> bytes:
    try:
        encoded = value.encode()
    except ValueError:  # CPython's, for half a surrogate pair; MicroPython encodes it, see _text
        raise WireError("cbor.text", "the text holds half a surrogate pair")
    _text(encoded, utf8)
    return encoded


def _text(data: bytes, utf8: bool) -> str:
    """Text from its bytes; MicroPython accepts malformed UTF-8, so the check is ours (RFC 3629)."""
    if not data or (min(data) >= 0x20 and max(data) < 0x7F):  # most text, looked at in C
        return data.decode()
    at = 0
    while at < len(data):
        first = data[at]
        if 0x20 <= first < 0x7F:
            at += 1
            continue
        if not utf8 or first < 0x80:
            raise WireError("cbor.text", "byte %02x is not printable ASCII" % first)
        at = _utf8_end(data, at)
    return data.decode()


def _utf8_end(data: bytes, at: int) -> int:
    """Where the multi-byte character at `at` ends."""
    first = data[at]
    if 0xC2 <= first < 0xE0:
        size, code = 2, first & 0x1F
    elif 0xE0 <= first < 0xF0:
        size, code = 3, first & 0x0F
    elif 0xF0 <= first < 0xF5:
        size, code = 4, first & 0x07
    else:
        raise WireError("cbor.text", "byte %02x starts no UTF-8 character" % first)
    if at + size > len(data):
        raise WireError("cbor.text", "the text ends inside a UTF-8 character")
    for follower in data[at + 1:at + size]:
        if follower & 0xC0 != 0x80:
            raise WireError("cbor.text", "byte %02x is no UTF-8 continuation" % follower)
        code = code << 6 | follower & 0x3F
    if code < (0, 0, 0x80, 0x800, 0x10000)[size] or code > 0x10FFFF or 0xD800 <= code < 0xE000 \
            or code < 0xA0:  # overlong, out of range, surrogate, or a C1 control (U+0080-009F)
        raise WireError("cbor.text", "U+%04X may not stand in text" % code)
    return at + size
