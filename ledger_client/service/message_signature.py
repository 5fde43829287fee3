"""HTTP Message Signatures (RFC 9421), as much of them as a ledger's readers need.

One signature a request, ecdsa-p256-sha256 (section 3.3.4), over components without parameters,
with created, expires, nonce, keyid, the signer's thumbprint in hex, and tag, the id in hex of the
ledger that is asked: one ledger's service cannot use at another what it was sent (section 2.3).
Covered are @method, @authority, @target-uri or both of @path and @query, and content-digest (RFC
9530) when there is a body.  Signature-Input is read in its canonical form only: what was signed is
what stands there.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ledger_client.core import signature
from ledger_client.core.signature import Signer
from ledger_client.errors import InvalidData
from ledger_client.wire import cose

WINDOW_S = 60  # from created to expires at most: how long a nonce must be remembered
SKEW_S = 30  # a signer's clock may be so far ahead; behind is what is left of the window
NONCE_BYTES = 16
NONCE_CHARACTERS = 64
_ALGORITHM = "ecdsa-p256-sha256"
_LABEL = "coldseal"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

_REQUIRED = {"created", "expires", "nonce", "keyid", "tag"}
_HASH = re.compile("[0-9a-f]{64}")

_KEY = r"[a-z*][a-z0-9_.*-]*"  # RFC 9651 section 3.1.2
_COMPONENT = r'"[a-z0-9@-]+"'
_STRING = r'"[ !#-\[\]-~]*"'  # without escapes: none of our values needs one
_PARAMETER = re.compile(rf";({_KEY})=([0-9]{{1,12}}|{_STRING})")
_INPUT = re.compile(
    rf"({_KEY})=(\(({_COMPONENT}(?: {_COMPONENT})*)?\)((?:;{_KEY}=(?:[0-9]{{1,12}}|{_STRING}))*))")
_SIGNATURE = re.compile(rf"({_KEY})=:([A-Za-z0-9+/]{{86}}==):")


@dataclass(frozen=True)
class Request:
    """What a signature covers.  `path` and `query` as they stand on the wire; names of `fields` in
    lower case."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def component(self, name: str) -> str:
        """Value of a component (section 2); InvalidData when the request has none such."""
        authority = self.authority.lower().removesuffix(_DEFAULT_PORTS.get(self.scheme, ""))
        query = "?" + self.query
        derived = {"@method": self.method, "@authority": authority, "@path": self.path,
                   "@query": query, "@target-uri": f"{self.scheme}://{authority}{self.path}"
                   + (query if self.query else "")}
        value = derived.get(name) if name.startswith("@") else self.fields.get(name)
        if value is None:
            raise InvalidData("http.component", f"the request has no {name}")
        return value.strip()


@dataclass(frozen=True)
class Signed:
    """A signature read from a request; not verified yet."""

    thumbprint: bytes
    ledger: bytes
    nonce: str
    created_s: int
    expires_s: int
    base: bytes
    signature: bytes

    def check_time(self, now_s: int, started_s: int) -> None:
        """InvalidData unless it was made for now; before `started_s` nonces were not kept."""
        if not self.created_s < self.expires_s <= self.created_s + WINDOW_S:
            raise InvalidData("http.window", f"expires is not within {WINDOW_S} s of created")
        if self.created_s > now_s + SKEW_S or self.expires_s < now_s:
            raise InvalidData("http.time", f"signed for {self.created_s} to {self.expires_s}, here "
                              f"it is {now_s}: set the clock")
        if self.created_s < started_s:
            raise InvalidData("http.time", "signed before this service started: sign again")

    def check_ledger(self, ledger: bytes) -> None:
        """InvalidData when it was made for another ledger than this one."""
        if self.ledger != ledger:
            raise InvalidData("http.ledger", f"signed for ledger {self.ledger.hex()}, and this is "
                              f"{ledger.hex()}: the trust file or the address is another's")

    def verify(self, public_key: bytes) -> None:
        """BadSignature unless it is `public_key`'s; both forms of s are good here."""
        s = int.from_bytes(self.signature[32:], "big")
        low = min(s, cose.P256_ORDER - s) if s < cose.P256_ORDER else s
        signature.verify(public_key, hashlib.sha256(self.base).digest(),
                         self.signature[:32] + low.to_bytes(32, "big"))


