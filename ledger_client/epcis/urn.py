"""EPC URNs and other people's Digital Links as the one canonical Digital Link of the finest key.

Sources: EPC Tag Data Standard (URNs and the element strings they stand for), CBV 2.0 (Digital
Links as identifiers), GS1 Digital Link Standard: URI Syntax.
"""

from typing import TYPE_CHECKING, NamedTuple

from ledger_client.wire import digital_link, gs1_linters, gs1_syntax
from ledger_client.wire.errors import WireError

if TYPE_CHECKING:
    from ledger_client.wire.gs1_elements import Elements


class _Scheme(NamedTuple):
    """How the parts of a URN, company prefix first, make the value of a key."""

    parts: int
    ai: str
    digits: int  # of prefix and reference before their check digit; 0: neither counted nor checked
    indicator_first: bool  # the first digit of the reference goes before the company prefix
    serial: str | None  # AI of the last part, "" where it ends the key's own value


_SCHEMES = {
    "sgtin": _Scheme(3, "01", 13, True, "21"),
    "lgtin": _Scheme(3, "01", 13, True, "10"),
    "upui": _Scheme(3, "01", 13, True, "235"),
    "itip": _Scheme(5, "8006", 13, True, "21"),
    "sscc": _Scheme(2, "00", 17, True, None),
    "sgln": _Scheme(3, "414", 12, False, "254"),
    "pgln": _Scheme(2, "417", 12, False, None),
    "grai": _Scheme(3, "8003", 12, False, ""),
    "gdti": _Scheme(3, "253", 12, False, ""),
    "sgcn": _Scheme(3, "255", 12, False, ""),
    "gsrn": _Scheme(2, "8018", 17, False, None),
    "gsrnp": _Scheme(2, "8017", 17, False, None),
    "gsin": _Scheme(2, "402", 16, False, None),
    "ginc": _Scheme(2, "401", 0, False, None),
    "giai": _Scheme(2, "8004", 0, False, None),
    "cpi": _Scheme(3, "8010", 0, False, "8011"),
}
_PREFIX_DIGITS = range(6, 13)  # of a company prefix in a URN
_WILDCARD = "*"  # the serial of a pattern
_NO_EXTENSION = "0"  # the extension of an SGLN that is the place itself (Tag Data Standard, SGLN)

# Names that older Digital Links have for keys and qualifiers (URI Syntax 1.1).
_ALPHAS = {
    "sscc": "00", "gtin": "01", "lot": "10", "ser": "21", "cpv": "22", "tpx": "235",
    "gdti": "253", "glnx": "254", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414",
    "payTo": "415", "party": "417", "grai": "8003", "giai": "8004", "itip": "8006",
    "cpid": "8010", "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018",
    "srin": "8019", "refno": "8020",
}
_SHORT_GTINS = (8, 12, 13)  # digits
# Qualifiers that belong to the finest key, the finest first: a product variant (22) does not.
_FINEST = {"01": ("21", "235", "10"), "8006": ("21", "10"), "414": ("254",), "8010": ("8011",)}
_FIRST_SEGMENT = 3  # of "https://host/...", split at slashes


def canonical(uri: str) -> str:
    """The canonical Digital Link of an EPC URN or of any Digital Link, cut to its finest key.

    Linters do not judge a Digital Link here: the hash of a partner's event must not depend on a
    check digit, and whoever registers the name judges it.  Raises WireError for what is neither.
    """
    if uri.startswith("urn:"):
        return from_epc_urn(uri)
    path, _ = digital_link.split_link(with_identifiers(uri))
    key, *qualifiers = digital_link.path_elements(path)
    for ai, value in [key, *qualifiers]:
        gs1_syntax.check_value(ai, value, linted=False)
    values = dict(qualifiers)
    finest = [ai for ai in _FINEST.get(key[0], ()) if ai in values][:1]
    return _link([key] + [(ai, values[ai]) for ai in finest])


