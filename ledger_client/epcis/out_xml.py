"""EPCIS 1.2 XML of a shipment, as US partners exchange it under the DSCSA.

Shape of the GS1 US implementation guideline R1.3: document header with sender and receiver, master
data, transaction statement; commissioning with lot and expiry, packing, shipping.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ledger_client.core import answer, identity, registry, state
from ledger_client.core.registry import Current
from ledger_client.epcis.gathered import Happening
from ledger_client.epcis.out_json import time_text
from ledger_client.epcis.rows import AGGREGATION, OBJECT, ROWS
from ledger_client.epcis.to_urn import pattern, to_urn
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import cbor, codes, gs1

_EPCIS = "urn:epcglobal:epcis:xsd:1"
_SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
_US = "http://epcis.gs1us.org/hc/ns"
_MDA = "urn:epcglobal:cbv:mda"
_CBV = "urn:epcglobal:cbv:"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
GUIDELINE = "GS1 US DSCSA R1.3"
STATEMENT = "Seller has complied with each applicable subsection of FDCA Sec. 581(27)(A)-(G)."
# What the guideline exchanges up to a shipment; other rows are nobody's but the owner's.
ACTIONS = (codes.ACTION_COMMISSION, codes.ACTION_PACK, codes.ACTION_UNPACK, codes.ACTION_SHIP)

for _prefix, _name in (("epcis", _EPCIS), ("sbdh", _SBDH), ("gs1ushc", _US), ("cbvmda", _MDA),
                       ("xsi", _SCHEMA)):
    ElementTree.register_namespace(_prefix, _name)


@dataclass(frozen=True)
class Shipment:
    """`affirmed`: the seller makes the transaction statement; nobody makes it for him.
    `transactions` are (type, id) such as ("po", "urn:epcglobal:cbv:bt:...")."""

    happenings: Sequence[Happening]
    affirmed: bool
    transactions: Sequence[tuple[str, str]] = ()


class XmlExporter:
    """Documents of one ledger."""

    def __init__(self, reader: LedgerReader) -> None:
        checkpoint = reader.checkpoint()
        assert checkpoint is not None
        self._view = reader.view()
        self._created = time_text(checkpoint.time_ms)
        self._number = checkpoint.number
        organisations = [identity.Organisation.of(cbor.decode(value, utf8=True))
                         for _, value in reader.store.keys(b"organisation/")]
        self._prefixes = [prefix for one in organisations for prefix in one.prefixes]
        self._names = {one.party: one.name for one in organisations}

    def document(self, shipment: Shipment) -> bytes:
        """The last shipment of what was gathered, by the organisation that shipped it."""
        shipped = [one for one in shipment.happenings if one.action == codes.ACTION_SHIP]
        if not shipped:
            raise UsageError("nothing was shipped: the XML of the DSCSA tells a shipment. Export "
                             "JSON, or name the crate that was shipped")
        last = shipped[-1]
        told = [one for one in shipment.happenings
                if one.action in ACTIONS and one.order <= last.order]
        root = Element(f"{{{_EPCIS}}}EPCISDocument", {
            "schemaVersion": "1.2", "creationDate": self._created})
        self._header(SubElement(root, "EPCISHeader"), shipment, last, told)
        events = SubElement(SubElement(root, "EPCISBody"), "EventList")
        for one in told:
            self._event(events, one, shipment)
        ElementTree.indent(root)
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root) + b"\n"

    def _urn(self, uri: str) -> str:
        return to_urn(uri, self._prefixes)

    def _header(self, header: Element, shipment: Shipment, last: Happening,
                told: Sequence[Happening]) -> None:
        assert last.counterparty is not None
        parties = (last.organisation.party, last.counterparty)
        sbdh = SubElement(header, f"{{{_SBDH}}}StandardBusinessDocumentHeader")
        _text(sbdh, f"{{{_SBDH}}}HeaderVersion", "1.0")
        for name, party in zip(("Sender", "Receiver"), parties, strict=True):
            _text(SubElement(sbdh, f"{{{_SBDH}}}{name}"), f"{{{_SBDH}}}Identifier",
                  self._urn(party), Authority="GS1")
        document = SubElement(sbdh, f"{{{_SBDH}}}DocumentIdentification")
        for name, value in (("Standard", "EPCglobal"), ("TypeVersion", "1.0"),
                            ("InstanceIdentifier", f"{self._number}-{last.order[0]}"),
                            ("Type", "Events"), ("CreationDateAndTime", self._created)):
            _text(document, f"{{{_SBDH}}}{name}", value)
        self._master_data(header, parties, told)
        _text(header, f"{{{_US}}}guidelineVersion", GUIDELINE)
        stated = SubElement(header, f"{{{_US}}}dscsaTransactionStatement")
        _text(stated, f"{{{_US}}}affirmTransactionStatement", str(shipment.affirmed).lower())
        if shipment.affirmed:
            _text(stated, f"{{{_US}}}legalNotice", STATEMENT)

    def _master_data(self, header: Element, parties: Sequence[str],
                     told: Sequence[Happening]) -> None:
        """Names as far as the ledger has them; addresses and NDC are the partners' own."""
        listed = SubElement(SubElement(SubElement(header, "extension"), "EPCISMasterData"),
                            "VocabularyList")
        gtins = sorted({gtin for one in told for thing in one.things
                        if (gtin := answer.gtin_of(thing)) is not None})
        classes = _vocabulary(listed, "EPCClass") if gtins else None
        for gtin in gtins:
            assert classes is not None
            uri = f"https://id.gs1.org/01/{gtin}"
            element = SubElement(classes, "VocabularyElement", id=pattern(uri, self._prefixes))
            current = self._view.load(Current, state.registered_key("product", uri))
            if current is not None:
                _text(element, "attribute", registry.decode_product(current.content).name,
                      id=f"{_MDA}#regulatedProductName")
        places = _vocabulary(listed, "Location")
        for party in dict.fromkeys(parties):
            element = SubElement(places, "VocabularyElement", id=self._urn(party))
            _text(element, "attribute", self._names.get(party, party), id=f"{_MDA}#name")

    def _event(self, events: Element, one: Happening, shipment: Shipment) -> None:
        row = ROWS[one.action]
        assert row.type in (OBJECT, AGGREGATION)
        event = SubElement(events, row.type)
        _text(event, "eventTime", time_text(one.moment.unix_ms))
        _text(event, "eventTimeZoneOffset", "+00:00")
        if row.type == AGGREGATION:
            assert one.parent is not None
            _text(event, "parentID", self._urn(one.parent))
        listed = SubElement(event, "epcList" if row.type == OBJECT else "childEPCs")
        for thing in one.things:
            _text(listed, "epc", self._urn(thing))
        _text(event, "action", row.action)
        _text(event, "bizStep", f"{_CBV}bizstep:{row.step}")
        _text(event, "disposition", f"{_CBV}disp:{row.disposition}")
        if one.place is not None:
            for name in ("readPoint", "bizLocation") if row.stays else ("readPoint",):
                _text(SubElement(event, name), "id", self._urn(one.place))
        if one.action == codes.ACTION_SHIP:
            self._shipping(event, one, shipment)
        elif one.lot is not None and one.expiry is not None:
            _instance_data(event, one.lot, one.expiry, one.moment.unix_ms)

    def _shipping(self, event: Element, one: Happening, shipment: Shipment) -> None:
        assert one.counterparty is not None
        if shipment.transactions:
            listed = SubElement(event, "bizTransactionList")
            for kind, name in shipment.transactions:
                _text(listed, "bizTransaction", name, type=f"{_CBV}btt:{kind}")
        extension = SubElement(event, "extension")
        for name, party in (("source", one.organisation.party), ("destination", one.counterparty)):
            listed = SubElement(extension, f"{name}List")
            for kind in ("owning_party", "location"):
                _text(listed, name, self._urn(party), type=f"{_CBV}sdt:{kind}")
        _text(event, f"{{{_US}}}dropShipment", "false")


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = text


def _vocabulary(listed: Element, kind: str) -> Element:
    return SubElement(SubElement(listed, "Vocabulary", type=f"urn:epcglobal:epcis:vtype:{kind}"),
                      "VocabularyElementList")


def _instance_data(event: Element, lot: str, expiry: str, unix_ms: int) -> None:
    year, month, day, _ = gs1.expiry_day(expiry, int(time_text(unix_ms)[:4]))
    ilmd = SubElement(SubElement(event, "extension"), "ilmd")
    _text(ilmd, f"{{{_MDA}}}lotNumber", lot)
    _text(ilmd, f"{{{_MDA}}}itemExpirationDate", f"{year:04}-{month:02}-{day:02}")
