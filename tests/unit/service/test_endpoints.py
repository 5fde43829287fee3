"""Every resource over HTTP: what it answers, to whom, and how it refuses."""

import http.client
import json
import os
from collections.abc import Iterator

import cbor2
import pytest

from ledger_client.core import checkpoint as checkpoints
from ledger_client.core import receipt, state, statement
from ledger_client.core.checkpoint import Cosignature
from ledger_client.service import answers, message_signature, openapi, problem, submission
from ledger_client.service.application import Clocks
from ledger_client.service.limits import Limits
from ledger_client.service.message_signature import Request
from ledger_client.store.sqlite import SqliteStore
from ledger_client.wire import codes, cose
from tests.served import WITNESS, Answered, Served, founded, serve
from tests.world import pack, signer

SIGNED = ["/entries/0/statement", "/entries/5/body", f"/state/{answers.to_text(b'members')}",
          f"/chain/{answers.to_text(pack('S00001').encode())}", "/log?since=0"]
PUBLIC = ["/.well-known/scitt-keys", "/entries/0", "/checkpoint", "/checkpoint/0",
          "/consistency?first=1&second=3", "/cosignatures", "/openapi.json"]


def told(answer: Answered) -> problem.Told:
    assert answer.media_type == problem.MEDIA_TYPE
    return problem.decode(answer.body)


# --- keys -----------------------------------------------------------------------------------------


def test_the_key_set_is_cose_keys(served: Served) -> None:
    answer = served.ask("GET", "/.well-known/scitt-keys")
    key = served.world.ledger_signer
    assert (answer.status, answer.media_type) == (200, answers.CBOR)
    (found,) = cbor2.loads(answer.body)
    assert found == {1: 2, 2: key.kid, 3: -7, -1: 1, -2: key.public_key[:32],
                     -3: key.public_key[32:]}
    one = served.ask("GET", f"/.well-known/scitt-keys/{answers.to_text(key.kid)}")
    assert (one.status, cbor2.loads(one.body)) == (200, found)


def test_a_receipt_names_a_key_of_the_set(served: Served) -> None:
    protected = receipt.decode(served.ask("GET", "/entries/1").body).protected
    kid = cbor2.loads(protected)[4]
    assert served.ask("GET", f"/.well-known/scitt-keys/{answers.to_text(kid)}").status == 200


def test_there_is_no_other_key(served: Served) -> None:
    answer = served.ask("GET", "/.well-known/scitt-keys/AAAAAAAAAAA")
    assert (answer.status, told(answer).title) == (404, "No such key")


# --- registering ----------------------------------------------------------------------------------


def test_a_block_is_registered_and_the_receipt_verifies(served: Served) -> None:
    block = served.block()
    answer = served.ask("POST", "/entries", body=answers.encode_submission(block),
                        fields={"content-type": answers.CBOR})
    assert (answer.status, answer.media_type) == (201, answers.COSE)
    opened = receipt.decode(answer.body)
    opened.verify(statement.entry_hash(block.statement), served.world.ledger_signer.public_key)
    assert answer.fields["location"] == f"/entries/{opened.index}"
    again = served.ask("POST", "/entries", body=answers.encode_submission(block),
                       fields={"content-type": "application/cbor; x=y"})
    assert (again.status, again.body) == (201, answer.body)
    by_hash = served.ask("GET", f"/entries/{statement.entry_hash(block.statement).hex()}")
    assert (by_hash.status, by_hash.body) == (200, answer.body)


def test_a_statement_alone_with_whatever_unprotected_header(served: Served) -> None:
    world = served.world
    handed_in = world.enrolment(codes.ROLE_GATEWAY, signer("second"), world.maker, [False])
    protected, _, payload, made = cbor2.loads(handed_in.statement).value
    data = cbor2.dumps(cbor2.CBORTag(18, [protected, {394: [b"receipt"], 1: 1.5}, payload, made]))
    answer = served.ask("POST", "/entries", body=data, fields={"content-type": answers.COSE})
    assert answer.status == 201
    receipt.decode(answer.body).verify(statement.entry_hash(handed_in.statement),
                                       world.ledger_signer.public_key)


