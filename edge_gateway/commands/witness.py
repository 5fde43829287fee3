"""`coldseal witness`: cosigning a ledger's checkpoints from a machine of one's own."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from edge_gateway.commands import desk
from edge_gateway.commands.common import SimulatedTime, clock, keeper, out, read_file, reader
from edge_gateway.commands.writing import require_writable, write_file
from ledger_client import signer
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import identity, witness
from ledger_client.core.identity import Key
from ledger_client.core.witness import Seen
from ledger_client.errors import UsageError, VerificationFailed
from ledger_client.node.embedded import LedgerReader
from ledger_client.store import durable
from ledger_client.wire import cbor, codes, cose
from ledger_client.wire.errors import WireError

app = typer.Typer(no_args_is_help=True, help="Cosign checkpoints; refuse a second history.")

LedgerFile = Annotated[Path, typer.Argument(help="The ledger file.", metavar="LEDGER")]


@app.command()
def cosign(ledger: LedgerFile, *,
           key: Annotated[Path, typer.Option(help="The witness's key.", metavar="FILE")],
           state: Annotated[Path, typer.Option(
               help="What this witness has seen; made at the first time.", metavar="FILE")],
           output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE",
                                                help="Where to write the cosignature.")],
           trust_file: Annotated[Path | None, typer.Option(
               "--trust", help=("The ledger's trust file; needed at the first time, and after "
                                "its key was rotated."),
               metavar="FILE")] = None,
           reapply: Annotated[bool, typer.Option(
               help="Re-apply the whole log too: level 2.")] = False,
           simulated_time: SimulatedTime = None) -> None:
    """Cosign the newest checkpoint if it extends everything this witness has seen."""
    from ledger_client.node import reapply as reapplying
    cosigner, source = signer.load(key), reader(ledger)
    for one in (output, state):
        require_writable(one)
    before = _seen(state, trust_file, source)
    signed = source.signed_checkpoint()
    checkpoint = checkpoints.open_signed(signed.statement, before.ledger, before.ledger_key)
    path = source.consistency_path(before.size, checkpoint.size) \
        if before.size < checkpoint.size else []
    after, _ = witness.extend(before, signed.statement, path)
    if reapply:
        reapplying.reapply(source.store)
    # the state first: a witness that forgets what it signed could sign a second history
    durable.replace_file(state, after.encode())
    level = witness.LEVEL_REAPPLIED if reapply else witness.LEVEL_CONSISTENT
    write_file(output, witness.cosign(after, level, clock(simulated_time)(), cosigner))
    out.print(f"{output}: level {level} over checkpoint {checkpoint.number}, {checkpoint.size} "
              "entries")


def _seen(state: Path, trust_file: Path | None, source: LedgerReader) -> Seen:
    if state.exists():
        try:
            seen = witness.decode_seen(read_file(state))
        except WireError as error:
            raise UsageError(f"{state}: not what a witness has seen ({error}). Name the file that "
                             "`--state` made") from error
        return seen if trust_file is None else _under(seen, trust_file)
    if trust_file is None:
        raise UsageError(f"{state}: this witness has seen nothing yet: give --trust once, so that "
                         "it knows the ledger's key from somebody it trusts")
    trusted = desk.trusted(trust_file)
    first = source.store.checkpoint(0)
    assert first is not None
    # after a rotation genesis is under a past key, which the trusted ledger itself names
    opened = checkpoints.open_signed(first.statement, trusted.ledger,
                                     source.key_of(first).public_key)
    return witness.first_sight(opened, trusted.ledger_key)


def _under(seen: Seen, trust_file: Path) -> Seen:
    trusted = desk.trusted(trust_file)
    if trusted.ledger != seen.ledger:
        raise UsageError(f"{trust_file}: another ledger than this witness has seen")
    return witness.under_key(seen, trusted.ledger_key)


@app.command("add")
def add(ledger: LedgerFile, cosignature: Annotated[Path, typer.Argument(
        help="What `coldseal witness cosign` wrote.", metavar="FILE")]) -> None:
    """Keep a witness's cosignature beside the newest checkpoint, for passports."""
    data = read_file(cosignature)
    with closing(keeper(ledger)) as source:
        checkpoint = source.checkpoint()
        assert checkpoint is not None
        for thumbprint, key in witnesses(source):
            if checkpoints.signed_by(data, thumbprint):
                opened = checkpoints.open_cosignature(data, checkpoint.ledger, key.public_key)
                if opened.app_hash != checkpoint.app_hash():
                    raise VerificationFailed("witness.checkpoint", str(cosignature),
                                             "it is for another checkpoint than the newest")
                source.store.add_cosignature(checkpoint.number, thumbprint, data)
                out.print(f"witness {thumbprint.hex()[:16]} at level {opened.level}")
                return
        raise UsageError(f"{cosignature}: no witness of this ledger signed it")


def witnesses(source: LedgerReader) -> list[tuple[bytes, Key]]:
    """(thumbprint, key) of every witness in standing."""
    found = []
    for _, value in source.store.keys(b"key/"):
        key = identity.Key.of(cbor.decode(value, utf8=True))
        if key.role == codes.ROLE_WITNESS and key.in_standing():
            found.append((cose.thumbprint(key.public_key), key))
    return found
