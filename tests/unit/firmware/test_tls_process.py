"""Mutual TLS from the device's interpreter to mosquitto: who gets in, and who does not."""

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ledger_client.wire import console
from tests.unit.firmware import bench

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)  # TLS looks at the machine's clock, not the device's
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


class Authority:
    """A certificate authority of the test."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key.public_key(), None, NOW + DAY)

    def issue(self, name: str, host: str | None = None,
              until: datetime.datetime = NOW + DAY) -> tuple[ec.EllipticCurvePrivateKey,
                                                             x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return key, self._sign(subject, key.public_key(), host, until)

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, host: str | None,
              until: datetime.datetime) -> x509.Certificate:
        builder = x509.CertificateBuilder(
            issuer_name=self.name, subject_name=subject, public_key=key,
            serial_number=x509.random_serial_number(), not_valid_before=NOW - 2 * DAY,
            not_valid_after=until)
        builder = builder.add_extension(x509.BasicConstraints(subject == self.name, None), True)
        if host is not None:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        return builder.sign(self.key, hashes.SHA256())


def private(key: ec.EllipticCurvePrivateKey, encoding: serialization.Encoding) -> bytes:
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def broker_lines(folder: Path, authority: Authority, host: str,
                 until: datetime.datetime) -> list[str]:
    """mosquitto's own certificate, and that it wants one of the client."""
    key, certificate = authority.issue("broker", host, until)
    (folder / "ca.pem").write_bytes(authority.certificate.public_bytes(PEM))
    (folder / "broker.pem").write_bytes(certificate.public_bytes(PEM))
    (folder / "broker.key").write_bytes(private(key, PEM))
    return [f"cafile {folder}/ca.pem", f"certfile {folder}/broker.pem",
            f"keyfile {folder}/broker.key", "require_certificate true"]


CASES = {
    "good": (True, "localhost", True, ""),
    "broker of another authority": (False, "localhost", True, "certificate"),
    "another name": (True, "elsewhere", True, "Common Name"),
    "expired": (True, "localhost", False, "expired"),
}


@pytest.mark.parametrize("case", CASES)
def test_only_the_right_broker_is_talked_to(tmp_path: Path, case: str) -> None:
    same_authority, host, in_time, trouble = CASES[case]
    ours = Authority("ours")
    theirs = ours if same_authority else Authority("theirs")
    lines = broker_lines(tmp_path, theirs, host, NOW + DAY if in_time else NOW - DAY)
    port = bench.free_port()
    device = bench.Device(tmp_path / "device")
    key, certificate = ours.issue("device")
    for name, value in (("tls_ca", ours.certificate.public_bytes(DER)),
                        ("tls_cert", certificate.public_bytes(DER)),
                        ("tls_key", private(key, DER))):
        (device.folder / name).write_bytes(value)
    with bench.broker(tmp_path, port, *lines):
        device.start()
        try:
            device.provision(bench.settings(port, broker=["localhost", port, 1]),
                             bench.HostKey(7).public_key)
            device.tell(f"{bench.START_MS} start")
            link, said = 0, ""
            while not link and not said:
                link = device.ask(console.STATUS)[7]
                said = " ".join(line for line in device.log if line.startswith("uplink"))
        finally:
            device.close()
    assert (link == 1) == (case == "good")
    assert trouble in said


def test_without_certificates_nothing_is_sent(tmp_path: Path) -> None:
    """TLS asked for and no authority to check by: the log says what is missing."""
    device = bench.Device(tmp_path / "device")
    device.start()
    try:
        device.provision(bench.settings(1, broker=["localhost", bench.free_port(), 1]),
                         bench.HostKey(7).public_key)
        device.tell(f"{bench.START_MS} start")
        while not device.log:
            device.ask(console.STATUS)
    finally:
        device.close()
    assert "the key store lacks tls_ca" in device.log[0]