def refused(served: Served, data: bytes, media_type: str = answers.CBOR) -> Answered:
    return served.ask("POST", "/entries", body=data, fields={"content-type": media_type})


def test_a_refusal_names_its_rule(served: Served) -> None:
    world = served.world
    good = served.world.gateway
    height = good.height
    good.height = 900
    gap = served.block()
    good.height = height
    other = world.state("profile", signer("stranger"), "profile/x", [1, None, {}])
    bad = world.state("revoke", world.maker[0], "key:", [1])
    for handed_in, rule in ((gap, "B2"), (other, "K6"), (bad, "S10")):
        answer = refused(served, answers.encode_submission(handed_in))
        assert (answer.status, told(answer).title, told(answer).rule) == (400, "Rejected", rule)


def test_a_statement_that_its_key_did_not_sign_is_refused_before_the_writer(served: Served) -> None:
    block = served.world.state("profile", served.world.maker[1], "profile/x", [1, None, {}])
    changed = block.statement[:-1] + bytes([block.statement[-1] ^ 1])
    answer = refused(served, changed, answers.COSE)
    assert (answer.status, told(answer).rule) == (400, "S2")


@pytest.mark.parametrize(("data", "media_type", "status", "rule"), [
    (b"", answers.COSE, 400, "cose.tag"), (b"\xff", answers.CBOR, 400, "cbor.indefinite"),
    (b"\x80", answers.CBOR, 400, "submission.form"), (b"noise", answers.COSE, 400, "cose.tag"),
    (b"\xd2\x84\x40\xa0\x40\x40", answers.COSE, 400, "cose.signature-length"),
    (b"{}", answers.JSON, 415, None), (b"", "", 415, None)])
def test_what_is_no_statement_is_refused(served: Served, data: bytes, media_type: str, status: int,
                                         rule: str | None) -> None:
    answer = refused(served, data, media_type)
    assert (answer.status, told(answer).rule) == (status, rule)


def test_a_long_statement_is_refused_by_its_rule(served: Served) -> None:
    data = statement.build("profile", served.world.maker[1], subject="profile/x", content=[
        1, None, {"text": "x" * codes.STATEMENT_BYTES}], ledger=served.world.ledger)
    answer = refused(served, data, answers.COSE)
    assert (answer.status, told(answer).rule) == (400, "S1")


def test_a_body_that_is_too_long_is_refused_before_it_is_read(served: Served) -> None:
    answer = served.ask("POST", "/entries", fields={
        "content-type": answers.CBOR, "content-length": str(submission.SUBMISSION_BYTES + 1)})
    assert (answer.status, told(answer).title) == (413, "Content Too Large")


