"""POST /capture: EPCIS documents over HTTP, for the organisation whose key the service holds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger_client.core import item
from ledger_client.core.capture import EVENTS
from ledger_client.core.state import View
from ledger_client.epcis import in_json
from ledger_client.service import capturing, message_signature, problem
from ledger_client.service.application import Clocks, Service
from ledger_client.service.message_signature import Request
from ledger_client.service.server import Listen, Server
from ledger_client.store.sqlite import SqliteStore
from tests.served import UNLIMITED, Answered, Served, founded, serve, trust_of
from tests.world import pack

JSON = {"content-type": "application/ld+json"}
AT = "2026-05-28T20:26:40Z"


def document(serial: str, **fields: Any) -> bytes:
    event = {"type": "ObjectEvent", "eventTime": AT, "eventTimeZoneOffset": "+00:00",
             "epcList": [pack(serial)], "action": "ADD", "bizStep": "commissioning",
             "disposition": "active", "ilmd": {"cbvmda:lotNumber": "L1",
                                               "cbvmda:itemExpirationDate": "2028-12-31"}, **fields}
    return json.dumps({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                     {"cbvmda": "urn:epcglobal:cbv:mda:"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": AT,
        "epcisBody": {"eventList": [event]}}).encode()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that captures for the maker."""
    folder = tmp_path_factory.mktemp("desk")
    world, device = founded(folder)
    service = Service(folder / "ledger.db", world.ledger_signer, rates=UNLIMITED, clocks=Clocks(),
                      capture_signer=world.maker[1])
    started = Served(world, device, folder, Server(service, Listen("127.0.0.1", 0)),
                     trust_of(world))
    yield started
    started.close()


def hand_in(desk: Served, data: bytes, **fields: str) -> Answered:
    return desk.ask("POST", "/capture", by=desk.world.maker[1], body=data, fields={
        **JSON, **{name.replace("_", "-"): value for name, value in fields.items()}})


def status_of(desk: Served, uri: str) -> str | None:
    store = SqliteStore(desk.folder / "ledger.db", readonly=True)
    try:
        found = item.load(View(store.get), uri)
        return None if found is None else item.STATUS_NAMES[found.status]
    finally:
        store.close()


def test_a_document_is_captured_and_its_job_can_be_asked_for(desk: Served) -> None:
    answer = hand_in(desk, document("C1"))
    assert answer.status == 202
    job = json.loads(answer.body)
    assert (job["success"], job["running"], job["errors"]) == (True, False, [])
    assert job["captureID"] == in_json.document_id(document("C1"))
    assert status_of(desk, pack("C1")) == "active"
    again = desk.ask("GET", answer.fields["location"], by=desk.world.gateway.signer)
    assert (again.status, json.loads(again.body)) == (200, job)


def test_limits_and_behaviour_stand_in_the_header(desk: Served) -> None:
    answer = hand_in(desk, document("C2"))
    assert answer.fields["gs1-epcis-capture-limit"] == str(EVENTS)
    assert answer.fields["gs1-epcis-capture-file-size-limit"] == str(in_json.DOCUMENT_BYTES)
    assert answer.fields["gs1-capture-error-behaviour"] == "rollback"
    refused = hand_in(desk, document("C3"), GS1_Capture_Error_Behaviour="proceed")
    assert (refused.status, problem.decode(refused.body).rule) == (400, "epcis.behaviour")
    assert status_of(desk, pack("C3")) is None


def test_a_document_with_a_fault_is_a_failed_job_and_nothing_of_it_is_captured(
        desk: Served) -> None:
    answer = hand_in(desk, document("C4", bizStep="departing", disposition="in_transit",
                                    action="OBSERVE", ilmd={}).replace(b', "ilmd": {}', b""))
    assert answer.status == 202
    job = json.loads(answer.body)
    assert job["success"] is False
    assert [one["type"] for one in job["errors"]] == ["epcisException:epcis.row"]
    assert "event 1" in job["errors"][0]["detail"]
    assert status_of(desk, pack("C4")) is None


def test_the_same_document_again_is_the_same_entry(desk: Served) -> None:
    jobs = [json.loads(hand_in(desk, document("C5")).body) for _ in range(2)]
    assert jobs[0]["coldseal:entry"] == jobs[1]["coldseal:entry"]


def test_only_keys_of_the_organisation_may(desk: Served) -> None:
    other = desk.ask("POST", "/capture", by=desk.world.pharmacy[1], body=document("C6"),
                     fields=JSON)
    assert (other.status, problem.decode(other.body).rule) == (403, "http.capture")
    unsigned = desk.ask("POST", "/capture", body=document("C6"), fields=JSON)
    assert unsigned.status == 401
    job = desk.ask("GET", "/capture/" + "0" * 64, by=desk.world.pharmacy[1])
    assert job.status == 403
    assert status_of(desk, pack("C6")) is None


def test_a_body_that_was_changed_on_the_way_is_refused(desk: Served) -> None:
    host = f"127.0.0.1:{desk.server.port}"
    fields = message_signature.sign(Request("POST", "http", host, "/capture", "", {},
                                            document("C7")), desk.world.maker[1], desk.world.ledger,
                                    Clocks().unix_ms() // 1000, bytes(16))
    answer = desk.ask("POST", "/capture", body=document("C8"), fields={**JSON, **fields})
    assert (answer.status, problem.decode(answer.body).rule) == (401, "http.digest")


@pytest.mark.parametrize(("body", "fields", "status"), [
    (b"{}", {"content-type": "application/xml"}, 415),
    (b" " * (in_json.DOCUMENT_BYTES + 1), JSON, 413)])
def test_what_is_not_read_at_all(desk: Served, body: bytes, fields: dict[str, str],
                                 status: int) -> None:
    assert desk.ask("POST", "/capture", by=desk.world.maker[1], body=body,
                    fields=fields).status == status


def test_jobs_beyond_the_limit_are_forgotten_oldest_first(desk: Served) -> None:
    made = capturing.Desk(desk.world.maker[1], lambda: 0)
    for number in range(capturing.JOBS + 1):
        job = capturing.Job(f"{number:064x}", 0, None, ())
        made.finish(capturing.Prepared(job, None), None)
    assert made.job(f"{1:064x}").entry is None
    with pytest.raises(problem.Problem, match="hand the document in again"):
        made.job(f"{0:064x}")


def test_without_a_key_the_interface_is_closed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("closed")
    started = serve(folder, *founded(folder))
    try:
        answer = started.ask("POST", "/capture", by=started.world.maker[1], body=document("C9"),
                             fields=JSON)
        assert answer.status == 404
        assert "--capture-key" in problem.decode(answer.body).detail
    finally:
        started.close()
