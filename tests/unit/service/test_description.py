"""Whatever the service's own description allows is answered as it says, noise included."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from ledger_client.service import answers, message_signature, openapi
from ledger_client.service.application import Clocks
from ledger_client.service.message_signature import Request
from tests.served import Served, founded, serve

NOISE = st.binary(max_size=300) | st.just(b"\xd2\x84\x40\xa0\x40\x40") | st.just(b"\x82\x40\xf6")
EXAMPLES = 25  # of each resource
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]


class Signing(AuthBase):
    """Signs what is sent, as a gateway would."""

    def __init__(self, served: Served) -> None:
        self._key = served.world.gateway.signer
        self._ledger = served.world.ledger
        self._host = f"127.0.0.1:{served.server.port}"
        self._count = 0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        self._count += 1
        path, _, query = request.path_url.partition("?")
        assert request.body is None or isinstance(request.body, bytes)
        request.headers.update(message_signature.sign(
            Request(request.method or "", "http", self._host, path, query, {},
                    request.body or b""),
            self._key, self._ledger, Clocks().unix_ms() // 1000, self._count.to_bytes(16, "big")))
        return request


schemathesis.openapi.media_type(answers.COSE, NOISE)
schemathesis.openapi.media_type(answers.CBOR, NOISE)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("described")
    started = serve(folder, *founded(folder))
    yield started
    started.close()


@pytest.fixture(scope="module")
def signing(described: Served) -> Signing:
    return Signing(described)


@pytest.fixture(scope="module")
def api(described: Served) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{described.url}/openapi.json")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("resource", openapi.RESOURCES, ids=lambda one: f"{one.method} {one.path}")
def test_every_answer_is_as_described(api: schemathesis.BaseSchema, signing: Signing,
                                      resource: openapi.Resource) -> None:
    operation = api[resource.path][resource.method]

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode)
                           for mode in schemathesis.GenerationMode]))
    def ask(case: schemathesis.Case[Any]) -> None:
        if case.query:
            case.query.pop("wait", None)  # a long poll would be waited out
        response = case.call(auth=signing)
        case.validate_response(response, checks=CHECKS)

    ask()