def signature_base(components: Iterable[tuple[str, str]], parameters: str) -> bytes:
    """The signature base (section 2.5); `parameters` as they stand in Signature-Input."""
    lines = [f'"{name}": {value}' for name, value in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def content_digest(body: bytes) -> str:
    """Content-Digest (RFC 9530) of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(request: Request, signer: Signer, ledger: bytes, created_s: int,
         nonce: bytes) -> dict[str, str]:
    """Fields to add to a request to `ledger` so that it is signed for WINDOW_S from `created_s`
    on."""
    names = ["@method", "@authority", "@path", "@query"]
    added = {}
    if request.body:
        names.append("content-digest")
        added["content-digest"] = content_digest(request.body)
    parameters = '({});created={};expires={};nonce="{}";keyid="{}";alg="{}";tag="{}"'.format(
        " ".join(f'"{name}"' for name in names), created_s, created_s + WINDOW_S,
        base64.urlsafe_b64encode(nonce).rstrip(b"=").decode(),
        cose.thumbprint(signer.public_key).hex(), _ALGORITHM, ledger.hex())
    base = signature_base(
        [(name, added.get(name) or request.component(name)) for name in names], parameters)
    made = base64.b64encode(signer.sign(hashlib.sha256(base).digest())).decode()
    return {**added, "signature-input": f"{_LABEL}={parameters}", "signature": f"{_LABEL}=:{made}:"}


def read(request: Request) -> Signed:
    """The request's signature; InvalidData when it is missing, has another form or leaves out what
    must be covered."""
    found = _INPUT.fullmatch(request.fields.get("signature-input", ""))
    made = _SIGNATURE.fullmatch(request.fields.get("signature", ""))
    if found is None or made is None or found[1] != made[1]:
        raise InvalidData("http.signature", "not one HTTP message signature (RFC 9421) with "
                          "Signature-Input and Signature")
    names = [one.strip('"') for one in (found[3] or "").split()]
    _check_covered(names, request)
    values = _parameters(found[4])
    base = signature_base([(name, request.component(name)) for name in names], found[2])
    return Signed(bytes.fromhex(values["keyid"]), bytes.fromhex(values["tag"]), values["nonce"],
                  int(values["created"]), int(values["expires"]), base, base64.b64decode(made[2]))


def _check_covered(names: list[str], request: Request) -> None:
    covered = set(names)
    if len(covered) != len(names):
        raise InvalidData("http.covered", "a component is covered twice")
    whole = "@target-uri" in covered or {"@path", "@query"} <= covered
    if not {"@method", "@authority"} <= covered or not whole:
        raise InvalidData("http.covered", "cover @method, @authority, and @target-uri or @path and "
                          "@query")
    if request.body and ("content-digest" not in covered
                         or request.component("content-digest") != content_digest(request.body)):
        raise InvalidData("http.digest", "cover content-digest, and let it be the body's sha-256")


def _parameters(text: str) -> dict[str, str]:
    pairs = [(name, value.strip('"'), value.startswith('"'))
             for name, value in _PARAMETER.findall(text)]
    values = {name: value for name, value, _ in pairs}
    strings = {name for name, _, quoted in pairs if quoted}
    if len(values) != len(pairs) or _REQUIRED - set(values) \
            or strings != set(values) - {"created", "expires"} \
            or values.get("alg", _ALGORITHM) != _ALGORITHM:
        raise InvalidData("http.parameters", "give created, expires, nonce, keyid and tag, and "
                          f"{_ALGORITHM} if any alg")
    if not _HASH.fullmatch(values["keyid"]):
        raise InvalidData("http.keyid", "keyid is the thumbprint of the key, 64 hex digits")
    if not _HASH.fullmatch(values["tag"]):
        raise InvalidData("http.tag", "tag is the id of the ledger that is asked, 64 hex digits")
    if not 0 < len(values["nonce"]) <= NONCE_CHARACTERS:
        raise InvalidData("http.nonce", f"a nonce has 1 to {NONCE_CHARACTERS} characters")
    return values
