"""EPC URNs and partners' links end in one name."""

import pytest

from ledger_client.epcis import urn
from ledger_client.wire.errors import WireError


@pytest.mark.parametrize(("epc", "name"), [
    ("id:sgtin:9506000.013435.A.1", "01/09506000134352/21/A.1"),  # a serial may hold dots
    ("id:sgtin:9506000.013435.a:b", "01/09506000134352/21/a%3Ab"),
    ("id:sgtin:9506000.013435.A%2F1", "01/09506000134352/21/A%2F1"),
    ("idpat:sgtin:9506000.013435.*", "01/09506000134352"),
    ("class:lgtin:9506000.013435.L1", "01/09506000134352/10/L1"),
    ("id:sscc:0614141.1123456789", "00/106141411234567897"),
    ("id:sgln:9506000.13435.0", "414/9506000134352"),  # extension 0: the place itself
    ("id:sgln:9506000.13435.A1", "414/9506000134352/254/A1"),
    ("id:pgln:9506000.13435", "417/9506000134352"),
    ("id:giai:9506000.134352L-1", "8004/9506000134352L-1"),
    ("id:grai:9506000.13435.A", "8003/09506000134352A"),
    ("id:sgcn:9506000.13435.04711", "255/950600013435204711"),
])
def test_urns_of_what_the_ledger_names(epc: str, name: str) -> None:
    assert urn.from_epc_urn("urn:epc:" + epc) == "https://id.gs1.org/" + name
    assert urn.canonical("urn:epc:" + epc) == "https://id.gs1.org/" + name


@pytest.mark.parametrize("epc", [
    "id:sgtin:9506000.013435",  # no serial
    "id:sgtin:9506000.01343.1",  # 12 digits
    "id:sgtin:95060.00013435.1",  # a prefix of five digits
    "id:sgtin:950600x.013435.1",
    "id:sgtin:9506000.01343x.1",
    "id:sgtin:9506000.013435.",
    "id:sgtin:9506000.013435.%zz",
    "id:sgtin:9506000.013435.123456789012345678901",
    "idpat:sgtin:9506000.013435.7",
    "idpat:sgtin:9506000.*.*",
    "idpat:sscc:0614141.*",
    "id:lgtin:9506000.013435.L1",
    "class:sgtin:9506000.013435.7",
    "id:sscc:0614141.1123456789.1",
    "id:gid:95100000.12345.400",  # no GS1 key
    "id:sgtin",
    "",
])
def test_what_is_no_urn_of_a_key_is_refused(epc: str) -> None:
    with pytest.raises(WireError, match="gs1"):
        urn.canonical("urn:epc:" + epc)


def test_a_value_that_looks_like_a_name_stays_a_value() -> None:
    assert urn.canonical("https://example.com/gtin/9506000134352/ser/lot#top") == (
        "https://id.gs1.org/01/09506000134352/21/lot")


def test_a_canonical_name_is_its_own() -> None:
    name = "https://id.gs1.org/01/09506000134352/21/A%2F1"
    assert urn.canonical(name) == name
