"""`coldseal ledger`: founding a ledger, registering statements, verifying the file."""


from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands import calibration_file, circle
from edge_gateway.commands.common import (
    Json,
    LedgerKey,
    SimulatedTime,
    clock,
    keeper,
    out,
    print_json,
    reader,
    when,
    writer,
)
from edge_gateway.commands.registering import (
    announce,
    enrol,
    ledger_id,
    progress,
    register,
    register_statement,
)
from edge_gateway.commands.witness import witnesses
from edge_gateway.commands.writing import removed_on_failure, require_writable, write_file
from ledger_client import profiles, signer
from ledger_client.core import block, identity, rules, state, statement
from ledger_client.core.calibration import Certificates, number_of
from ledger_client.core.entry import Submission
from ledger_client.core.identity import GenesisContent
from ledger_client.core.registry import Current
from ledger_client.core.trust import Trust
from ledger_client.errors import UsageError
from ledger_client.node import archive, pruning, reapply
from ledger_client.node.embedded import EmbeddedLedger, LedgerReader
from ledger_client.node.pruning import RETENTION_DAYS
from ledger_client.signer import SoftwareSigner
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import cbor, codes, record, telemetry

app = typer.Typer(no_args_is_help=True, help="Found, feed and verify a ledger.")

LedgerFile = Annotated[Path, typer.Argument(help="The ledger file.", metavar="LEDGER")]
KeyOption = Annotated[Path, typer.Option("--key", help="Key that signs the statement.",
                                         metavar="FILE")]
ArchiveOption = Annotated[Path | None, typer.Option(
    "--archive", help="An export that holds what was pruned here.", metavar="FILE")]


