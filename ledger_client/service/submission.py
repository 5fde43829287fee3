"""What is handed in: a signed statement, alone or with a block's body.

application/cose is the statement; application/cbor is [statement, body / null].  A statement's
unprotected header is emptied before it is registered (RFC 9943 section 6), whatever it holds.
"""

from ledger_client.core.entry import Submission
from ledger_client.service.answers import CBOR, COSE
from ledger_client.wire import cbor, check, codes, cose
from ledger_client.wire.errors import WireError

# around statement and body: an array's head and two of byte strings
SUBMISSION_BYTES = codes.STATEMENT_BYTES + codes.BLOCK_BYTES + 16
_ARRAY_OF_4 = 0x84
_BYTES, _TEXT, _ARRAY, _MAP, _TAG = range(2, 7)  # major types, RFC 8949 section 3.1
_DEPTH = 16  # of what is skipped: deeper than any header in use


def decode(media_type: str, data: bytes) -> Submission:
    """WireError when it is neither of the two."""
    if media_type == COSE:
        return Submission(stripped(data))
    assert media_type == CBOR
    rule = "submission.form"
    statement, body = check.array(cbor.decode(data), 2, rule)
    if type(statement) is not bytes or (body is not None and type(body) is not bytes):
        raise WireError(rule, "not [statement, body or null], byte strings")
    return Submission(stripped(statement), body)


def stripped(statement: bytes) -> bytes:
    """The statement with its unprotected map emptied."""
    if statement[:2] != bytes((cbor.TAG_SIGN1, _ARRAY_OF_4)):
        raise WireError("cose.tag", "no COSE_Sign1 of four parts under tag 18")
    protected, at = cbor.read(statement, 2)
    end = _skip(statement, at, 1)
    if cbor.head(statement, at)[0] != _MAP:
        raise WireError("cose.parts", "the unprotected header is no map")
    payload, at = cbor.read(statement, end)
    signature, at = cbor.read(statement, at)
    if at != len(statement):
        raise WireError("cbor.trailing", f"{len(statement) - at} bytes follow the message")
    if type(protected) is not bytes or type(payload) is not bytes or type(signature) is not bytes:
        raise WireError("cose.parts", "protected header, payload and signature are byte strings")
    return cose.encode_sign1(protected, payload, signature)


def _skip(data: bytes, at: int, depth: int) -> int:
    """Where the item at `at` ends; its content is not looked at."""
    if depth > _DEPTH:
        raise WireError("cbor.depth", f"more than {_DEPTH} levels in the unprotected header")
    major, argument, at = cbor.head(data, at)
    if major in (_BYTES, _TEXT):
        at += argument
    items = {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}.get(major, 0)
    for _ in range(items):  # each has a byte at least: a lie about the count ends with the data
        at = _skip(data, at, depth + 1)
    if at > len(data):
        raise WireError("cbor.short", "the data ends inside the unprotected header")
    return at
