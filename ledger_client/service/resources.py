"""What each resource says, read from one commit of a ledger.

A question is a function of a reader and the request's parameters; it raises Problem.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ledger_client.core import block, identity, receipt, state, statement
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core.identity import Key
from ledger_client.core.item import Item
from ledger_client.node.embedded import LedgerReader
from ledger_client.service import answers, limits
from ledger_client.service.answers import ChainAnswer, Logged, LogPage, StateAnswer
from ledger_client.service.problem import Problem
from ledger_client.service.snapshots import SnapshotReader
from ledger_client.store.interface import Signed
from ledger_client.wire import cbor, codes, cose
from ledger_client.wire.errors import WireError

Parameters = Mapping[str, str]
_NUMBER = re.compile("[0-9]{1,15}")  # below 2^53
_HASH = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Answer:
    """A body and what it is."""

    media_type: str
    body: bytes


def number_of(parameters: Parameters, name: str, default: int | None = None) -> int:
    """A number in the path or query; Problem 400."""
    text = parameters.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _NUMBER.fullmatch(text):
        raise Problem(400, "Malformed request", f"{name} is a number of at most 15 digits")
    return int(text)


def entry_number(reader: LedgerReader, parameters: Parameters) -> int:
    """The entry that `id` names, by number or by hash in hex."""
    text = parameters["id"]
    if _HASH.fullmatch(text):
        number = reader.view().get(state.entry_key(bytes.fromhex(text)))
    elif _NUMBER.fullmatch(text):
        number = int(text)
    else:
        raise Problem(400, "Invalid locator", "an entry is named by its number, or by its hash in "
                      "64 lower-case hex digits")
    if not isinstance(number, int) or number >= newest(reader).size:
        raise Problem(404, "Not Found", "no such entry is registered")
    return number


def newest(reader: LedgerReader) -> checkpoints.Checkpoint:
    return checkpoints.decode(reader.signed_checkpoint().checkpoint)


# --- SCRAPI -------------------------------------------------------------------------------------


def keys(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """COSE Key Set of the keys that sign this ledger's receipts, past ones too."""
    return Answer(answers.CBOR, cbor.encode([_cose_key(key) for key in _ledger_keys(reader)]))


