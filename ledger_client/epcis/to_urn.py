"""Canonical Digital Links as EPC URNs, which EPCIS 1.2 partners read.

A URN says where the company prefix ends, which a Digital Link does not: it is taken from the
prefixes that the members of the ledger own.  Source: EPC Tag Data Standard.
"""

from collections.abc import Sequence

from ledger_client.errors import UsageError
from ledger_client.wire import digital_link, gs1

_ESCAPED = '"%&/<>?'  # of a serial in a URN (Tag Data Standard, URI encoding of GS1 alphabets)


def to_urn(uri: str, prefixes: Sequence[str]) -> str:
    """"urn:epc:id:sgtin:..." of a pack, SSCC, GLN or asset; UsageError when nobody owns its
    prefix."""
    prefix = gs1.gcp_owner(uri, list(prefixes))
    if prefix is None:
        raise UsageError(f"{uri}: no member of this ledger owns its GS1 prefix, so it has no EPC "
                         "URN here")
    (ai, value), *rest = digital_link.parse_digital_link(uri)
    qualifier = dict(rest)
    if ai == "01" and "21" in qualifier:
        return f"urn:epc:id:sgtin:{prefix}.{_item(value, prefix)}.{_escaped(qualifier['21'])}"
    if ai == "01" and "10" in qualifier:
        return f"urn:epc:class:lgtin:{prefix}.{_item(value, prefix)}.{_escaped(qualifier['10'])}"
    if ai == "00":
        return f"urn:epc:id:sscc:{prefix}.{value[0]}{value[1 + len(prefix):-1]}"
    if ai in ("414", "417"):
        return f"urn:epc:id:sgln:{prefix}.{value[len(prefix):-1]}." \
            + _escaped(qualifier.get("254", "0"))
    if ai == "8004":
        return f"urn:epc:id:giai:{prefix}.{_escaped(value[len(prefix):])}"
    raise UsageError(f"{uri}: no EPC URN is known for AI ({ai})")


def pattern(gtin_uri: str, prefixes: Sequence[str]) -> str:
    """Every pack of a GTIN: "urn:epc:idpat:sgtin:....*"."""
    prefix = gs1.gcp_owner(gtin_uri, list(prefixes))
    if prefix is None:
        raise UsageError(f"{gtin_uri}: no member of this ledger owns its GS1 prefix")
    value = dict(digital_link.parse_digital_link(gtin_uri))["01"]
    return f"urn:epc:idpat:sgtin:{prefix}.{_item(value, prefix)}.*"


def _item(gtin: str, prefix: str) -> str:
    """Indicator digit, then the item reference; the check digit falls away."""
    return gtin[0] + gtin[1 + len(prefix):-1]


def _escaped(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in _ESCAPED else letter for letter in text)
