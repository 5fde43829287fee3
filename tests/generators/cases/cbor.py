"""Deterministic CBOR: the part that Coldseal uses, and everything beside it by name."""

from ledger_client.wire import cbor
from tests.generators.cases.common import Case, Subject, invalid, refused_value, valid_value

_INTEGERS = {
    "0": "00", "23": "17", "24": "1818", "255": "18ff", "256": "190100", "65535": "19ffff",
    "65536": "1a00010000", "4294967295": "1affffffff", "4294967296": "1b0000000100000000",
    "9007199254740991": "1b001fffffffffffff", "-1": "20", "-24": "37", "-25": "3818",
    "-256": "38ff", "-257": "390100", "-65537": "3a00010000", "-4294967297": "3b0000000100000000",
    "-9007199254740991": "3b001ffffffffffffe",
}
_VALUES: list[tuple[str, str, object]] = [
    ("null", "f6", None), ("false", "f4", False), ("true", "f5", True),
    ("no bytes", "40", b""), ("one byte", "41ff", b"\xff"),
    ("23 bytes", "57" + "00" * 23, bytes(23)), ("24 bytes", "5818" + "00" * 24, bytes(24)),
    ("256 bytes", "590100" + "00" * 256, bytes(256)),
    ("no text", "60", ""), ("text", "6449455446", "IETF"),
    ("text from space to tilde", "62207e", " ~"), ("24 characters", "7818" + "61" * 24, "a" * 24),
    ("empty array", "80", []), ("array of three", "83010203", [1, 2, 3]),
    ("array of 24", "9818" + "00" * 24, [0] * 24),
    ("empty map", "a0", {}), ("map of text and integers", "a201f6616102", {1: None, "a": 2}),
    ("keys ascend as bytes: 10, 100, -1, z, aa", "a50a011864022003617a0462616105",
     {10: 1, 100: 2, -1: 3, "z": 4, "aa": 5}),
    ("8 levels of arrays", "8181818181818180", [[[[[[[[]]]]]]]]),
    ("8 levels of arrays and maps", "a10081a10081a10081a10080",
     {0: [{0: [{0: [{0: []}]}]}]}),
]
_UTF8: list[tuple[str, str, str]] = [
    ("two-byte character", "62c3bc", "ü"), ("first above the C1 controls", "62c2a0", "\xa0"),
    ("last of two bytes", "62dfbf", "\u07ff"), ("first of three bytes", "63e0a080", "\u0800"),
    ("last of three bytes", "63efbfbf", "\uffff"),
    ("first of four bytes", "64f0908080", "\U00010000"), ("three-byte character", "63e6b0b4", "水"),
    ("four-byte character", "64f0908591", "\U00010151"),
    ("last before the surrogates", "63ed9fbf", "\ud7ff"),
    ("first after the surrogates", "63ee8080", "\ue000"),
    ("last of all", "64f48fbfbf", "\U0010ffff"),
    ("a letter and its accent apart: not normalised", "6375cc88", "u\u0308"),
]
_SHORTEST = {
    "0 in two bytes": "1800", "23 in two bytes": "1817", "255 in three bytes": "1900ff",
    "65535 in five bytes": "1a0000ffff", "4294967295 in nine bytes": "1b00000000ffffffff",
    "-1 in two bytes": "3800", "length of bytes in two bytes": "580100",
    "length of text in three bytes": "79000161", "length of an array in two bytes": "980100",
    "length of a map in two bytes": "b8010000", "tag 1 in two bytes": "d80100",
}
_SHORT = {
    "nothing": "", "head cut off": "18", "head of nine bytes cut off": "1b00000000000000",
    "bytes cut off": "4200", "text cut off": "6261", "an array without its second": "8200",
    "a map without its value": "a100", "more elements than bytes": "9affffffff00",
    "more pairs than bytes": "baffffffff00", "more bytes than there are": "5b001fffffffffffff00",
}
_INVALID: list[tuple[str, str, str]] = [
    ("a byte after the item", "0000", "cbor.trailing"),
    ("indefinite bytes", "5f4100ff", "cbor.indefinite"),
    ("indefinite text", "7f6161ff", "cbor.indefinite"),
    ("indefinite array", "9f00ff", "cbor.indefinite"),
    ("indefinite map", "bf0000ff", "cbor.indefinite"), ("a break alone", "ff", "cbor.indefinite"),
    ("reserved head 28", "1c", "cbor.reserved"),
    ("reserved head 30 of a map", "be", "cbor.reserved"),
    ("half float 0.0", "f90000", "cbor.float"), ("half float 1.5", "f93e00", "cbor.float"),
    ("single float", "fa47c35000", "cbor.float"),
    ("double float", "fb3ff199999999999a", "cbor.float"), ("infinity", "f97c00", "cbor.float"),
    ("undefined", "f7", "cbor.simple"), ("simple 16", "f0", "cbor.simple"),
    ("simple 24 in two bytes", "f818", "cbor.simple"), ("simple 255", "f8ff", "cbor.simple"),
    ("tag 18 without its use", "d280", "cbor.tag"), ("a date", "c074323031332d30332d32315432303a30"
     "343a30305a", "cbor.tag"), ("a bignum", "c249010000000000000000", "cbor.tag"),
    ("tag inside an array", "81c11a514b67b0", "cbor.tag"),
    ("self-described", "d9d9f700", "cbor.tag"),
    ("2^53", "1b0020000000000000", "cbor.integer"), ("-2^53", "3b001fffffffffffff", "cbor.integer"),
    ("2^64 - 1", "1bffffffffffffffff", "cbor.integer"),
    ("-2^64", "3bffffffffffffffff", "cbor.integer"),
    ("9 levels of arrays", "818181818181818180", "cbor.depth"),
    ("9 levels, the last a map", "8181818181818181a0", "cbor.depth"),
    ("byte string as key", "a1410000", "cbor.key"), ("array as key", "a18000", "cbor.key"),
    ("null as key", "a1f600", "cbor.key"), ("true as key", "a1f500", "cbor.key"),
    ("the same key twice", "a201000100", "cbor.order"),
    ("keys descend", "a202000100", "cbor.order"),
    ("shorter keys first: -1 before 100", "a22000186400", "cbor.order"),
    ("text before integer", "a26161000000", "cbor.order"),
    ("newline in text", "610a", "cbor.text"), ("delete in text", "617f", "cbor.text"),
    ("U+0000 in text", "6100", "cbor.text"), ("UTF-8 where ASCII is due", "62c3bc", "cbor.text"),
]
_BAD_UTF8 = {
    "newline": "610a", "delete": "617f", "a C1 control": "62c280", "last C1 control": "62c29f",
    "a continuation alone": "6180", "overlong in two bytes": "62c080", "overlong slash": "62c1af",
    "overlong in three bytes": "63e08080", "overlong in four bytes": "64f0808080",
    "a surrogate": "63eda080", "last surrogate": "63edbfbf", "above U+10FFFF": "64f4908080",
    "head f5": "64f5808080", "head of five bytes": "65f888808080", "cut off after the head": "61c3",
    "cut off in three bytes": "62e6b0", "no continuation": "62c341", "byte ff": "61ff",
}


