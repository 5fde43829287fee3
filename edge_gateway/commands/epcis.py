"""`coldseal export`, `capture`, `check`: EPCIS and DS01 out, EPCIS in, is a pack what it says?"""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway import ds01_export, item_verdict
from edge_gateway.commands import registering
from edge_gateway.commands.common import (
    EXIT_DATA,
    Json,
    LedgerKey,
    LedgerPath,
    SimulatedTime,
    canonical,
    counted,
    out,
    print_json,
    read_file,
    reader,
    writer,
)
from edge_gateway.commands.item import newest, print_against
from edge_gateway.commands.screen import joined, strong
from edge_gateway.commands.writing import write_file
from edge_gateway.item_verdict import Asked
from edge_gateway.labels.rows import expiry_digits
from ledger_client import signer
from ledger_client.core import against, answer, capture, identity, item, rule_book, state, statement
from ledger_client.core.entry import Submission
from ledger_client.core.findings import Findings
from ledger_client.epcis import in_json, verification
from ledger_client.epcis.gathered import Gathering
from ledger_client.epcis.out_json import Exporter, Storage, of_organisation
from ledger_client.epcis.out_xml import Shipment, XmlExporter
from ledger_client.epcis.verification import Verification
from ledger_client.errors import InvalidData, UsageError
from ledger_client.node import naming
from ledger_client.node.embedded import EmbeddedLedger, LedgerReader, Registered
from ledger_client.node.source import LedgerSource
from ledger_client.wire import gs1, gs1_syntax
from ledger_client.wire.errors import WireError

ItemArgument = Annotated[str, typer.Argument(
    help="Digital Link, (01)...(21)... or (00)...", metavar="ITEM")]


def export(named: ItemArgument, ledger: LedgerPath, *,
           epcis: Annotated[bool, typer.Option("--epcis", help="Its history, as EPCIS.")] = False,
           ds01: Annotated[Path | None, typer.Option(
               help="What its loggers measured, as WHO PQS E006/DS01; FILE says what the standard "
               "asks of the loggers.", metavar="FILE")] = None,
           profile: Annotated[str | None, typer.Option(
               help="Of a crate or room in a DS01 file: the registered one whose alarms it has.",
               metavar="NAME")] = None,
           output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.",
                                                metavar="FILE")],
           form: Annotated[str, typer.Option(
               "--format", help="json: EPCIS 2.0; xml: EPCIS 1.2 of a shipment (DSCSA).",
               metavar="json|xml")] = "json",
           party: Annotated[str | None, typer.Option(
               help="Only what this organisation did (its party's Digital Link): what it would "
               "send itself. JSON only.", metavar="URI")] = None,
           transaction: Annotated[list[str] | None, typer.Option(
               help="A document behind the shipment, such as po=urn:...; again for more.",
               metavar="TYPE=ID")] = None,
           affirm: Annotated[bool, typer.Option(
               help="You, the seller, make the DSCSA transaction statement. XML only.")] = False,
           ) -> None:
    """Write the history of a pack or a shipment for a trading partner."""
    _check_kind(epcis, ds01, form, party)
    source = reader(ledger)
    uri = canonical(named)
    if ds01 is not None:
        _export_ds01(source, Asked(uri, profile), ds01, output)
        return
    happenings = Gathering(source).of(uri)
    transactions = [_transaction(one) for one in transaction or []]
    if form == "xml":
        write_file(output, XmlExporter(source).document(
            Shipment(happenings, affirm, transactions)))
    else:
        own = happenings if party is None else of_organisation(happenings, party)
        if not own:
            raise UsageError(f"{party}: did nothing with {uri}")
        write_file(output, Exporter(source, transactions).document(
            own, None if party else _storage(source, uri)).encode())
    out.print(f"{output}: {output.stat().st_size} bytes")


def _check_kind(epcis: bool, ds01: Path | None, form: str, party: str | None) -> None:
    if epcis == (ds01 is not None) or form not in ("json", "xml") or \
            (form == "xml" and party is not None):
        raise UsageError("say --epcis, and --format json or xml (--party goes with json); or "
                         "--ds01 FILE")


def _export_ds01(source: LedgerReader, asked: Asked, loggers: Path, output: Path) -> None:
    judged, _ = item_verdict.judge(source, asked, UTC)
    write_file(output, ds01_export.transmission(judged, loggers, judged.verdict.to_ms).encode())
    out.print(f"{output}: {judged.verdict.readings} readings")


def _transaction(text: str) -> tuple[str, str]:
    kind, equals, name = text.partition("=")
    if not equals or ":" not in name:
        raise UsageError(f"{text}: write a type and a URI, such as "
                         "po=urn:epcglobal:cbv:bt:9506000134352:PO-1")
    return kind, name


def _storage(source: LedgerReader, uri: str) -> Storage | None:
    checkpoint = newest(source)
    try:
        found = answer.storage_answer(LedgerSource(source), source.view(), uri,
                                      checkpoint.time_ms)
    except InvalidData:
        return None  # no profile is registered: there is no verdict to sum up
    rules = f"urn:coldseal:{checkpoint.ledger.hex()}:{found.in_force.entry}"
    return Storage(found.exposure, found.verdict, rules)