def test_a_body_of_unknown_length_is_cut_at_the_limit(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=10)
    connection.request("POST", "/entries", iter([b"x" * 65536] * 5),
                       {"content-type": answers.CBOR}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", PUBLIC)
def test_anybody_may_read_what_is_public(served: Served, target: str) -> None:
    assert served.ask("GET", target).status == 200
    assert served.ask("HEAD", target).body == b""


@pytest.mark.parametrize("target", SIGNED)
def test_the_rest_is_for_enrolled_keys(served: Served, target: str) -> None:
    answer = served.ask("GET", target)
    assert (answer.status, told(answer).rule) == (401, "http.signature")
    assert answer.fields["accept-signature"] == openapi.ACCEPT_SIGNATURE
    answer = served.ask("GET", target, by=served.world.gateway.signer)
    assert (answer.status, answer.fields["cache-control"]) == (200, "no-store")
    for enrolled in (served.world.maker[0], served.world.pharmacy[1], WITNESS):
        assert served.ask("GET", target, by=enrolled).status == 200
    answer = served.ask("GET", target, by=served.device.signer)
    assert (answer.status, told(answer).rule) == (403, "http.standing")
    answer = served.ask("GET", target, by=signer("stranger"))
    assert (answer.status, told(answer).rule) == (401, "K6")


def test_a_revoked_key_reads_no_more(served: Served) -> None:
    world = served.world
    key = signer("leaver")
    for handed_in in (
            world.enrolment(codes.ROLE_GATEWAY, key, world.maker, [False]),
            world.state("revoke", world.maker[0], f"key:{key.thumbprint.hex()}",
                        [1, key.kid, world.now_ms, 1])):
        assert refused(served, answers.encode_submission(handed_in)).status == 201
        target = f"/state/{answers.to_text(b'members')}"
        status = served.ask("GET", target, by=key).status
    assert status == 403


def test_a_signature_is_used_once(served: Served) -> None:
    host = f"127.0.0.1:{served.server.port}"
    fields = message_signature.sign(
        Request("GET", "http", host, "/entries/0/statement"), served.world.gateway.signer,
        served.world.ledger, Clocks().unix_ms() // 1000, os.urandom(16))
    assert served.ask("GET", "/entries/0/statement", fields=fields).status == 200
    answer = served.ask("GET", "/entries/0/statement", fields=fields)
    assert (answer.status, told(answer).rule) == (401, "http.replay")
    answer = served.ask("GET", "/entries/1/statement", fields=fields)
    assert (answer.status, told(answer).rule) == (401, "signature")


def test_a_signature_is_for_one_ledger(served: Served) -> None:
    """What a service of another circle was sent is no use here, though its host is not ours to
    know."""
    there = "ledger.other-circle.example"
    for ledger, status, rule in ((bytes(32), 401, "http.ledger"), (served.world.ledger, 200, None)):
        fields = message_signature.sign(
            Request("GET", "http", there, "/entries/0/statement"), served.world.gateway.signer,
            ledger, Clocks().unix_ms() // 1000, os.urandom(16))
        answer = served.ask("GET", "/entries/0/statement", fields={**fields, "host": there})
        assert answer.status == status
        assert rule is None or told(answer).rule == rule


@pytest.mark.parametrize(("age_s", "rule"), [(3600, "http.time"), (-3600, "http.time")])
def test_an_old_signature_is_refused(served: Served, age_s: int, rule: str) -> None:
    host = f"127.0.0.1:{served.server.port}"
    fields = message_signature.sign(
        Request("GET", "http", host, "/entries/0/statement"), served.world.gateway.signer,
        served.world.ledger, Clocks().unix_ms() // 1000 - age_s, os.urandom(16))
    answer = served.ask("GET", "/entries/0/statement", fields=fields)
    assert (answer.status, told(answer).rule) == (401, rule)


def test_a_request_with_a_body_is_signed_over_it(served: Served) -> None:
    key, target = served.world.gateway.signer, "/entries/0/statement"
    assert served.ask("GET", target, by=key, body=b"body").status == 200
    host = f"127.0.0.1:{served.server.port}"
    fields = message_signature.sign(Request("GET", "http", host, target), key,
                                    served.world.ledger, Clocks().unix_ms() // 1000, os.urandom(16))
    answer = served.ask("GET", target, body=b"added", fields=fields)
    assert (answer.status, told(answer).rule) == (401, "http.digest")
    assert served.ask("GET", target, body=bytes(2000), fields=fields).status == 413


@pytest.mark.parametrize(("target", "status", "title"), [
    ("/entries/999", 404, "Not Found"), (f"/entries/{'0' * 64}", 404, "Not Found"),
    ("/entries/x", 400, "Invalid locator"), (f"/entries/{'A' * 64}", 400, "Invalid locator"),
    ("/entries/-1", 400, "Invalid locator"), (f"/entries/{'1' * 16}", 400, "Invalid locator"),
    ("/entries/999/statement", 404, "Not Found"), ("/entries/0/body", 404, "Not Found"),
    ("/entries/999/body", 404, "Not Found"),
    ("/checkpoint/999", 404, "Not Found"), ("/checkpoint/x", 400, "Malformed request"),
    ("/consistency", 400, "Malformed request"), ("/consistency?first=1", 400, "Malformed request"),
    ("/consistency?first=2&second=2", 400, "Malformed request"),
    ("/consistency?first=0&second=2", 400, "Malformed request"),
    ("/consistency?first=3&second=2", 400, "Malformed request"),
    ("/consistency?first=1&second=99999", 404, "Not Found"),
    ("/state/YR", 400, "Malformed request"), ("/state/" + "A" * 800, 400, "Malformed request"),
    ("/chain/_w", 400, "Malformed request"), ("/chain/YQ?since=1", 400, "Malformed request"),
    ("/chain/YQ?since=x", 400, "Malformed request"),
    ("/log", 400, "Malformed request"), ("/log?since=x", 400, "Malformed request"),
    ("/log?since=0&wait=-1", 400, "Malformed request"),
    ("/cosignatures?number=999", 404, "Not Found"), ("/nothing", 404, "Not Found"),
    ("/", 404, "Not Found")])
def test_what_is_not_there(served: Served, target: str, status: int, title: str) -> None:
    answer = served.ask("GET", target, by=served.world.gateway.signer)
    assert (answer.status, told(answer).title) == (status, title)


@pytest.mark.parametrize(("method", "target"), [("POST", "/checkpoint"), ("PUT", "/entries"),
                                                ("DELETE", "/entries/0"), ("GET", "/entries")])
def test_another_method_is_refused(served: Served, method: str, target: str) -> None:
    answer = served.ask(method, target)
    assert (answer.status, told(answer).title) == (405, "Method Not Allowed")
    assert answer.fields["allow"]


def test_a_pruned_body_is_gone(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("pruned")
    world, device = founded(folder)
    store = SqliteStore(folder / "ledger.db", readonly=False)
    assert store.prune(5)
    store.close()
    pruned = serve(folder, world, device)
    try:
        answer = pruned.ask("GET", "/entries/5/body", by=world.gateway.signer)
        assert (answer.status, told(answer).title) == (410, "Gone")
    finally:
        pruned.close()


def test_state_is_proven_absent_too(served: Served) -> None:
    for key, present in ((state.members_key(), True), (b"nothing", False)):
        answer = served.ask("GET", f"/state/{answers.to_text(key)}",
                            by=served.world.gateway.signer)
        assert (answers.decode_state(answer.body).value is not None) == present


def test_a_page_of_the_log_has_a_limit(served: Served) -> None:
    key = served.world.gateway.signer
    page = answers.decode_log(served.ask("GET", "/log?since=2&limit=3", by=key).body)
    assert [statement.parse(one.entry.statement).kind for one in page.entries] == \
        ["enrol", "enrol", "block"]
    assert not answers.decode_log(served.ask("GET", "/log?since=99999", by=key).body).entries
    assert not answers.decode_log(served.ask("GET", "/log?since=0&limit=0", by=key).body).entries


# --- witnesses ------------------------------------------------------------------------------------


def newest(served: Served) -> checkpoints.Checkpoint:
    return checkpoints.open_signed(served.ask("GET", "/checkpoint").body, served.trust.ledger,
                                   served.trust.ledger_key)


def test_a_witness_cosigns(served: Served) -> None:
    opened = newest(served)
    data = checkpoints.cosign(Cosignature(opened.app_hash(), 2, 1), opened.ledger, WITNESS)
    answer = served.ask("POST", f"/cosignatures?number={opened.number}", body=data,
                        fields={"content-type": answers.COSE})
    assert (answer.status, answer.body) == (204, b"")
    found = served.ask("GET", f"/cosignatures?number={opened.number}").body
    assert answers.decode_cosignatures(found) == (opened.number, [data])


def test_other_cosignatures_are_refused(served: Served) -> None:
    opened = newest(served)
    good = checkpoints.cosign(Cosignature(opened.app_hash(), 1, 1), opened.ledger, WITNESS)
    stranger = checkpoints.cosign(Cosignature(opened.app_hash(), 1, 1), opened.ledger,
                                  signer("stranger"))
    gateway = checkpoints.cosign(Cosignature(opened.app_hash(), 1, 1), opened.ledger,
                                 served.world.gateway.signer)
    for data, number, status, rule in (
            (good, opened.number - 1, 400, "witness.checkpoint"),
            (stranger, opened.number, 400, "K6"), (gateway, opened.number, 403, "http.standing"),
            (b"noise", opened.number, 400, "cose.tag"),
            (good[:-1] + bytes((good[-1] ^ 1,)), opened.number, 400, "signature")):
        answer = served.ask("POST", f"/cosignatures?number={number}", body=data,
                            fields={"content-type": answers.COSE})
        assert (answer.status, told(answer).rule) == (status, rule)
    assert served.ask("POST", "/cosignatures", body=good,
                      fields={"content-type": answers.CBOR}).status == 415


# --- the description ------------------------------------------------------------------------------


def test_the_description_lists_what_is_served(served: Served) -> None:
    described = json.loads(served.ask("GET", "/openapi.json").body)
    assert described["openapi"] == "3.1.0"
    listed = {(method.upper(), path) for path, operations in described["paths"].items()
              for method in operations}
    assert listed == {(one.method, one.path) for one in openapi.RESOURCES}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert set(operation["responses"]) >= {"400", "429"}
            assert all(f"{{{one['name']}}}" in path for one in operation["parameters"]
                       if one["in"] == "path")
    assert described["paths"]["/state/{key}"]["get"]["security"] == [{"signature": []}]


def test_a_receipt_key_is_a_thumbprint(served: Served) -> None:
    issuer = receipt.decode(served.ask("GET", "/entries/0").body).issuer
    assert issuer == cose.thumbprint(served.world.ledger_signer.public_key)


# --- rates ----------------------------------------------------------------------------------------


@pytest.fixture
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service whose time stands still for rates: five requests an address, three a key."""
    folder = tmp_path_factory.mktemp("limited")
    started = serve(folder, *founded(folder), Limits(1, 5, 1, 3), Clocks(monotonic_ms=lambda: 0))
    yield started
    started.close()


def test_an_address_has_a_rate(limited: Served) -> None:
    statuses = [limited.ask("GET", target).status
                for target in ("/checkpoint", "/nothing", "/checkpoint", "/", "/checkpoint",
                               "/checkpoint", "/nothing")]
    assert statuses == [200, 404, 200, 404, 200, 429, 429]
    answer = limited.ask("GET", "/checkpoint")
    assert (answer.fields["retry-after"], told(answer).title) == ("1", "Too Many Requests")


def test_a_reader_has_a_rate(limited: Served) -> None:
    key = limited.world.gateway.signer
    statuses = [limited.ask("GET", "/entries/0/statement", by=key).status for _ in range(4)]
    assert statuses == [200] * 3 + [429]
    assert limited.ask("GET", "/entries/0/statement", by=limited.world.maker[0]).status == 200


def test_what_is_beyond_a_readers_rate_is_not_remembered(limited: Served) -> None:
    """And what was answered is never answered again, whatever the rate says."""
    key, target = limited.world.gateway.signer, "/entries/0/statement"
    fields = message_signature.sign(
        Request("GET", "http", f"127.0.0.1:{limited.server.port}", target), key,
        limited.world.ledger, Clocks().unix_ms() // 1000, os.urandom(16))
    asked = [limited.ask("GET", target, fields=fields)]
    asked += [limited.ask("GET", target, by=key) for _ in range(3)]
    asked.append(limited.ask("GET", target, fields=fields))
    assert [one.status for one in asked] == [200, 200, 200, 429, 401]
    assert told(asked[-1]).rule == "http.replay"
    assert len(limited.server._service._access._nonces._expires_s) == 3


def test_a_writer_has_a_rate(limited: Served) -> None:
    blocks = [answers.encode_submission(limited.block()) for _ in range(4)]
    answered = [refused(limited, block) for block in blocks]
    assert [one.status for one in answered] == [201] * 3 + [429]
    assert refused(limited, blocks[0]).status == 201  # what is registered is told for nothing
