"""Requests to verify a pack, as GS1 Lightweight Verification Messaging 1.1 has them."""

import json
import re

from ledger_client.core import identity
from ledger_client.core.identity import Organisation
from ledger_client.core.state import View
from ledger_client.epcis import out_json, verification
from ledger_client.service import answers, resources
from ledger_client.service.problem import Problem
from ledger_client.service.resources import Answer, Parameters
from ledger_client.service.snapshots import SnapshotReader
from ledger_client.wire import digital_link, gs1, gs1_syntax
from ledger_client.wire.errors import WireError

LINK_TYPE = "verificationService"
_PARTY = f"{digital_link.STEM}/417/"
_CORRELATION = re.compile("[0-9A-Za-z-]{1,64}")


def verification_service(reader: SnapshotReader, parameters: Parameters) -> Answer:
    """Whether the pack of a label was commissioned here and is as the label says; Problem 404 when
    no member answers for its GTIN."""
    if parameters.get("linkType", LINK_TYPE) != LINK_TYPE:
        raise Problem(400, "Malformed request", f"linkType is {LINK_TYPE} here")
    correlation = parameters.get("corrUUID")
    if correlation is not None and not _CORRELATION.fullmatch(correlation):
        raise Problem(400, "Malformed request", "corrUUID is a UUID")
    uri = _pack(parameters)
    responder = _responder(reader.view(), uri)
    found = verification.verify(reader, uri, parameters.get("lot"), parameters.get("exp"))
    said = verification.form(reader, found)
    body = {"verificationTimestamp": out_json.time_text(resources.newest(reader).time_ms),
            "data": said.pop("data"), "coldseal": said}
    if responder.party.startswith(_PARTY):
        body["responderGLN"] = responder.party[len(_PARTY):]
    if correlation is not None:
        body["corrUUID"] = correlation
    return Answer(answers.JSON, json.dumps(body).encode())


def _pack(parameters: Parameters) -> str:
    """Digital Link of the pack; Problem 400 names what is no value of a label."""
    elements = [(ai, parameters[name]) for ai, name in (
        ("01", "gtin"), ("10", "lot"), ("17", "exp"), ("21", "serial")) if name in parameters]
    for ai, value in elements:
        try:
            gs1_syntax.check_value(ai, value)
        except WireError as error:
            raise Problem(400, "Malformed request", f"({ai}){value}: {error.detail}") from error
    uri = gs1.identity(elements)
    assert uri is not None, "GTIN and serial are in the path"
    return uri


def _responder(view: View, uri: str) -> Organisation:
    """The member whose GS1 prefix the GTIN begins with."""
    for root in identity.members(view):
        member = identity.require_organisation(view, root)
        if gs1.gcp_owner(uri, member.prefixes):
            return member
    raise Problem(404, "Not Found", "no member of this ledger answers for this GTIN")
