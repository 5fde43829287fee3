"""A broker in a process of its own, for a gateway that brings one along: mosquitto when it is on
the PATH, else the embedded iotcore.

mosquitto alone enforces client certificates, so TLS settings need it.  mosquitto never runs at its
defaults: they drop QoS 1 messages beyond 1,000 queued and acknowledge them all the same.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ledger_client.errors import PipeFailed, UsageError

START_S = 10.0
STOP_S = 5.0

_MOSQUITTO = """\
listener {port} 127.0.0.1
persistence true
persistence_location {folder}/
autosave_interval 60
max_inflight_messages 1000
max_queued_messages 100000
max_queued_bytes 0
allow_anonymous {anonymous}
log_dest file {folder}/mosquitto.log
"""
_MOSQUITTO_TLS = """\
cafile {ca}
certfile {certificate}
keyfile {key}
require_certificate true
use_identity_as_username true
acl_file {acl}
"""
_IOTCORE = """\
id = 0
[router]
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v4.1]
name = "loopback"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = 262144
max_inflight_count = 1000
dynamic_filters = true
"""


@dataclass(frozen=True)
class BrokerTls:
    """PEM files for mutual TLS, and mosquitto's access control list."""

    ca: Path
    certificate: Path
    key: Path
    acl: Path


@dataclass
class LocalBroker:
    """A running broker; `kind` is mosquitto or iotcore, `transport` what its clients get."""

    kind: str
    port: int
    transport: str
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it; what is queued persists where the broker can."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        self.process.kill()
        self.process.wait()


def start_broker(folder: Path, *, port: int | None = None, tls: BrokerTls | None = None,
                 kind: str | None = None) -> LocalBroker:
    """Start a broker on 127.0.0.1 with its files in `folder`; PipeFailed when it does not listen
    in time.  `kind` asks for mosquitto or iotcore; without it mosquitto is taken if it is there."""
    mosquitto = shutil.which("mosquitto")
    if kind is None:
        kind = "mosquitto" if mosquitto else "iotcore"
    if kind == "mosquitto" and mosquitto is None:
        raise UsageError("mosquitto is not on the PATH: `apt-get install mosquitto` puts it into "
                         "/usr/sbin")
    if tls is not None and kind != "mosquitto":
        raise UsageError("only mosquitto enforces client certificates: `apt-get install mosquitto`")
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    command = _mosquitto(folder, port, tls, str(mosquitto)) if kind == "mosquitto" \
        else _iotcore(folder, port)
    with (folder / "broker.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=log, start_new_session=True)
    broker = LocalBroker(kind, port, "mqtt-loopback" if tls is None else "mqtts-mutual", process)
    _wait_until_listening(broker, folder)
    return broker


def free_port(wanted: int = 0) -> int:
    """A TCP port of 127.0.0.1 that nobody listens on: `wanted`, if it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the broker will bind it
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _mosquitto(folder: Path, port: int, tls: BrokerTls | None, program: str) -> list[str]:
    text = _MOSQUITTO.format(port=port, folder=folder.absolute(),
                             anonymous="true" if tls is None else "false")
    if tls is not None:
        text += _MOSQUITTO_TLS.format(ca=tls.ca, certificate=tls.certificate, key=tls.key,
                                      acl=tls.acl)
    if os.geteuid() == 0:
        text += "user root\n"  # else it drops to user mosquitto, who may not write to `folder`
    configuration = folder / "mosquitto.conf"
    configuration.write_text(text)
    return [program, "-c", str(configuration)]


def _iotcore(folder: Path, port: int) -> list[str]:
    configuration = folder / "iotcore.toml"
    configuration.write_text(_IOTCORE.format(port=port))
    return [sys.executable, "-m", "iotcore", "--config", str(configuration)]


def _wait_until_listening(broker: LocalBroker, folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if broker.process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", broker.port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)  # a listener gives no other sign
    broker.kill()
    log = (folder / "broker.log").read_text(errors="replace").strip()
    raise PipeFailed(f"{broker.kind} did not listen on 127.0.0.1:{broker.port} within "
                     f"{START_S:.0f} s" + (f": {log.splitlines()[-1]}" if log else ""))