def with_identifiers(uri: str) -> str:
    """The same Digital Link with AIs for names (gtin, ser) and 14 digits for shorter GTINs."""
    address, mark, query = uri.split("#")[0].partition("?")
    segments = address.split("/")
    for place in range(len(segments) - 2, _FIRST_SEGMENT - 1, -2):
        ai = segments[place] = _ALPHAS.get(segments[place], segments[place])
        if ai == "01":
            segments[place + 1] = _padded(segments[place + 1])
        found = gs1_syntax.entry(ai)
        if found is None or found.is_key():
            break
    words = ["01=" + _padded(word[3:]) if word.startswith("01=") else word
             for word in query.split("&")]
    return "/".join(segments) + mark + "&".join(words)


def _padded(gtin: str) -> str:
    short = len(gtin) in _SHORT_GTINS and gs1_linters.is_digits(gtin)
    return gtin.rjust(14, "0") if short else gtin


def from_epc_urn(urn: str) -> str:
    """The canonical Digital Link of "urn:epc:id:sgtin:4012345.011111.98", of a lot
    ("urn:epc:class:lgtin:...") or of a pattern (idpat), whose wildcard serial is left out.

    Raises WireError: no EPC URN of a GS1 key, or parts that are not what its scheme demands.
    """
    words = urn.split(":", 4)
    kind, name = (words[2], words[3]) if len(words) == 5 else ("", "")
    scheme = _SCHEMES.get(name)
    if words[:2] != ["urn", "epc"] or scheme is None or kind not in _kinds(name, scheme):
        raise WireError("gs1.epc_urn", f"{urn!r} is no EPC URN of a GS1 key")
    parts = words[4].split(".", scheme.parts - 1)  # a serial may hold dots
    if len(parts) != scheme.parts:
        raise WireError("gs1.epc_urn", f"{urn!r}: {name} has {scheme.parts} parts")
    if kind == "idpat":
        if parts[-1] != _WILDCARD:
            raise WireError("gs1.epc_urn", f"{urn!r}: the serial of a pattern is {_WILDCARD}")
        parts.pop()
    elements = _elements(scheme, [digital_link.decoded(part) for part in parts])
    for ai, value in elements:
        gs1_syntax.check_value(ai, value)
    return _link(elements)


def _kinds(name: str, scheme: _Scheme) -> tuple[str, ...]:
    if name == "lgtin":
        return ("class",)
    return ("id",) if scheme.serial is None else ("id", "idpat")


def _elements(scheme: _Scheme, parts: list[str]) -> "Elements":
    """Key and qualifier; `parts` are decoded and lack the serial of a pattern."""
    fixed = scheme.parts if scheme.serial is None else scheme.parts - 1
    value = _key(scheme, parts[0], parts[1]) + "".join(parts[2:fixed])
    if len(parts) == fixed:
        return [(scheme.ai, value)]
    if scheme.serial:
        place_itself = scheme.ai == "414" and parts[-1] == _NO_EXTENSION
        return [(scheme.ai, value)] + ([] if place_itself else [(scheme.serial, parts[-1])])
    return [(scheme.ai, value + parts[-1])]


def _key(scheme: _Scheme, prefix: str, reference: str) -> str:
    if not gs1_linters.is_digits(prefix) or len(prefix) not in _PREFIX_DIGITS:
        raise WireError("gs1.epc_urn", f"{prefix!r} is no company prefix of 6 to 12 digits")
    if not scheme.digits:
        return prefix + reference
    if not gs1_linters.is_digits(reference) or len(prefix + reference) != scheme.digits:
        raise WireError("gs1.epc_urn",
                        f"{prefix}.{reference} are not {scheme.digits} digits together")
    digits = prefix + reference
    if scheme.indicator_first:
        digits = reference[:1] + prefix + reference[1:]
    padding = "0" if scheme.ai == "8003" else ""  # a GRAI starts with a zero of its own
    return padding + digits + gs1_linters.check_digit(digits)


def _link(elements: "Elements") -> str:
    return digital_link.STEM + "".join(
        [f"/{ai}/{digital_link.encoded(value)}" for ai, value in elements])
