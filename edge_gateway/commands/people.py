"""`coldseal ledger enrol-person`, `enrol-witness`, `rotate`, `keys`: who holds which key."""

from pathlib import Path
from typing import Annotated, Any

import typer

from edge_gateway import people_table
from edge_gateway.commands import desk, registering
from edge_gateway.commands.common import (
    Json,
    LedgerKey,
    SimulatedTime,
    canonical,
    out,
    print_json,
    reader,
)
from edge_gateway.commands.desk import CaFile, LedgerArgument, TrustFile
from edge_gateway.commands.ledger import KeyOption, LedgerFile
from edge_gateway.commands.writing import require_writable
from ledger_client import signer
from ledger_client.core import identity, state
from ledger_client.core.identity import PERSON_ROLES, ROLE_NAMES, Key
from ledger_client.core.state import View
from ledger_client.errors import UsageError
from ledger_client.node.embedded import LedgerReader
from ledger_client.wire import cbor, codes, cose, session

KEY_HELP = "Key id, thumbprint, public key file, or a logger's label."
PeopleFile = Annotated[Path | None, typer.Option(
    "--people", help="Your organisation's own table of names.", metavar="FILE")]


def enrol_person(ledger: LedgerArgument, *, key: KeyOption,
                 person_key: Annotated[Path, typer.Option(
                     help="The person's own key; it proves its possession.", metavar="FILE")],
                 role: Annotated[list[str], typer.Option(
                     help=f"{', '.join(PERSON_ROLES)}; again for more.", metavar="ROLE")],
                 name: Annotated[str, typer.Option(
                     help="Goes into your table only; the ledger holds a keyed commitment.",
                     metavar="NAME")],
                 people: Annotated[Path, typer.Option(
                     help="Your organisation's own table of names; made at the first time.",
                     metavar="FILE")],
                 trust_file: TrustFile = None, ca: CaFile = None,
                 ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Enrol a person with the owner's operations key."""
    unknown = [one for one in role if one not in PERSON_ROLES]
    if unknown:
        raise UsageError(f"{unknown[0]}: no role of a person; there are " + ", ".join(PERSON_ROLES))
    require_writable(people)
    new = signer.load(person_key)
    existed, before = people.exists(), people_table.load(people)
    row = people_table.person(new.thumbprint, name)
    operations = signer.load(key)
    engine = desk.opened(ledger, operations, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time)
    try:
        # the table first: a commitment whose secret was lost names nobody
        people_table.save(people, [*before, row])
        registering.announce("enrol", registering.enrol(
            engine, operations, new, codes.ROLE_PERSON,
            [sorted(PERSON_ROLES[one] for one in set(role)), row.commitment()]))
    except Exception:
        if existed:
            people_table.save(people, before)
        else:
            people.unlink(missing_ok=True)
        raise
    finally:
        engine.close()


def enrol_witness(ledger: LedgerArgument, *, key: KeyOption,
                  witness_key: Annotated[Path, typer.Option(
                      help="The witness's own key; it proves its possession.", metavar="FILE")],
                  level: Annotated[int, typer.Option(
                      help="1: append-only; 2: it re-applies the log.", min=1, max=2)] = 1,
                  trust_file: TrustFile = None, ca: CaFile = None,
                  ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Enrol a witness with its owner's operations key."""
    operations = signer.load(key)
    engine = desk.opened(ledger, operations, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time)
    try:
        registering.announce("enrol", registering.enrol(
            engine, operations, signer.load(witness_key), codes.ROLE_WITNESS, [level]))
    finally:
        engine.close()


def rotate(ledger: LedgerArgument, old: Annotated[str, typer.Argument(
               help=KEY_HELP, metavar="KEY")],
           *, key: Annotated[Path, typer.Option(help="The owner's root key.", metavar="FILE")],
           new_key: Annotated[Path, typer.Option(
               help="The key that takes its place; it proves its possession.", metavar="FILE")],
           old_key: Annotated[Path | None, typer.Option(
               help="The old key, to consent: evidence that it was at hand.",
               metavar="FILE")] = None,
           trust_file: TrustFile = None, ca: CaFile = None,
           ledger_key: LedgerKey = None, simulated_time: SimulatedTime = None) -> None:
    """Put a new key in the place of one, with its owner's root key.  A new ledger key is what
    --ledger-key names from then on."""
    root, new = signer.load(key), signer.load(new_key)
    engine = desk.opened(ledger, root, trust_file=trust_file, ca=ca, ledger_key=ledger_key,
                         simulated_time=simulated_time)
    try:
        view = engine.view()
        before = named(view, old)
        held = identity.require_key(view, before)
        proof = session.sign1(codes.PURPOSE_POSSESSION, registering.ledger_id(engine), new,
                              session.encode_possession(held.organisation, held.role,
                                                        new.thumbprint, before))
        consent = None if old_key is None else signer.load(old_key).sign(new.thumbprint)
        registering.announce("rotate", registering.register_statement(
            engine, root, "rotate", identity.statement_subject(held.public_key),
            [codes.VERSION, before, new.public_key, proof, consent]))
    finally:
        engine.close()


def named(view: View, text: str) -> bytes:
    """The thumbprint of the key that a person means; UsageError when there is none on the
    ledger."""
    thumbprint = _thumbprint(view, text)
    if thumbprint is None:
        raise UsageError(f"{text}: no key of this ledger. Write its key id (16 hexadecimal "
                         "digits), its thumbprint (64), a .pub file or a logger's label; `coldseal "
                         "ledger keys` lists them")
    return thumbprint


def _thumbprint(view: View, text: str) -> bytes | None:
    if Path(text).is_file():
        kid = cose.kid(signer.load_public(Path(text)))
    elif len(text) in (16, 64) and set(text.lower()) <= set("0123456789abcdef"):
        kid = bytes.fromhex(text)[:cose.KID_BYTES]
    else:
        try:
            found = view.get(state.asset_key(canonical(text)))
        except UsageError:
            return None
        return found if isinstance(found, bytes) else None
    known = identity.key_of_kid(view, kid)
    return None if known is None else known[0]


def keys(ledger: LedgerFile, people: PeopleFile = None, as_json: Json = False) -> None:
    """List every key: whose it is, what for, and whether it is in standing."""
    rows = _rows(reader(ledger), [] if people is None else people_table.load(people))
    if as_json:
        print_json(rows)
        return
    for row in rows:
        what = ", ".join(filter(None, [row["role"], row["label"], *row["roles"]]))
        name = f" {row['name']}" if row["name"] else ""
        out.print(f"{row['kid']}  {row['organisation']}: {what}{name}; {row['standing']}")


def _rows(source: LedgerReader, people: list[people_table.Person]) -> list[dict[str, Any]]:
    view = source.view()
    found = [identity.Key.of(cbor.decode(value, utf8=True))
             for _, value in source.store.keys(b"key/")]
    return [_row(view, one, people) for one in sorted(found, key=lambda key: key.entry)]


def _row(view: View, key: Key, people: list[people_table.Person]) -> dict[str, Any]:
    thumbprint = cose.thumbprint(key.public_key)
    person = key.role == codes.ROLE_PERSON
    names = {number: name for name, number in PERSON_ROLES.items()}
    held = key.details[0] if key.details else None
    return {
        "kid": thumbprint[:cose.KID_BYTES].hex(), "thumbprint": thumbprint.hex(),
        "organisation": identity.require_organisation(view, key.organisation).name,
        "role": ROLE_NAMES[key.role], "entry": key.entry,
        "label": held if key.role == codes.ROLE_DEVICE else None,
        "roles": [names[one] for one in held] if person and isinstance(held, list) else [],
        "name": people_table.name_of(people, thumbprint, key.details[1])  # type: ignore[arg-type]
        if person else None, "standing": standing(view, key)}


def standing(view: View, key: Key) -> str:
    if key.tainted_from is not None:
        return f"revoked, tainted from entry {key.tainted_from}"
    if key.replaced_by is not None:
        return f"replaced by {key.replaced_by.hex()[:2 * cose.KID_BYTES]}"
    if not identity.require_organisation(view, key.organisation).member:
        return "its owner is no member any more"
    return "in standing"