def capture_document(
        file: Annotated[Path, typer.Argument(help="EPCIS 2.0, JSON.", metavar="FILE")],
        ledger: LedgerPath, *,
        key: Annotated[Path, typer.Option(
            help="Of the person or the operations of the organisation that did this.",
            metavar="FILE")],
        ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None,
        as_json: Json = False) -> None:
    """Register the events of a partner's or an own EPCIS document, all of them or none."""
    data = read_file(file)
    by = signer.load(key)
    engine = writer(ledger, ledger_key, simulated_time)
    try:
        incoming = in_json.read(data, _party(engine, by.thumbprint),
                                LedgerSource(engine).captured_event)
        checkpoint = engine.checkpoint()
        assert checkpoint is not None
        registered = registering.register(engine, Submission(statement.build(
            "capture", by, subject=capture.SUBJECT, content=incoming.capture.as_list(),
            ledger=checkpoint.ledger)))
        found = _findings(engine, registered, len(incoming.capture.events))
    finally:
        engine.close()
    _print_captured(registered, incoming, found, as_json)


def _party(engine: EmbeddedLedger, thumbprint: bytes) -> str:
    view = engine.view()
    return identity.require_organisation(
        view, identity.require_key(view, thumbprint).organisation).party


def _findings(engine: EmbeddedLedger, registered: Registered,
              count: int) -> list[dict[str, Any]]:
    rows = []
    for leaf in range(count):
        found = engine.view().load(Findings, state.finding_key(registered.number, leaf))
        for rule, thing, facts in [] if found is None else found.found:
            assert isinstance(rule, str)
            assert isinstance(facts, list)
            rows.append({"leaf": leaf, "rule": rule, "item": thing,
                         "says": rule_book.sentence(rule, facts),
                         "remedy": rule_book.RULES[rule].remedy})
    return rows


def _print_captured(registered: Registered, incoming: in_json.Incoming,
                    found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"entry": registered.number, "entry_hash": registered.entry_hash.hex(),
                    "scans": len(incoming.capture.events),
                    "corrected": len(incoming.capture.corrected),
                    "passed_over": list(incoming.passed_over), "findings": found})
        return
    scans, corrections = len(incoming.capture.events), len(incoming.capture.corrected)
    out.print(f"entry {registered.number}: {counted(scans, 'scan', 'scans')}, "
              f"{counted(corrections, 'correction', 'corrections')}"
              + ("" if registered.fresh else " (it was registered before)"))
    if incoming.passed_over:
        out.print("sensor reports change no custody, passed over: events "
                  + ", ".join(map(str, incoming.passed_over)))
    for row in found:
        out.print(f"! scan {row['leaf']}, rule {row['rule']}: {row['says']}")
        out.print(f"  do: {row['remedy']}")


def check(named: ItemArgument, ledger: LedgerPath, *,
          lot: Annotated[str | None, typer.Option(help="As on the label.")] = None,
          expiry: Annotated[str | None, typer.Option(
              help="Like the label: 281231 or 2028-12-31.", metavar="DAY")] = None,
          as_json: Json = False) -> None:
    """Is this pack what its label says?  Lot and expiry in ITEM count like --lot and --expiry.

    Exit status 1: not verified.
    """
    label = naming.label(named)
    source = reader(ledger)
    found = verification.verify(source, _pack(named, label), _said(label, "10", "--lot", lot),
                                _said(label, "17", "--expiry", _date(expiry)))
    if as_json:
        print_json(verification.form(source, found))
    else:
        _print_answer(found, _against(source, found.item))
    if not found.verified:
        raise typer.Exit(EXIT_DATA)


def _pack(named: str, label: naming.Elements) -> str:
    uri = gs1.identity(label)
    if uri is None or answer.gtin_of(uri) is None:
        raise UsageError(f"{named}: names no pack, which has a GTIN (01) and a serial (21). Of a "
                         "crate ask `coldseal contents`, and check the packs")
    return uri


def _date(expiry: str | None) -> str | None:
    if expiry is None:
        return None
    digits = expiry_digits(expiry)
    try:
        gs1_syntax.check_value("17", digits)
    except WireError as error:
        raise UsageError(f"--expiry {expiry}: write a day such as 2028-12-31, or the six digits "
                         "after (17), YYMMDD") from error
    return digits


def _said(label: naming.Elements, ai: str, option: str, value: str | None) -> str | None:
    """What the label says by itself or by an option; it says one thing."""
    printed = dict(label).get(ai)
    if printed is not None and value not in (None, printed):
        raise UsageError(f"{option} {value}, and ({ai}){printed} in what you named: which? Say one")
    return value if printed is None else printed


def _against(source: LedgerReader, uri: str) -> Sequence[str]:
    """All that speaks against using a pack; the messaging standard has words for some of it."""
    known = item.load(source.view(), uri)
    return () if known is None else \
        against.against(source.view(), uri, known, newest(source).time_ms)


def _print_answer(found: Verification, hindered: Sequence[str]) -> None:
    if found.verified:
        out.print(joined(strong("VERIFIED"),
                       f": {found.item} (EU pack state {found.pack_state})"))
    else:
        out.print(joined(strong("NOT VERIFIED"), f": {found.failure}"))
    if found.information is not None:
        out.print(f"but it is {found.information}: do not pass it on" if found.verified
                  else f"and it is {found.information}")
    print_against(hindered)
    if found.absent is not None:
        out.print("never commissioned here; proof of absence under state root "
                  f"{found.state_root.hex()}")
    if not found.verified:
        out.print("do: quarantine it until its origin is known")
