"""Where the service listens, its TLS, and its end."""

import datetime
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger_client.client import LedgerClient
from ledger_client.core.trust import Trust
from ledger_client.errors import PipeFailed, UsageError
from ledger_client.service import limits
from ledger_client.service.application import Service
from ledger_client.service.server import Listen, Server, Tls, address
from tests.served import UNLIMITED, founded, serve, trust_of
from tests.world import signer


@pytest.mark.parametrize(("text", "expected"), [
    ("127.0.0.1:8470", ("127.0.0.1", 8470)), ("[::1]:0", ("::1", 0)), ("host:1", ("host", 1))])
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert address(text) == expected


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":80", "host:", "host:x", "host:70000"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match="not an address"):
        address(text)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    world, _ = founded(tmp_path)
    made = Service(tmp_path / "ledger.db", world.ledger_signer, rates=UNLIMITED)
    yield made
    made.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ledger.example"])
def test_without_tls_only_this_machine_may_ask(service: Service, host: str) -> None:
    with pytest.raises(UsageError, match="--tls-cert"):
        Server(service, Listen(host, 0))


def test_a_taken_port_is_named(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=str(port)):
            Server(service, Listen("127.0.0.1", port))


def test_one_process_writes(service: Service, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one writer"):
        Service(tmp_path / "ledger.db", signer("ledger"))


def test_another_key_does_not_sign_its_checkpoints(tmp_path: Path) -> None:
    founded(tmp_path)
    for _ in range(2):  # and the file is free again
        with pytest.raises(UsageError, match="not the key"):
            Service(tmp_path / "ledger.db", signer("other"))


# --- TLS ------------------------------------------------------------------------------------------


def certify(folder: Path) -> Tls:
    """A certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ledger")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                       critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256()))
    tls = Tls(folder / "tls.pem", folder / "tls.key")
    tls.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    tls.key.write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                          serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    return tls


def test_over_tls(tmp_path: Path) -> None:
    world, _ = founded(tmp_path)
    tls = certify(tmp_path)
    trust = trust_of(world)
    server = Server(Service(tmp_path / "ledger.db", world.ledger_signer, rates=UNLIMITED),
                    Listen("127.0.0.1", 0, tls))
    url = f"https://127.0.0.1:{server.port}"
    trusting = LedgerClient(url, trust, world.gateway.signer, ca=tls.certificate)
    assert trusting.query(b"members").value
    doubting = LedgerClient(url, trust, world.gateway.signer)
    misled = LedgerClient(url.replace("127.0.0.1", "localhost"), trust, ca=tls.certificate)
    for client in (doubting, misled):
        with pytest.raises(PipeFailed, match="certificate verify failed"):
            client.checkpoint()
    for client in (trusting, doubting, misled):
        client.close()
    server.close()


def test_an_address_has_its_share_before_tls_is_agreed_on(tmp_path: Path) -> None:
    world, _ = founded(tmp_path)
    tls = certify(tmp_path)
    server = Server(Service(tmp_path / "ledger.db", world.ledger_signer, rates=UNLIMITED),
                    Listen("127.0.0.1", 0, tls))
    held = [socket.create_connection(("127.0.0.1", server.port), timeout=10,
                                     source_address=("127.0.0.2", 0))
            for _ in range(limits.ADDRESS_CONNECTIONS + 1)]
    assert held[-1].recv(1) == b""  # closed, and not a byte was said
    client = LedgerClient(f"https://127.0.0.1:{server.port}", trust_of(world), ca=tls.certificate)
    assert client.checkpoint().size
    client.close()
    for one in held:
        one.close()
    server.close()


def test_files_that_are_no_certificate_are_named(service: Service, tmp_path: Path) -> None:
    (tmp_path / "noise.pem").write_text("noise")
    for tls in (Tls(tmp_path / "noise.pem", tmp_path / "noise.pem"),
                Tls(tmp_path / "none.pem", tmp_path / "none.pem")):
        with pytest.raises(UsageError, match="TLS"):
            Server(service, Listen("127.0.0.1", 0, tls))
    trust = Trust("test", bytes(32), signer("ledger").public_key, (), 0)
    with pytest.raises(UsageError, match="PEM"):
        LedgerClient("https://x", trust, ca=tmp_path / "noise.pem")


# --- its end --------------------------------------------------------------------------------------


def test_closing_answers_those_who_follow(tmp_path: Path) -> None:
    served = serve(tmp_path, *founded(tmp_path))
    client = served.client()
    size = client.checkpoint().size
    answered = threading.Event()
    entries: list[object] = []

    def follow() -> None:
        entries.extend(client.log(size, wait_s=20))
        answered.set()

    thread = threading.Thread(target=follow)
    thread.start()
    while not served.server._service._followers._waiting:
        assert not answered.wait(0.01)
    served.server.close()
    assert answered.wait(5)
    thread.join()
    assert entries == []
    client.close()
