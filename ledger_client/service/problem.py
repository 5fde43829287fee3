"""Concise problem details (RFC 9290), the form of every error of the service.

Map {-1: title, -2: detail, "urn:coldseal:problem": {"rule": id}}; the third, a custom entry
(section 3.2), stands there when a rule was broken.  Titles are SCRAPI's where it has one.
"""

from dataclasses import dataclass

from ledger_client.wire import cbor, check
from ledger_client.wire.errors import WireError

MEDIA_TYPE = "application/concise-problem-details+cbor"
DETAIL_CHARACTERS = 400  # a sentence or two; never what was sent, given back
_TITLE, _DETAIL, _OURS = -1, -2, "urn:coldseal:problem"


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, title: str, detail: str, *, rule: str | None = None,
                 retry_after_s: int | None = None) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.rule = rule
        self.retry_after_s = retry_after_s

    def encode(self) -> bytes:
        content: dict[object, object] = {_TITLE: _clean(self.title), _DETAIL: _clean(self.detail)}
        if self.rule is not None:
            content[_OURS] = {"rule": _clean(self.rule)}
        return cbor.encode(content, utf8=True)


def _clean(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)[:DETAIL_CHARACTERS]


@dataclass(frozen=True)
class Told:
    """What a service says of an error; nobody signed it."""

    title: str
    detail: str
    rule: str | None


def decode(data: bytes) -> Told:
    """WireError when it is no problem of this service."""
    form = "problem.form"
    content = cbor.decode(data, utf8=True)
    if type(content) is not dict or not {_TITLE, _DETAIL} <= set(content) <= {_TITLE, _DETAIL,
                                                                             _OURS}:
        raise WireError(form, "not a map of title and detail")
    rule = None
    if _OURS in content:
        ours = content[_OURS]
        if type(ours) is not dict or set(ours) != {"rule"}:
            raise WireError(form, "not the rule that is broken")
        rule = check.text(ours["rule"], DETAIL_CHARACTERS, form)
    return Told(check.text(content[_TITLE], DETAIL_CHARACTERS, form),
                check.text(content[_DETAIL], DETAIL_CHARACTERS, form), rule)
