"""Every resource of the service, as a table, and its OpenAPI 3.1 description made from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from ledger_client.service import answers, capturing, limits, problem, queries, resources, verifying
from ledger_client.service.resources import Answer, Parameters
from ledger_client.service.snapshots import SnapshotReader

Ask = Callable[[SnapshotReader, Parameters], Answer]

# RFC 9421 section 5: how to sign what was refused for want of a signature.  Without the tag: who
# asks knows its ledger, and must not take the word of whoever answers for it.
ACCEPT_SIGNATURE = 'coldseal=("@method" "@authority" "@path" "@query");created;expires;' \
    'alg="ecdsa-p256-sha256"'


class Access(Enum):
    """Who may ask: anybody; a reader whose request is signed; a writer whose statement is."""

    PUBLIC = "public"
    SIGNED = "request signature"
    BY_STATEMENT = "statement signature"


@dataclass(frozen=True)
class Parameter:
    """Part of a path, or of a query."""

    name: str
    place: str
    schema: dict[str, object]
    meaning: str
    required: bool = True


@dataclass(frozen=True)
class Resource:
    """`ask` answers it, unless it waits or writes; `costly` is what may look at much of the ledger;
    `takes` are media types of a request's body."""

    method: str
    path: str
    summary: str
    media_type: str
    access: Access = Access.PUBLIC
    ask: Ask | None = None
    parameters: tuple[Parameter, ...] = ()
    takes: tuple[str, ...] = ()
    success: int = 200
    costly: bool = False

    @property
    def route(self) -> str:
        """For a router, to which a slash in a lot or serial looks like any."""
        return _ANY_TEXT.sub(r"{\1:path}", self.path)

    def in_path(self, raw_path: str) -> dict[str, str]:
        """Parameters in a path as it came, each decoded by itself; ValueError: it is another's."""
        return {name[1:-1]: unquote(part)
                for name, part in zip(self.path.split("/"), raw_path.split("/"), strict=True)
                if name.startswith("{")}


_ANY_TEXT = re.compile(r"\{(lot|serial)\}")
_NUMBER: dict[str, object] = {"type": "integer", "minimum": 0, "maximum": 10 ** 15 - 1}
_BASE64URL: dict[str, object] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$",
                                 "maxLength": limits.STATE_KEY_BYTES * 4 // 3}
_ID = Parameter("id", "path", {"type": "string", "pattern": "^([0-9]{1,15}|[0-9a-f]{64})$"},
                "entry number, or entry hash in hex")
_ITEM = Parameter("item", "path", _BASE64URL, "canonical Digital Link in base64url")
_NAMED = Parameter("item", "path", _BASE64URL, "Digital Link or (01)...(21)... in base64url")
_TEXT: dict[str, object] = {"type": "string", "maxLength": limits.STATE_KEY_BYTES}
_TEMPERATURE: dict[str, object] = {"type": "integer", "minimum": -999_999, "maximum": 999_999}


def _query(name: str, schema: dict[str, object], meaning: str) -> Parameter:
    return Parameter(name, "query", schema, meaning, required=False)


_AT = _query("at", _NUMBER, "Unix ms; now when left out")
_OPTIONAL_NUMBER = Parameter("number", "query", _NUMBER, "checkpoint; the newest when left out",
                             required=False)

