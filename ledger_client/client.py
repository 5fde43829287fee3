"""Asking a ledger service, and believing nothing but the ledger key.

The interface of an engine over HTTP.  Every answer is verified here: a receipt leads to a signed
tree, a value to a signed checkpoint, and every tree and checkpoint either begins or extends the
newest checkpoint that this client has seen.  What does not is refused by name; a service that
shows two histories is found out by the first client that has seen one of them.

A service can still be silent, or stop at an old checkpoint: `Checkpoint.time_ms` tells.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

from ledger_client.core import block, identity, merkle, state, state_tree, statement, witness
from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import receipt as receipts
from ledger_client.core.checkpoint import Checkpoint, Cosignature
from ledger_client.core.entry import Submission
from ledger_client.core.history import Numbered, decode_event
from ledger_client.core.item import Item
from ledger_client.core.receipt import Receipt
from ledger_client.core.signature import Signer
from ledger_client.core.state import View
from ledger_client.core.state_tree import StateProof
from ledger_client.core.trust import Trust
from ledger_client.core.witness import Seen
from ledger_client.errors import Refused, UsageError, VerificationFailed
from ledger_client.service import answers
from ledger_client.service.answers import StateAnswer
from ledger_client.service.limits import FOLLOW_WAIT_S
from ledger_client.service.transport import Sources, Transport
from ledger_client.store import durable
from ledger_client.wire import cbor, codes, cose
from ledger_client.wire.errors import WireError

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Entered:
    """Where a statement stands, and the receipt that says so."""

    number: int
    entry_hash: bytes
    receipt: bytes


@dataclass(frozen=True)
class Proven:
    """A value (None: absent) and what proves it."""

    value: bytes | None
    proof: StateProof
    checkpoint: Checkpoint


class LedgerClient:
    """Safe for several threads, which take turns.  `memory` is a file that keeps the newest
    checkpoint seen; without it a client remembers as long as it lives."""

    def __init__(self, url: str, trust: Trust, signer: Signer | None = None, *,
                 memory: Path | None = None, ca: Path | None = None,
                 sources: Sources | None = None) -> None:
        """`signer` is an enrolled key, no device's; without one only public resources answer.  `ca`
        is a PEM file of certificates to trust instead of the system's."""
        self.trust = trust
        self._memory = memory
        self._seen = None if memory is None else _remembered(memory, trust)
        self._transport = Transport(url, trust.ledger, signer, ca=ca, sources=sources)
        self._lock = threading.RLock()

    def close(self) -> None:
        with self._lock:
            self._transport.close()

    # --- writing --------------------------------------------------------------------------------

    def submit(self, data: bytes, body: bytes | None = None) -> Entered:
        """Register a statement; harmless when it stands there already.  Refused with the rule,
        PipeFailed to try again, VerificationFailed when the receipt does not hold."""
        with self._lock:
            receipt = self._transport.post("/entries", answers.CBOR, answers.encode_submission(
                Submission(data, body)), answers.COSE)
            entry_hash = statement.entry_hash(data)
            opened = self._check_receipt(receipt, entry_hash)
            return Entered(opened.index, entry_hash, receipt)

    def cosign(self, data: bytes, number: int) -> None:
        """Hand in a witness's cosignature of a checkpoint."""
        with self._lock:
            self._transport.post(f"/cosignatures?number={number}", answers.COSE, data, None)

    # --- the log --------------------------------------------------------------------------------

    def checkpoint(self, number: int | None = None) -> Checkpoint:
        """The newest checkpoint, or a past one, in line with all that this client has seen."""
        with self._lock:
            if number is None:
                return self._newest(self._transport.get("/checkpoint", answers.COSE))
            signed = self._transport.get(f"/checkpoint/{number}", answers.COSE)
            opened = self._open_past(signed)
            if opened.number != number:
                raise VerificationFailed("client.other", "checkpoint", f"checkpoint "
                                         f"{opened.number} was given for {number}")
            self._check_tree(opened.size, opened.log_root, opened.app_hash())
            return opened

    def consistency(self, older: int, newer: int) -> tuple[Checkpoint, Checkpoint]:
        """Two checkpoints by number, the second's log proven to extend the first's."""
        with self._lock:
            first, second = self.checkpoint(older), self.checkpoint(newer)
            self._verify_consistency(self._consistency(first.size, second.size),
                                     first.log_root, second.log_root)
            return first, second

    def receipt(self, entry: int | bytes) -> bytes:
        """Receipt of an entry, by number or by entry hash."""
        with self._lock:
            if isinstance(entry, bytes):
                receipt = self._transport.get(f"/entries/{entry.hex()}", answers.COSE)
                self._check_receipt(receipt, entry)
                return receipt
            return self._statement(entry)[1]

    def statement(self, number: int) -> bytes:
        """The statement that is entry `number`."""
        with self._lock:
            return self._statement(number)[0]

    def entry(self, number: int) -> Submission:
        """Statement and body; UsageError when the body was pruned there."""
        with self._lock:
            data, _ = self._statement(number)
            if _parse(data).kind != block.KIND:
                return Submission(data)
            body = self._transport.get(f"/entries/{number}/body", answers.CBOR)
            _check_body(data, body)
            return Submission(data, body)

    def log(self, since: int, *, wait_s: int = 0) -> list[Submission]:
        """Entries from number `since` on, as many as the service gives at once; none when there is
        none, after `wait_s`.  A body that was pruned is None."""
        with self._lock:
            page = _decoded("log", answers.decode_log, self._transport.get(
                "/log", answers.CBOR, query=f"since={since}&wait={wait_s}", wait_s=wait_s))
            newest = self._newest(page.checkpoint)
            if not page.entries and newest.size > since:
                raise VerificationFailed("client.withheld", "log", f"no entry was given, and the "
                                         f"log has {newest.size}")
            for number, logged in enumerate(page.entries, since):
                root = merkle.root_from_inclusion(statement.entry_hash(logged.entry.statement),
                                                  number, newest.size, logged.path)
                if root != newest.log_root:
                    raise VerificationFailed("client.other", f"entry {number}",
                                             "it does not stand there in the log")
                if logged.entry.body is not None:
                    _check_body(logged.entry.statement, logged.entry.body)
            return [logged.entry for logged in page.entries]

    def follow(self, since: int) -> Iterator[tuple[int, Submission]]:
        """(number, entry) from `since` on, for ever; this client does nothing else meanwhile."""
        while True:
            for entry in self.log(since, wait_s=FOLLOW_WAIT_S):
                yield since, entry
                since += 1

    def cosignatures(self, number: int) -> list[tuple[bytes, Cosignature]]:
        """(witness, cosignature) of a checkpoint, each by a witness that the ledger knows."""
        with self._lock:
            given, found = _decoded("cosignatures", answers.decode_cosignatures,
                                    self._transport.get("/cosignatures", answers.CBOR,
                                                        query=f"number={number}"))
            if given != number:
                raise VerificationFailed("client.other", "cosignatures",
                                         f"those of {given} were given for {number}")
            app_hash = self.checkpoint(number).app_hash()
            return [self._cosigned(data, app_hash) for data in found]

    # --- state ----------------------------------------------------------------------------------

    def query(self, key: bytes) -> Proven:
        """Value of a state key as of the newest checkpoint."""
        with self._lock:
            data = self._transport.get(f"/state/{answers.to_text(key)}", answers.CBOR)
            return self._proven(key, _decoded("state", answers.decode_state, data))

    def view(self) -> View:
        """The state, each key asked for when it is read: only where keys do not depend on each
        other's commits."""
        return View(lambda key: self.query(key).value)

    def ask(self, question: str, **parameters: object) -> dict[str, object]:
        """The service's word about `question`: "where", "held" or "contents" of an `item` (a
        Digital Link, or what stands under its symbol), or "touched"; other parameters as
        /openapi.json has them.  Nothing proves it: a passport does.  UsageError when there is no
        answer."""
        path = f"/query/{question}"
        if question != "touched":
            path += "/" + answers.to_text(str(parameters.pop("item", "")).encode())
        with self._lock:
            data = self._transport.get(path, answers.JSON, query=urlencode(parameters))
        with _verifying("answer"):
            return answers.decode_json(data)

    def verify_pack(self, gtin: str, serial: str, *, lot: str | None = None,
                    expiry: str | None = None) -> dict[str, object]:
        """The service's answer whether a pack is as its label says, as GS1 Lightweight Verification
        Messaging has it; `expiry` as after (17).  UsageError when nobody answers for the GTIN."""
        batch = "" if lot is None else f"/10/{quote(lot, safe='')}"
        path = f"/01/{quote(gtin, safe='')}{batch}/21/{quote(serial, safe='')}"
        query = {} if expiry is None else {"exp": expiry}
        with self._lock:
            data = self._transport.get(path, answers.JSON, query=urlencode(query))
        with _verifying("answer"):
            return answers.decode_json(data)

    def chain(self, uri: str, since: int = 0) -> list[Numbered]:
        """Events of an item from number `since` on, all of them."""
        with self._lock:
            data = self._transport.get(f"/chain/{answers.to_text(uri.encode())}", answers.CBOR,
                                       query=f"since={since}")
            answer = _decoded("chain", answers.decode_chain, data)
            proven = self._proven(state.item_key(uri), answer.state)
        head = answer.before
        for event in answer.events:
            head = state.next_head(head, event)
        known = None if proven.value is None else Item.of(cbor.decode(proven.value, utf8=True))
        length, end = (0, state.first_head(uri)) if known is None else (known.length, known.head)
        if (answer.first, answer.first + len(answer.events), head) != (since, length, end) \
                or (since == 0 and answer.before != state.first_head(uri)):
            raise VerificationFailed("client.chain", f"chain of {uri}",
                                     "events are missing, changed or added")
        with _verifying("chain"):
            return [Numbered(number, decode_event(event))
                    for number, event in enumerate(answer.events, since)]

    # --- verifying ------------------------------------------------------------------------------

    def _open(self, signed: bytes) -> Checkpoint:
        if _parse(signed).issuer != cose.thumbprint(self.trust.ledger_key):
            raise VerificationFailed("client.issuer", "checkpoint", "not signed by the trust "
                                     "file's key: if the ledger's key was rotated, get its new "
                                     "trust file by a way you trust")
        with _verifying("checkpoint"):
            return checkpoints.open_signed(signed, self.trust.ledger, self.trust.ledger_key)

    def _open_past(self, signed: bytes) -> Checkpoint:
        """A checkpoint that may be older than the ledger key's rotation."""
        with _verifying("checkpoint"):
            issuer = _parse(signed).issuer
            size = checkpoints.decode(_parse(signed).payload).size
            return checkpoints.open_signed(signed, self.trust.ledger,
                                           self._ledger_key(issuer, size))

    def _ledger_key(self, issuer: bytes, size: int) -> bytes:
        """The trusted key, or a past one that the ledger's state vouches for."""
        if issuer == cose.thumbprint(self.trust.ledger_key):
            return self.trust.ledger_key
        return identity.checkpoint_key(self.view(), issuer, size)

    def _newest(self, signed: bytes) -> Checkpoint:
        """A checkpoint given as the newest: it extends what was seen, and is remembered."""
        opened = self._open(signed)
        if self._seen is None:
            after = witness.first_sight(opened, self.trust.ledger_key)
        else:
            path = self._consistency(self._seen.size, opened.size).path \
                if self._seen.size < opened.size else []
            after, _ = witness.extend(self._seen, signed, path)
        if after != self._seen:
            if self._memory is not None:
                durable.replace_file(self._memory, after.encode())
            self._seen = after
        return opened

    def _consistency(self, older_size: int, size: int) -> receipts.Consistency:
        data = self._transport.get("/consistency", answers.COSE,
                                   query=f"first={older_size}&second={size}")
        with _verifying("consistency receipt"):
            opened = receipts.decode_consistency(data)
        if (opened.older_size, opened.size) != (older_size, size):
            raise VerificationFailed("client.other", "consistency receipt",
                                     "it is for other sizes of the log")
        return opened

    def _check_tree(self, size: int, root: bytes, app_hash: bytes) -> None:
        """A tree that the ledger key signed is the beginning of the newest one, or the newest."""
        if self._seen is None or size > self._seen.size:
            self.checkpoint()
        assert self._seen is not None
        if size > self._seen.size:
            raise VerificationFailed("client.ahead", "checkpoint", f"{size} entries were signed, "
                                     f"the newest checkpoint has {self._seen.size}")
        if size < self._seen.size:
            self._verify_consistency(self._consistency(size, self._seen.size), root,
                                     self._seen.log_root)
        elif (root, app_hash) != (self._seen.log_root, self._seen.app_hash):
            raise VerificationFailed("witness.fork", "checkpoint", f"two checkpoints over {size} "
                                     "entries: the ledger shows two histories")

    def _verify_consistency(self, given: receipts.Consistency, older_root: bytes,
                            root: bytes) -> None:
        with _verifying("consistency receipt"):
            key = self._ledger_key(given.issuer, given.size)
        given.verify(older_root, root, key)

    def _check_receipt(self, data: bytes, entry_hash: bytes) -> Receipt:
        with _verifying("receipt"):
            opened = receipts.decode(data)
            root = opened.verify(entry_hash, self._ledger_key(opened.issuer, opened.size))
        self._check_tree(opened.size, root, opened.app_hash)
        return opened

    def _statement(self, number: int) -> tuple[bytes, bytes]:
        """(statement, receipt) of an entry."""
        data = self._transport.get(f"/entries/{number}/statement", answers.COSE)
        receipt = self._transport.get(f"/entries/{number}", answers.COSE)
        if self._check_receipt(receipt, statement.entry_hash(data)).index != number:
            raise VerificationFailed("client.other", "receipt", f"not of entry {number}")
        return data, receipt

    def _proven(self, key: bytes, answer: StateAnswer) -> Proven:
        newest = self._newest(answer.checkpoint)
        if state_tree.root_from_proof(key, answer.value, answer.proof) != newest.state_root:
            raise VerificationFailed("state.proof", f"state {state.describe(key)}",
                                     "the ledger's state does not hold this value")
        return Proven(answer.value, answer.proof, newest)

    def _cosigned(self, data: bytes, app_hash: bytes) -> tuple[bytes, Cosignature]:
        thumbprint = _parse(data).issuer
        key = self.view().load(identity.Key, state.key_key(thumbprint))
        if key is None or key.role != codes.ROLE_WITNESS:
            raise VerificationFailed("client.witness", "cosignatures", "by no witness we know")
        with _verifying("cosignatures"):
            opened = checkpoints.open_cosignature(data, self.trust.ledger, key.public_key)
        if opened.app_hash != app_hash:
            raise VerificationFailed("client.other", "cosignatures", "of another checkpoint")
        return thumbprint, opened