def key(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """One of them, by its kid in base64url."""
    for one in _ledger_keys(reader):
        if answers.to_text(cose.kid(one.public_key)) == parameters["kid"]:
            return Answer(answers.CBOR, cbor.encode(_cose_key(one)))
    raise Problem(404, "No such key", "no key of this ledger has this kid")


def _ledger_keys(reader: LedgerReader) -> list[Key]:
    """From the one that genesis names, along its rotations."""
    content = identity.decode_genesis(statement.parse(reader.entry(0).statement).content())
    view = reader.view()
    found = [identity.require_key(view, cose.thumbprint(content.ledger_key))]
    while (after := found[-1].replaced_by) is not None:
        found.append(identity.require_key(view, after))
    return found


def _cose_key(key: Key) -> dict[int, object]:
    """COSE_Key (RFC 9052 section 7): kty EC2, kid, alg ES256, crv P-256, x, y."""
    return {1: 2, 2: cose.kid(key.public_key), 3: cose.ES256, -1: 1, -2: key.public_key[:32],
            -3: key.public_key[32:]}


def entry_receipt(reader: SnapshotReader, parameters: Parameters) -> Answer:
    return Answer(answers.COSE, reader.receipt(entry_number(reader, parameters)))


# --- the log ------------------------------------------------------------------------------------


def entry_statement(reader: SnapshotReader, parameters: Parameters) -> Answer:
    return Answer(answers.COSE, reader.entry(entry_number(reader, parameters)).statement)


def entry_body(reader: SnapshotReader, parameters: Parameters) -> Answer:
    entry = reader.entry(entry_number(reader, parameters))
    if entry.body is not None:
        return Answer(answers.CBOR, entry.body)
    if statement.parse(entry.statement).kind == block.KIND:
        raise Problem(410, "Gone", "this block's body was pruned here: an archive holds it")
    raise Problem(404, "Not Found", "only a block has a body")


def newest_checkpoint(reader: SnapshotReader, parameters: Parameters) -> Answer:
    return Answer(answers.COSE, reader.signed_checkpoint().statement)


def checkpoint(reader: SnapshotReader, parameters: Parameters) -> Answer:
    return Answer(answers.COSE, signed_checkpoint(reader, parameters).statement)


def signed_checkpoint(reader: LedgerReader, parameters: Parameters) -> Signed:
    """The checkpoint with `number`, the newest when it is not given."""
    newest = reader.signed_checkpoint()
    if "number" not in parameters:
        return newest
    signed = reader.store.checkpoint(number_of(parameters, "number"))
    if signed is None:
        raise Problem(404, "Not Found", "there is no such checkpoint")
    return signed


def consistency(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """Consistency receipt between two sizes of the log; the second is a checkpoint's."""
    first, second = number_of(parameters, "first"), number_of(parameters, "second")
    if not 0 < first < second:
        raise Problem(400, "Malformed request", "0 < first < second: sizes of the log")
    signed = reader.store.checkpoint_covering(second - 1)
    newer = None if signed is None else checkpoints.decode(signed.checkpoint)
    if signed is None or newer is None or newer.size != second:
        raise Problem(404, "Not Found", "no checkpoint has the second size")
    return Answer(answers.COSE, receipt.consistency(
        newer, reader.key_of(signed).public_key, signed.receipt_signature, first,
        reader.consistency_path(first, second)))


def log_page(reader: SnapshotReader, parameters: Parameters) -> LogPage:
    """Entries from `since` on, at most `limit`, as many as fit into a page."""
    since = number_of(parameters, "since")
    limit = min(number_of(parameters, "limit", limits.LOG_ENTRIES), limits.LOG_ENTRIES)
    signed = reader.signed_checkpoint()
    size = checkpoints.decode(signed.checkpoint).size
    entries: list[Logged] = []
    taken = 0
    for number in range(since, min(since + limit, size)):
        entry = reader.entry(number)
        taken += len(entry.statement) + len(entry.body or b"")
        if entries and taken > limits.LOG_BYTES:
            break
        entries.append(Logged(entry, reader.inclusion_path(number, size)))
    return LogPage(signed.statement, entries)


def cosignatures(reader: SnapshotReader, parameters: Parameters) -> Answer:
    number = checkpoints.decode(signed_checkpoint(reader, parameters).checkpoint).number
    return Answer(answers.CBOR, answers.encode_cosignatures(
        number, reader.store.cosignatures(number)))


def check_cosignature(reader: LedgerReader, parameters: Parameters,
                      data: bytes) -> tuple[int, bytes]:
    """(checkpoint number, witness) of a cosignature that may be kept; InvalidData, Problem."""
    opened = checkpoints.decode(signed_checkpoint(reader, parameters).checkpoint)
    witness = statement.parse(data).issuer
    known = identity.require_key(reader.view(), witness)
    cosigned = checkpoints.open_cosignature(data, opened.ledger, known.public_key)
    if known.role != codes.ROLE_WITNESS or not known.in_standing():
        raise Problem(403, "Not allowed", "the key is no witness of this ledger in standing",
                      rule="http.standing")
    if cosigned.app_hash != opened.app_hash():
        raise Problem(400, "Rejected", "it is for another checkpoint than the one named",
                      rule="witness.checkpoint")
    return opened.number, witness


# --- state --------------------------------------------------------------------------------------


def value(reader: SnapshotReader, parameters: Parameters) -> Answer:
    return Answer(answers.CBOR, _prove(reader, _bytes_of(parameters, "key")).encode())


def chain(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """An item's value and its events from number `since` on."""
    item, since = item_of(parameters), number_of(parameters, "since", 0)
    known = reader.view().load(Item, state.item_key(item))
    length = 0 if known is None else known.length
    if since > length or length - since > limits.CHAIN_EVENTS:
        raise Problem(400, "Malformed request", f"the chain has {length} events: let since be "
                      f"in it, and at most {limits.CHAIN_EVENTS} before its end")
    return Answer(answers.CBOR, ChainAnswer(
        _prove(reader, state.item_key(item)), since, _head_before(reader, item, since),
        reader.store.events(item, since)).encode())


def _head_before(reader: LedgerReader, item: str, since: int) -> bytes:
    """Of the chain before its event number `since`; never more than a page of it in memory."""
    head = state.first_head(item)
    for first in range(0, since, limits.CHAIN_EVENTS):
        for event in reader.store.events(item, first, min(limits.CHAIN_EVENTS, since - first)):
            head = state.next_head(head, event)
    return head


def item_of(parameters: Parameters) -> str:
    """The Digital Link in the path."""
    try:
        return _bytes_of(parameters, "item").decode("ascii")
    except UnicodeDecodeError as error:
        raise Problem(400, "Malformed request", "an item is named in ASCII") from error


def _prove(reader: SnapshotReader, state_key: bytes) -> StateAnswer:
    found, proof = reader.prover().prove(state_key)
    return StateAnswer(found, proof, reader.signed_checkpoint().statement)


def _bytes_of(parameters: Parameters, name: str) -> bytes:
    try:
        data = answers.from_text(parameters[name])
    except WireError as error:
        raise Problem(400, "Malformed request", f"{name}: {error.detail}") from error
    if len(data) > limits.STATE_KEY_BYTES:
        raise Problem(400, "Malformed request",
                      f"{name} has more than {limits.STATE_KEY_BYTES} bytes")
    return data