def _valid() -> list[Case]:
    cases = [valid_value(f"integer {text}", "cbor", bytes.fromhex(data), int(text))
             for text, data in _INTEGERS.items()]
    cases += [valid_value(name, "cbor", bytes.fromhex(data), value)
              for name, data, value in _VALUES]
    return cases + [valid_value(name, "cbor utf-8", bytes.fromhex(data), value)
                    for name, data, value in _UTF8]


def _invalid() -> list[Case]:
    cases = [invalid(name, "cbor", bytes.fromhex(data), "cbor.short")
             for name, data in _SHORT.items()]
    cases += [invalid(name, "cbor", bytes.fromhex(data), "cbor.shortest")
              for name, data in _SHORTEST.items()]
    cases += [invalid(name, "cbor", bytes.fromhex(data), rule) for name, data, rule in _INVALID]
    cases += [invalid(name, "cbor utf-8", bytes.fromhex(data), "cbor.text")
              for name, data in _BAD_UTF8.items()]
    return [*cases, *_unwritten()]


def _unwritten() -> list[Case]:
    nine: object = 0
    for _ in range(cbor.DEPTH_LIMIT + 1):
        nine = [nine]
    values: list[tuple[str, object, str]] = [
        ("a fraction to encode", 1.5, "cbor.type"), ("2^53 to encode", 1 << 53, "cbor.integer"),
        ("-2^53 to encode", -(1 << 53), "cbor.integer"), ("9 levels to encode", nine, "cbor.depth"),
        ("a tab to encode", "\t", "cbor.text"), ("an umlaut to encode", "ü", "cbor.text")]
    return [refused_value(name, "cbor value", value, rule) for name, value, rule in values]


SUBJECT = Subject("Deterministic CBOR, RFC 8949 section 4.2.1", _valid(), _invalid())
