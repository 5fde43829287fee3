"""A real device process on a test bench: broker, a small gateway, console, stimuli.

The gateway is a scripted one of its own, so that the device is tested against wire.md and not
against our gateway's code.
"""

import hashlib
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from paho.mqtt.enums import CallbackAPIVersion

from edge_gateway.simulate import DeviceFiles, start_device
from ledger_client.wire import codes, configuration, console, cose, record, session
from ledger_client.wire.values import Ack, Hello, Record

LEDGER = hashlib.sha256(b"ledger of the bench").digest()
ROOT = hashlib.sha256(b"root of the bench").digest()
PLACE = "https://id.gs1.org/414/4012345000009"
START_MS = 1_760_000_000_000
_ORDER = cose.P256_ORDER


class HostKey:
    """A P-256 key of the test's side, signing as wire.md says."""

    def __init__(self, scalar: int) -> None:
        self._key = ec.derive_private_key(scalar, ec.SECP256R1())
        numbers = self._key.public_key().public_numbers()
        self.public_key = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        self.kid = cose.kid(self.public_key)

    def sign(self, digest: bytes) -> bytes:
        der = self._key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + min(s, _ORDER - s).to_bytes(32, "big")


def verifies(public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """By `cryptography`: another implementation than the device's."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public_key)
    der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                     int.from_bytes(signature[32:], "big"))
    try:
        point.verify(der, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


def settings(port: int, **changes: object) -> bytes:
    """A configuration for the broker on `port`."""
    values: dict[str, object] = {
        "alarms": [], "broker": ["127.0.0.1", port, 0], "giai": None, "interval_ms": 60_000,
        "party": "https://id.gs1.org/417/4012345000009", "place": PLACE, "rescan_ms": 5_000,
        "telemetry_age_ms": 3_600_000}
    return configuration.encode(values | changes)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def broker(folder: Path, port: int, *lines: str) -> Iterator[None]:
    """mosquitto, on `port` of 127.0.0.1 and what `lines` add; skips the test without one."""
    program = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        pytest.skip("no mosquitto: apt-get install mosquitto")
    settings_file = folder / "mosquitto.conf"
    settings_file.write_text("\n".join((
        "user root" if os.getuid() == 0 else "", "persistence false",
        "max_inflight_messages 1000", f"listener {port} 127.0.0.1", "allow_anonymous true",
        *lines, "")))
    process = subprocess.Popen([program, "-c", str(settings_file)], stderr=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "running" in line:
            break
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    drain.start()
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
        drain.join(10)
        process.stderr.close()


class Gateway:
    """Journals what verifies and acks it; `changed` is notified with every record and hello."""

    def __init__(self, port: int, public_key: bytes, scalar: int = 7) -> None:
        self.key = HostKey(scalar)
        self.public_key = public_key
        self.kid = cose.kid(public_key)
        self.journal_id = bytes(8)
        self.records: dict[tuple[int, int], bytes] = {}
        self.duplicates = 0
        self.refused: list[str] = []
        self.hellos: list[Hello] = []
        self.acking = True
        self.time: tuple[int, int, int] | None = None  # unix_ms, error_ms, source
        self.registered: int | None = None
        self.app_hash: bytes | None = None
        self.changed = threading.Condition()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = self._message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([(session.topic(self.kid, "up"), 1),
                                (session.topic(self.kid, "hello"), 0)])
        assert subscribed.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, seconds), "the gateway waited in vain"

    def opened(self) -> list[Record]:
        """Every record, in chain order."""
        return [record.decode(self.records[number], LEDGER) for number in sorted(self.records)]

    def _message(self, _client: object, _data: object, message: Any) -> None:
        with self.changed:
            if message.topic.endswith("/hello"):
                hello = session.decode_hello(message.payload)
                self.hellos.append(hello)
                self._ack(hello.epoch or 0, hello.nonce, max(1, hello.first_seq))
            else:
                self._take(message.payload)
            self.changed.notify_all()

    def _take(self, payload: bytes) -> None:
        at, newest = 0, (0, 0)
        while at < len(payload):
            one, end = record.read(payload, at, LEDGER)
            data, at, newest = payload[at:end], end, (one.epoch, one.seq)
            if not verifies(self.public_key, one.digest, one.signature):
                self.refused.append(f"signature of {one.epoch}/{one.seq}")
                continue
            number = (one.epoch, one.seq)
            if number in self.records:
                self.duplicates += 1
                if self.records[number] != data:
                    self.refused.append(f"fork at {number}")
            self.records[number] = data
        self._ack(newest[0], None, newest[1])

    def acknowledge(self, epoch: int = 1) -> None:
        """An ack that nothing asked for."""
        with self.changed:
            self._ack(epoch, None)

    def held(self, epoch: int, seq: int = 1) -> tuple[int, int]:
        """First and last of the unbroken run around `seq`; 0, 0 for none."""
        if (epoch, seq) not in self.records:
            return 0, 0
        first = last = seq
        while (epoch, first - 1) in self.records:
            first -= 1
        while (epoch, last + 1) in self.records:
            last += 1
        return first, last

    def _ack(self, epoch: int, nonce: bytes | None, seq: int = 1) -> None:
        if not self.acking:
            return
        first, last = self.held(epoch, seq)
        digest = record.decode(self.records[epoch, last], LEDGER).digest if last else None
        unix_ms, error_ms, source = self.time or (None, None, 0)
        ack = Ack(self.kid, epoch, first or None, last or None, digest, self.registered,
                  self.journal_id, unix_ms, error_ms, source, nonce, self.app_hash)
        data = session.sign1(codes.PURPOSE_ACK, LEDGER, self.key, session.encode_ack(ack))
        self._client.publish(session.topic(self.kid, "ack"), data)


class Device:
    """The process of one device, and what a person and a serial line would see of it."""

    def __init__(self, folder: Path, board: str = "logger", seed: str | None = "bench") -> None:
        self.folder = folder
        self.board = board
        self.seed = seed
        folder.mkdir(exist_ok=True)
        self.screen = DeviceFiles(folder).screen
        self.stimuli_path = DeviceFiles(folder).stimuli
        if not self.stimuli_path.exists():
            os.mkfifo(self.stimuli_path)
        self.stimuli = os.open(self.stimuli_path, os.O_RDWR)
        self.process: subprocess.Popen[bytes] | None = None
        self.log: list[str] = []
        self._number = 0

    def start(self) -> None:
        self.process = start_device(DeviceFiles(self.folder), self.board, seed=self.seed,
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT)

    def ask(self, verb: int, *arguments: object) -> list[Any]:
        """The results of a console request; AssertionError with the text of a refusal."""
        answer = self.answer(verb, *arguments)
        assert answer[2] == console.ANSWER_OK, answer[3]
        return answer[3:]

    def answer(self, verb: int, *arguments: object) -> list[Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._number += 1
        self.process.stdin.write(console.encode([1, self._number, verb, *arguments]))
        self.process.stdin.flush()
        for line in self.process.stdout:
            message = console.decode(line)
            if message is None:
                self.log.append(line.decode(errors="replace").rstrip())
            elif message[1] == self._number:
                return message
        raise AssertionError("the device ended: " + "\n".join(self.log))

    def provision(self, configuration_data: bytes, *gateways: bytes) -> bytes:
        """The proof of possession."""
        proof: bytes = self.ask(console.PROVISION, LEDGER, ROOT, codes.ROLE_DEVICE,
                                configuration_data, list(gateways), None)[0]
        return proof

    def tell(self, *lines: str) -> None:
        for line in lines:
            os.write(self.stimuli, line.encode() + b"\n")

    def forget_stimuli(self) -> None:
        """Take out of the FIFO what no process has read."""
        while select.select([self.stimuli], [], [], 0)[0]:
            os.read(self.stimuli, 65536)

    def end(self, seconds: float = 60) -> int:
        """The exit code, once it has ended by itself."""
        assert self.process is not None
        output, _ = self.process.communicate(timeout=seconds)
        self.log += output.decode(errors="replace").splitlines()
        code, self.process = self.process.returncode, None
        return code

    def until_shown(self, text: str, seconds: float = 60) -> None:
        """Until the screen's file holds `text`."""
        deadline = time.monotonic() + seconds
        while not self.screen.exists() or text not in self.screen.read_text():
            assert self.process is not None
            assert self.process.poll() is None, "the device ended"
            assert time.monotonic() < deadline, f"never shown: {text}"
            self.ask(console.IDENTIFY)  # an answer is a turn of the device: no busy waiting

    def blocks(self) -> list[tuple[int, str, str]]:
        """(unix_ms, signal, rows) of every change of the screen."""
        out = []
        for block in self.screen.read_text().split("\n\n"):
            head, _, rows = block.strip().partition("\n")
            if head.startswith("@"):
                unix_ms, shown = head[1:].split()
                out.append((int(unix_ms), shown, rows))
        return out

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()
            self.process = None

    def close(self) -> None:
        self.kill()
        os.close(self.stimuli)
