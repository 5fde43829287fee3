"""Receipts (RFC 9942): inclusion of an entry, consistency of two sizes."""

import hashlib
from dataclasses import replace

from ledger_client.core import merkle, receipt, statement
from ledger_client.core.checkpoint import Checkpoint
from ledger_client.wire import cbor, cose
from tests.generators.cases.checkpoint import CHECKPOINT, LEDGER_KEY, WITNESS
from tests.generators.cases.common import Case, Subject, invalid, valid

_ENTRIES = [hashlib.sha256(bytes((number,))).digest() for number in range(12)]
_NODE = merkle.list_node(_ENTRIES)
_KEY = LEDGER_KEY.public_key


def _checkpoint(size: int) -> Checkpoint:
    return replace(CHECKPOINT, size=size, log_root=merkle.root(_NODE, size))


def _inclusion(name: str, index: int, size: int) -> Case:
    checkpoint = _checkpoint(size)
    path = merkle.inclusion_path(_NODE, index, size)
    signed = receipt.sign(checkpoint, LEDGER_KEY)
    return valid(name, "receipt", receipt.inclusion(checkpoint, _KEY, signed, index, path), {
        "issuer": LEDGER_KEY.thumbprint, "size": size, "app_hash": checkpoint.app_hash(),
        "index": index, "path": path, "protected": receipt.protected_header(checkpoint, _KEY),
        "signature": signed, "root": checkpoint.log_root}, key=_KEY, entry=_ENTRIES[index])


def _consistency(name: str, older: int, size: int) -> Case:
    checkpoint = _checkpoint(size)
    signed = receipt.sign(checkpoint, LEDGER_KEY)
    path = merkle.consistency_path(_NODE, older, size)
    return valid(name, "consistency receipt",
                 receipt.consistency(checkpoint, _KEY, signed, older, path), {
                     "issuer": LEDGER_KEY.thumbprint, "older_size": older, "size": size,
                     "app_hash": checkpoint.app_hash(), "path": path,
                     "protected": receipt.protected_header(checkpoint, _KEY), "signature": signed,
                     "root": checkpoint.log_root},
                 key=_KEY, older_root=merkle.root(_NODE, older))


def _broken(header: object = None, unprotected: object = None, payload: object = None,
            signature: object = None) -> bytes:
    """The receipt of entry 2 of 12 with another part."""
    checkpoint = _checkpoint(12)
    proof = cbor.encode([12, 2, merkle.inclusion_path(_NODE, 2, 12)])
    protected = receipt.protected_header(checkpoint, _KEY) if header is None else header
    return cbor.encode_sign1([
        cbor.encode(protected) if isinstance(protected, dict) else protected,
        {396: {-1: [proof]}} if unprotected is None else unprotected, payload,
        receipt.sign(checkpoint, LEDGER_KEY) if signature is None else signature])


def _header(**other: object) -> dict[object, object]:
    """Labels by name, "" leaves one out; _c are claims."""
    claims: dict[object, object] = {
        1: statement.issuer_uri(LEDGER_KEY.thumbprint), 2: "receipt", -65537: 12,
        -65538: _checkpoint(12).app_hash()}
    names = {"iss": 1, "sub": 2, "size": -65537, "app_hash": -65538}
    claims |= {names[name]: value for name, value in other.items() if name in names}
    header: dict[object, object] = {1: cose.ES256, 4: LEDGER_KEY.kid, 395: 1, 15: {
        key: value for key, value in claims.items() if value != ""}}
    labels = {"alg": 1, "kid": 4, "claims": 15, "vds": 395}
    header |= {labels[name]: value for name, value in other.items() if name in labels}
    return {key: value for key, value in header.items() if value != ""}


def _proof(*parts: object) -> dict[object, object]:
    return {396: {-1: [cbor.encode(list(parts))]}}


def _invalid() -> list[Case]:
    path = merkle.inclusion_path(_NODE, 2, 12)
    form, proof = "receipt.form", "receipt.proof"
    headers = [
        ("no vds", _header(vds="")), ("vds 2", _header(vds=2)), ("alg ES384", _header(alg=-35)),
        ("no kid", _header(kid="")), ("kid of another key", _header(kid=WITNESS.kid)),
        ("kid is text", _header(kid="12345678")), ("no claims", _header(claims={})),
        ("claims null", _header(claims=None)), ("no size", _header(size="")),
        ("another size", _header(size=11)), ("no app_hash", _header(app_hash="")),
        ("app_hash of 31 bytes", _header(app_hash=bytes(31))), ("no sub", _header(sub="")),
        ("another sub", _header(sub="checkpoint")), ("a label beside", _header() | {3: "x"})]
    proofs: list[tuple[str, object]] = [
        ("no proofs", {}), ("a proof of consistency", {396: {-2: [cbor.encode([1, 12, path])]}}),
        ("two proofs", {396: {-1: [b"", b""]}}), ("proofs are an array", {396: [b""]}),
        ("another label", {396: {-1: [b""]}, 4: b""}), ("a proof is an array", {396: {-1: [[]]}}),
        ("a proof of two", _proof(12, 2)), ("index below 0", _proof(12, -1, path)),
        ("index null", _proof(12, None, path)), ("a path null", _proof(12, 2, None)),
        ("a hash of 31 bytes", _proof(12, 2, [*path[:-1], bytes(31)]))]
    whole = [
        ("no tag", _broken()[1:], "cose.tag"),
        ("a root attached", _broken(payload=bytes(32)), form),
        ("header is a map", cbor.encode_sign1([{}, {}, None, bytes(64)]), form),
        ("unprotected null", cbor.encode_sign1([b"", None, None, bytes(64)]), form),
        ("signature of 63 bytes", _broken(signature=bytes(63)), form),
        ("iss is no thumbprint", _broken(_header(iss="https://example.com")), form),
        ("index beyond the size", _broken(unprotected=_proof(12, 12, path)), "merkle.index"),
        ("a path too short", _broken(unprotected=_proof(12, 2, path[:-1])), "merkle.path"),
        ("a path too long", _broken(unprotected=_proof(12, 2, [*path, bytes(32)])), "merkle.path"),
        ("another leaf's index", _broken(unprotected=_proof(12, 3, path)), "signature"),
        ("a bad signature", _broken(signature=bytes(31) + b"\1" + bytes(31) + b"\1"), "signature")]
    cases = [
        *[(name, _broken(header), form) for name, header in headers],
        *[(name, _broken(unprotected=unprotected), proof) for name, unprotected in proofs], *whole]
    return [*[invalid(name, "receipt", data, rule, key=_KEY, entry=_ENTRIES[2])
              for name, data, rule in cases],
            invalid("another entry", "receipt", _broken(), "signature", key=_KEY,
                    entry=_ENTRIES[3])]


SUBJECT = Subject(
    "Receipts of the log for an entry (the SHA-256 of a statement) and for an older root, by the "
    "ledger key x || y",
    [_inclusion("entry 2 of 12", 2, 12), _inclusion("the last of 12", 11, 12),
     _inclusion("the only one", 0, 1), _consistency("from 5 to 12", 5, 12),
     _consistency("from 8 to 12", 8, 12)], _invalid())