RESOURCES = (
    Resource("GET", "/.well-known/scitt-keys", "keys that sign receipts, a COSE Key Set",
             answers.CBOR, ask=resources.keys),
    Resource("GET", "/.well-known/scitt-keys/{kid}", "one of them, a COSE_Key", answers.CBOR,
             ask=resources.key, parameters=(
                 Parameter("kid", "path", _BASE64URL, "key id in base64url"),)),
    Resource("POST", "/entries", "register a signed statement, alone or with its body; answers "
             "with the receipt, also when it was registered before", answers.COSE,
             Access.BY_STATEMENT, takes=(answers.COSE, answers.CBOR), success=201),
    Resource("GET", "/entries/{id}", "receipt of an entry (RFC 9942)", answers.COSE,
             ask=resources.entry_receipt, parameters=(_ID,)),
    Resource("GET", "/entries/{id}/statement", "the signed statement", answers.COSE, Access.SIGNED,
             resources.entry_statement, (_ID,)),
    Resource("GET", "/entries/{id}/body", "the records of a block", answers.CBOR, Access.SIGNED,
             resources.entry_body, (_ID,)),
    Resource("GET", "/checkpoint", "the newest signed checkpoint", answers.COSE,
             ask=resources.newest_checkpoint),
    Resource("GET", "/checkpoint/{number}", "a signed checkpoint", answers.COSE,
             ask=resources.checkpoint, parameters=(
                 Parameter("number", "path", _NUMBER, "checkpoint number, from 0"),)),
    Resource("GET", "/consistency", "receipt that the log of one size begins that of another",
             answers.COSE, ask=resources.consistency, parameters=(
                 Parameter("first", "query", _NUMBER, "size of the older log"),
                 Parameter("second", "query", _NUMBER, "size of the newer, a checkpoint's"))),
    Resource("GET", "/state/{key}", "value of a state key, or its absence, with proof",
             answers.CBOR, Access.SIGNED, resources.value, (
                 Parameter("key", "path", _BASE64URL, "state key in base64url"),)),
    Resource("GET", "/chain/{item}", "an item's events, provably all", answers.CBOR, Access.SIGNED,
             resources.chain, (
                 _ITEM,
                 Parameter("since", "query", _NUMBER, "first event; 0 by default",
                           required=False)), costly=True),
    Resource("GET", "/query/where/{item}", "where an item is, or was: in what, at which place, "
             "held by whom", answers.JSON, Access.SIGNED, queries.where, (_NAMED, _AT),
             costly=True),
    Resource("GET", "/query/held/{item}", "who held an item, from when to when", answers.JSON,
             Access.SIGNED, queries.held, (_NAMED,), costly=True),
    Resource("GET", "/query/contents/{item}", "what is in a crate or at a place, or was, at any "
             "depth", answers.JSON, Access.SIGNED, queries.contents, (_NAMED, _AT),
             costly=True),
    Resource("GET", "/query/touched", "everything touched by one of: a logger, while it showed "
             "more or less; an item's excursions; a key", answers.JSON, Access.SIGNED,
             queries.touched, (
                 _query("logger", _TEXT, "its label: Digital Link or (8004)..."),
                 _query("item", _TEXT, "a pack, as above: its excursions"),
                 _query("key", _TEXT, "eight or more hex digits of a thumbprint, or a label"),
                 _query("since", _NUMBER, "Unix ms; by ledger time for a key"),
                 _query("until", _NUMBER, "Unix ms, for a logger"),
                 _query("above", _TEMPERATURE, "hundredths of a degree, for a logger"),
                 _query("below", _TEMPERATURE, "hundredths of a degree, for a logger")),
             costly=True),
    *(Resource("GET", path, "whether a pack is as its label says (GS1 Lightweight Verification "
               "Messaging 1.1)", answers.JSON, Access.SIGNED, verifying.verification_service, (
                   *(Parameter(name, "path", _TEXT, meaning) for name, meaning in (
                       ("gtin", "14 digits"), ("lot", "as on the label"),
                       ("serial", "as on the label")) if f"{{{name}}}" in path),
                   _query("exp", _TEXT, "the six digits after (17) on the label"),
                   _query("linkType", _TEXT, verifying.LINK_TYPE),
                   _query("corrUUID", _TEXT, "comes back with the answer")))
      for path in ("/01/{gtin}/21/{serial}", "/01/{gtin}/10/{lot}/21/{serial}")),
    Resource("GET", "/log", "entries from a number on; with wait, not before there is one",
             answers.CBOR, Access.SIGNED, parameters=(
                 Parameter("since", "query", _NUMBER, "first entry"),
                 Parameter("limit", "query", _NUMBER, "how many at most", required=False),
                 Parameter("wait", "query", _NUMBER,
                           f"seconds, {limits.FOLLOW_WAIT_S} at most", required=False))),
    Resource("GET", "/cosignatures", "witnesses' cosignatures of a checkpoint", answers.CBOR,
             ask=resources.cosignatures, parameters=(_OPTIONAL_NUMBER,)),
    Resource("POST", "/cosignatures", "keep a witness's cosignature of a checkpoint", answers.COSE,
             Access.BY_STATEMENT, parameters=(_OPTIONAL_NUMBER,), takes=(answers.COSE,),
             success=204),
    Resource("POST", "/capture", "capture an EPCIS 2.0 document, all of it or nothing; answers "
             "with the job, which is over", answers.JSON, Access.SIGNED,
             takes=capturing.MEDIA_TYPES, success=202),
    Resource("GET", "/capture/{job}", "what became of a document", answers.JSON, Access.SIGNED,
             parameters=(Parameter("job", "path", {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                                   "SHA-256 of the document in hex"),)),
    Resource("GET", "/openapi.json", "this description", answers.JSON),
)

_PROBLEMS = {400: "malformed, or refused by a rule, which is named", 404: "there is none",
             413: "too much", 429: "too often: Retry-After", 503: "not now: Retry-After"}
_PROBLEMS_SIGNED = {401: "not signed as it must be", 403: "this key may not"}
_PROBLEMS_WRITING = {408: "the body did not come", 415: "another media type"}


def description() -> dict[str, object]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, object]] = {}
    for one in RESOURCES:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Coldseal ledger", "version": "1",
                 "description": "SCRAPI (draft-ietf-scitt-scrapi), and proofs of state, chains and "
                                "consistency beside it.  Bodies are CBOR and COSE."},
        "paths": paths,
        "components": {"securitySchemes": {"signature": {
            "type": "apiKey", "in": "header", "name": "Signature-Input",
            "description": "HTTP Message Signature (RFC 9421) by an enrolled key that is no "
                           f"device's: {ACCEPT_SIGNATURE}, with nonce, keyid, the key's "
                           "thumbprint in hex, and tag, the ledger's id in hex"}}}}


def _operation(resource: Resource) -> dict[str, object]:
    problems = {**_PROBLEMS, **({403: _PROBLEMS_SIGNED[403]} if resource.takes else {}),
                **(_PROBLEMS_SIGNED if resource.access is Access.SIGNED else {}),
                **(_PROBLEMS_WRITING if resource.takes else {})}
    if resource.path.endswith("/body"):
        problems[410] = "pruned here; an archive holds it"
    operation: dict[str, object] = {
        "summary": resource.summary,
        "parameters": [{"name": one.name, "in": one.place, "required": one.required,
                        "description": one.meaning, "schema": one.schema}
                       for one in resource.parameters],
        "responses": {
            str(resource.success): _success(resource),
            **{str(status): {"description": text, "content": {problem.MEDIA_TYPE: {}}}
               for status, text in sorted(problems.items())}}}
    if resource.takes:
        operation["requestBody"] = {"required": True,
                                    "content": {one: {} for one in resource.takes}}
    if resource.access is Access.SIGNED:
        operation["security"] = [{"signature": []}]
    return operation


def _success(resource: Resource) -> dict[str, object]:
    described: dict[str, object] = {"description": resource.summary}
    if resource.success != 204:
        described["content"] = {resource.media_type: {}}
    return described
