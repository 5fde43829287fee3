"""What scitt-cose, another implementation, says of statements, receipts and trees.

A script for `python -S`: a list of questions as JSON on standard input, a list of answers out.
"""

import hashlib
import json
import sys
from typing import Any

import scitt_cose


def statement(question: dict[str, Any]) -> dict[str, Any]:
    parsed = scitt_cose.parse_signed_statement(
        bytes.fromhex(question["data"]), public_key_pem=question["pem"])
    return {"ok": parsed["signature_verified"], "issuer": parsed["issuer"],
            "subject": parsed["subject"], "content_type": parsed["content_type"]}


def receipt(question: dict[str, Any]) -> dict[str, Any]:
    found = scitt_cose.verify_receipt(
        bytes.fromhex(question["data"]), leaf_entry_hex=question["entry"],
        log_public_key_pem=question["pem"])
    return {"ok": found.ok, "root": found.root, "size": found.tree_size,
            "index": found.leaf_index, "says": [found.failed_at, *found.errors]}


def tree(question: dict[str, Any]) -> dict[str, Any]:
    entries, older = question["entries"], question["older"]
    return {"root": scitt_cose.merkle_root(entries),
            "inclusion": [scitt_cose.inclusion_proof(entries, at) for at in range(len(entries))],
            "consistency": scitt_cose.consistency_proof(entries, older, len(entries)),
            "consistent": scitt_cose.verify_consistency(
                scitt_cose.merkle_root(entries[:older]), question["root"], older, len(entries),
                question["path"])}


def theirs(question: dict[str, Any]) -> dict[str, Any]:
    """A statement and a receipt that they make."""
    made = scitt_cose.build_signed_statement(
        question["payload"].encode(), private_key_pem=question["pem"], alg="ES256",
        issuer="https://example.org", subject="a document", content_type="text/plain",
        kid=b"theirs")
    entry = hashlib.sha256(made).hexdigest()
    return {"statement": made.hex(), "receipts": [scitt_cose.build_receipt(
        leaf_entry_hex=entry, leaf_index=index, tree_entries_hex=[
            entry if at == index else f"{at:064x}" for at in range(question["size"])],
        alg="ES256", log_private_key_pem=question["pem"], iss="https://log.example.org",
        sub="its log", kid=b"theirs").hex() for index in range(question["size"])]}


def attached(question: dict[str, Any]) -> dict[str, Any]:
    """A transparent statement: ours with its receipts in the unprotected header."""
    transparent = scitt_cose.attach_receipts(
        bytes.fromhex(question["data"]), [bytes.fromhex(one) for one in question["receipts"]])
    return {"data": transparent.hex(),
            "receipts": [one.hex() for one in scitt_cose.extract_receipts(transparent)]}


ASKED = {"statement": statement, "receipt": receipt, "tree": tree, "theirs": theirs,
         "attached": attached}

if __name__ == "__main__":
    json.dump([ASKED[one["ask"]](one) for one in json.load(sys.stdin)], sys.stdout)