@app.command()
def create(ledger: LedgerFile, key: KeyOption,
           circle_file: Annotated[Path, typer.Option("--circle", metavar="FILE", help=(
               "TOML with one [\\[organisation]] for each founder."))],
           ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Found a ledger: make the file and register genesis, signed by the convenor's root key."""
    now_ms = clock(simulated_time)
    checkpoint_signer = signer.load(ledger_key or ledger.with_name("ledger.key"))
    content = GenesisContent(rules.RULES_VERSION, {}, circle.load(circle_file),
                             checkpoint_signer.public_key, [], now_ms())
    genesis = statement.build("genesis", signer.load(key), subject="genesis", ledger=None,
                              content=content.as_list(), issued_s=now_ms() // 1000)
    engine = EmbeddedLedger(SqliteStore.create(ledger), checkpoint_signer, now_ms)
    try:
        register(engine, Submission(genesis))
    finally:
        engine.close()
    out.print(f"ledger {statement.entry_hash(genesis).hex()}")
    missing = identity.missing_founders(reader(ledger).view())
    if missing:
        out.print(f"{len(missing)} founder(s) must endorse it before anything else is accepted")


@app.command()
def endorse(ledger: LedgerFile, key: KeyOption, ledger_key: LedgerKey = None,
            simulated_time: SimulatedTime = None) -> None:
    """Endorse genesis with a founder's root key."""
    engine = writer(ledger, ledger_key, simulated_time)
    try:
        _state(engine, signer.load(key), "endorse", "genesis", [codes.VERSION, ledger_id(engine)])
    finally:
        engine.close()


@app.command("enrol-gateway")
def enrol_gateway(ledger: LedgerFile, *, key: KeyOption,
                  gateway_key: Annotated[Path, typer.Option(
                      help="The gateway's own key; it proves its possession.", metavar="FILE")],
                  may_hold: Annotated[bool, typer.Option(
                      help="It may put packs on hold.")] = False,
                  ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Enrol a gateway with its owner's operations key."""
    engine = writer(ledger, ledger_key, simulated_time)
    try:
        announce("enrol", enrol(engine, signer.load(key), signer.load(gateway_key),
                                codes.ROLE_GATEWAY, [may_hold]))
    finally:
        engine.close()


@app.command("register-profile")
def register_profile(ledger: LedgerFile, *, key: KeyOption,
                     profile: Annotated[str, typer.Option(
                         help="Name of a shipped profile, or a TOML file.", metavar="NAME|FILE")],
                     ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Register a storage profile, or a new version of it."""
    name, body = _profile(profile)
    _register_versioned(writer(ledger, ledger_key, simulated_time), signer.load(key), "profile",
                        f"profile/{name}", body)


def _profile(named: str) -> tuple[str, dict[str, object]]:
    path = Path(named)
    if path.suffix != ".toml":
        return named, profiles.load(named)
    try:
        return path.stem, profiles.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error


@app.command("register-product")
def register_product(ledger: LedgerFile, *, key: KeyOption,
                     gtin: Annotated[str, typer.Option(help="14 digits.", metavar="GTIN")],
                     name: Annotated[str, typer.Option(help="For people.", metavar="TEXT")],
                     profile: Annotated[str, typer.Option(
                         help="Name of a registered storage profile.", metavar="NAME")],
                     ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Register a product with the storage profile it needs."""
    _register_versioned(writer(ledger, ledger_key, simulated_time), signer.load(key), "product",
                        f"https://id.gs1.org/01/{gtin}", {"name": name, "profile": profile})


@app.command("register-calibration")
def register_calibration(ledger: LedgerFile, *, key: KeyOption,
                         certificate: Annotated[Path, typer.Option(
                             help="The certificate's figures, TOML.", metavar="FILE")],
                         ledger_key: LedgerKey = None,
                         simulated_time: SimulatedTime = None) -> None:
    """Register a logger's calibration certificate."""
    found = calibration_file.load(certificate)
    engine = writer(ledger, ledger_key, simulated_time)
    try:
        held = engine.view().load(Certificates, state.calibrations_key(found.giai))
        same = [] if held is None else [row[1] for row in held.rows
                                        if number_of(row) == found.body["certificate"]]
        _state(engine, signer.load(key), "calibration", found.giai,
               [codes.VERSION, same[0] if same else None, found.body])
    finally:
        engine.close()


def _register_versioned(engine: EmbeddedLedger, key: SoftwareSigner, kind: str, subject: str,
                        body: dict[str, object]) -> None:
    try:
        current = engine.view().load(Current, state.registered_key(kind, subject))
        _state(engine, key, kind, subject,
               [codes.VERSION, None if current is None else current.entry_hash, body])
    finally:
        engine.close()


@app.command()
def trust(ledger: LedgerFile, *,
          output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.",
                                               metavar="FILE")],
          name: Annotated[str, typer.Option(help="What people call this ledger.")] = "",
          threshold: Annotated[int, typer.Option(
              help="How many witnesses must have cosigned.", min=0)] = 0,
          level: Annotated[int, typer.Option(
              help="1: append-only; 2: the log was re-applied.", min=1, max=2)] = 1) -> None:
    """Write the trust file: whose word a verifier of this ledger takes."""
    source = reader(ledger)
    named = tuple((key.public_key, level) for _, key in witnesses(source))
    if threshold > len(named):
        raise UsageError(f"the ledger has {len(named)} witnesses, {threshold} cannot cosign")
    value = Trust(name or ledger.stem, ledger_id(source), source.next_ledger_key().public_key,
                  named, threshold)
    write_file(output, value.encode())
    out.print(f"{output}: fingerprint {value.fingerprint()}")
    out.print("Give the file, or this fingerprint, to verifiers by a way you trust.")


@app.command()
def verify(ledger: LedgerFile, *, archive_file: ArchiveOption = None) -> None:
    """Re-apply the whole log and check every digest; names what differs."""
    source = reader(ledger)
    checkpoint = source.checkpoint()
    total = 0 if checkpoint is None else checkpoint.size
    with progress("re-applying", total) as step:
        reapply.reapply(source.store, step, _archived_bodies(archive_file))
    assert checkpoint is not None
    out.print(f"{ledger}: {checkpoint.size} entries and everything that follows from them are "
              "what they must be")
    out.print(f"checkpoint {checkpoint.number}, {when(checkpoint.time_ms)}, app hash "
              f"{checkpoint.app_hash().hex()}")


@app.command("export")
def export_log(ledger: LedgerFile, output: Annotated[Path, typer.Argument(
        help="The archive to write.", metavar="FILE")]) -> None:
    """Write the whole log into one archive file."""
    require_writable(output)
    if output.exists():
        raise UsageError(f"{output}: is there already, and an archive is never overwritten. Name "
                         "another file")
    source = reader(ledger)
    with output.open("xb") as file, removed_on_failure(output):
        count = archive.write(source.store, file)
    out.print(f"{output}: {count} entries")


@app.command("import")
def import_log(archive_file: Annotated[Path, typer.Argument(
                   help="The archive, from `coldseal ledger export`.", metavar="FILE")],
               ledger: LedgerFile) -> None:
    """Make a ledger file from an archive; every entry is judged again."""
    store = SqliteStore.create(ledger)
    with removed_on_failure(ledger, *_beside(ledger)), closing(store), \
            progress("applying", None) as step:
        reapply.replay(archive.read(archive_file), store, step)
    checkpoint = reader(ledger).checkpoint()
    assert checkpoint is not None
    out.print(f"{ledger}: {checkpoint.size} entries, as of {when(checkpoint.time_ms)}")


def _beside(ledger: Path) -> list[Path]:
    """What SQLite and the writer keep beside a ledger file while they use it."""
    return [ledger.with_name(ledger.name + ending) for ending in ("-wal", "-shm", ".lock")]


@app.command()
def prune(ledger: LedgerFile, *,
          archive_file: Annotated[Path, typer.Option(
              "--archive", help="An export that holds what is forgotten here.", metavar="FILE")],
          older_than_days: Annotated[int, typer.Option(
              help="Bodies of blocks registered before that.", min=0)] = RETENTION_DAYS) -> None:
    """Forget old bodies of blocks that an archive holds and a witness has re-applied."""
    with closing(keeper(ledger)) as source:
        count = pruning.prune(source, archive.read(archive_file),
                              older_than_days * 24 * 3600 * 1000)
    out.print(f"{count} bodies forgotten; `coldseal ledger verify --archive {archive_file}` still "
              "checks them")


def _archived_bodies(path: Path | None) -> Callable[[int], bytes | None]:
    if path is None:
        return lambda number: None
    bodies = [entry.body for logged in archive.read(path) for entry in logged.entries]
    return lambda number: bodies[number] if number < len(bodies) else None


_SHOWN_AS = {"time_ms": "as of"}


@app.command()
def show(ledger: LedgerFile, as_json: Json = False) -> None:
    """What the ledger is and how far it has come."""
    source = reader(ledger)
    checkpoint = source.checkpoint()
    if checkpoint is None:
        raise UsageError(f"{ledger}: there is no genesis in it")
    organisations = [identity.Organisation.of(cbor.decode(value, utf8=True)).name
                     for _, value in source.store.keys(b"organisation/")]
    facts: dict[str, object] = {
        "ledger": checkpoint.ledger.hex(), "entries": checkpoint.size,
        "checkpoint": checkpoint.number, "time_ms": checkpoint.time_ms,
        "bytes": sum(one.stat().st_size for one in (ledger, ledger.with_name(ledger.name + "-wal"))
                     if one.exists()),
        **_record_counts(source, checkpoint.size),
        "organisations": organisations}
    if as_json:
        print_json(facts)
        return
    facts |= {"time_ms": when(checkpoint.time_ms), "organisations": ", ".join(organisations)}
    for name, value in facts.items():
        out.print(f"{_SHOWN_AS.get(name, name.replace('_', ' ')):18} {value}")


def _record_counts(source: LedgerReader, size: int) -> dict[str, int]:
    """Registered records by kind, and what telemetry takes."""
    counts = {"records": 0, "scans": 0, "events": 0, "telemetry_records": 0, "telemetry_bytes": 0,
              "readings": 0}
    names = {codes.KIND_SCAN: "scans", codes.KIND_EVENT: "events",
             codes.KIND_TELEMETRY: "telemetry_records"}
    ledger = ledger_id(source)
    for number in range(size):
        body = source.entry(number).body
        for leaf in [] if body is None else block.decode_body(body):
            parsed = record.decode(leaf.record, ledger)
            counts["records"] += 1
            counts[names[parsed.kind]] += 1
            if parsed.kind == codes.KIND_TELEMETRY:
                counts["telemetry_bytes"] += len(leaf.record)
                counts["readings"] += sum(run[2] for series in telemetry.decode(parsed.body)
                                          for run in series.runs)
    return counts


def _state(engine: EmbeddedLedger, key: SoftwareSigner, kind: str, subject: str,
           content: object) -> None:
    announce(kind, register_statement(engine, key, kind, subject, content))