def _remembered(memory: Path, trust: Trust) -> Seen | None:
    if not memory.exists():
        return None
    try:
        seen = witness.decode_seen(memory.read_bytes())
    except WireError as error:
        raise UsageError(f"{memory}: not what was seen of a ledger ({error}): move it away, and "
                         "this client begins to remember anew") from error
    if seen.ledger != trust.ledger:
        raise UsageError(f"{memory}: remembers another ledger than the trust file names")
    return Seen(seen.ledger, trust.ledger_key, seen.number, seen.size, seen.log_root, seen.app_hash)


@contextmanager
def _verifying(field: str) -> Iterator[None]:
    """What breaks a format, or would be refused from us, is the service's fault here."""
    try:
        yield
    except (WireError, Refused) as error:
        raise VerificationFailed(error.rule, field, error.detail) from error


def _decoded(field: str, decode: Callable[[bytes], Answer], data: bytes) -> Answer:
    with _verifying(field):
        return decode(data)


def _parse(data: bytes) -> statement.Statement:
    with _verifying("statement"):
        return statement.parse(data)


def _check_body(data: bytes, body: bytes) -> None:
    """The body is the one whose root the block's header signs."""
    with _verifying("body"):
        header = block.decode_header(_parse(data).content())
        leaves = block.decode_body(body)
    if (header.count, header.root) != (len(leaves), block.body_root(leaves)):
        raise VerificationFailed("B3", "body", "root or count are not those of the body")
