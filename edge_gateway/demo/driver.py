"""The demonstration from set-up to summary.

build/demo holds what a user may pass on; build/demo-private (mode 0700) the keys, journals and
flash images of the simulated organisations.
"""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge_gateway import replay
from edge_gateway.commands.common import out
from edge_gateway.commands.screen import strong
from edge_gateway.demo import story, tamper
from edge_gateway.demo.processes import (
    Children,
    Device,
    GatewayProcess,
    command,
    must,
    must_json,
)
from edge_gateway.demo.story import MINUTE_MS, Journey, Sample, Stimulus
from edge_gateway.demo.tamper import Attempt
from edge_gateway.ports.local_broker import free_port, start_broker
from edge_gateway.simulate import CHECKOUT
from ledger_client.errors import InvalidData, UsageError

_ORGANISATIONS = (("maker", "Maker", "manufacturer", story.MAKER_GLN, "9506000134"),
                  ("pharmacy", "Pharmacy", "pharmacy", story.PHARMACY_GLN, "9521321"))
_MISTAKES = {"C0.5": "a pack scanned again", "C2.1": "a pack into the wrong crate",
             "C15.1": "a pack dispensed twice"}
PROFILE = "refrigerated-2-8"


@dataclass
class Demo:
    """One run."""

    seed: str
    journey: Journey
    public: Path = CHECKOUT / "build" / "demo"
    private: Path = CHECKOUT / "build" / "demo-private"
    children: Children = field(default_factory=Children)
    began: float = field(default_factory=time.monotonic)

    @property
    def files(self) -> Path:
        return self.private / "gateway"

    @property
    def start_ms(self) -> int:
        """When the maker's shift begins."""
        return self.journey.samples[0].unix_ms - story.SHIFT_BEFORE_MS

    def key(self, name: str) -> str:
        return str(self.files / "keys" / f"{name}.key")

    def at(self) -> list[str]:
        moment = datetime.fromtimestamp(self.start_ms / 1000, UTC)
        return ["--simulated-time", moment.isoformat()]


def run(seed: str, journey: Journey) -> int:
    """Exit status: 0 when everything holds that the demonstration shows."""
    demo = Demo(seed, journey)
    for folder in (demo.public, demo.private):
        shutil.rmtree(folder, ignore_errors=True)
    demo.public.mkdir(parents=True)
    demo.private.mkdir(parents=True, mode=0o700)
    with demo.children:
        _say(1, "a broker, and a ledger that maker and pharmacy share")
        # devices are configured with it, so a run that repeats another has the same
        broker = start_broker(demo.private / "broker", port=free_port(story.broker_port(seed)))
        demo.children.broker = broker
        _found(demo)
        _say(2, "three devices make their keys and are enrolled at their consoles")
        devices = _enrol(demo, broker.port)
        demo.children.gateway = GatewayProcess(demo.files / "gateway.toml",
                                               demo.private / "gateway.log")
        _play(demo, devices)
        demo.children.gateway.finish()
    return _finish(demo, broker.transport, broker.kind)


def _say(number: int, text: str) -> None:
    out.print(strong(f"{number}/7"), text)


def _found(demo: Demo) -> None:
    """Keys, genesis, endorsement, gateway, profile and product."""
    (demo.files / "keys").mkdir(parents=True)
    seed = ["--simulation-seed", demo.seed]
    names = [f"{short}-{kind}" for short, *_ in _ORGANISATIONS for kind in ("root", "operations")]
    for name in [*names, "gateway", "ledger"]:
        must("key", "make", demo.key(name), *seed)
    circle = demo.files / "circle.toml"
    circle.write_text("".join(
        f'[[organisation]]\nname = "{name}"\nroles = ["{role}"]\n'
        f'party = "{story.uri("417", gln)}"\nprefixes = ["{prefix}"]\n'
        f'root_key = "keys/{short}-root.key.pub"\n'
        f'operations_key = "keys/{short}-operations.key.pub"\n'
        for short, name, role, gln, prefix in _ORGANISATIONS))
    ledger = str(demo.files / "ledger.db")
    common = ["--ledger-key", demo.key("ledger"), *demo.at()]
    must("ledger", "create", ledger, "--key", demo.key("maker-root"), "--circle", str(circle),
         *common)
    must("ledger", "endorse", ledger, "--key", demo.key("pharmacy-root"), *common)
    must("ledger", "enrol-gateway", ledger, "--key", demo.key("maker-operations"),
         "--gateway-key", demo.key("gateway"), *common)
    must("ledger", "register-profile", ledger, "--key", demo.key("maker-operations"),
         "--profile", PROFILE, *common)
    must("ledger", "register-product", ledger, "--key", demo.key("maker-operations"),
         "--gtin", story.GTIN, "--name", "Coldvax 0.5 ml", "--profile", PROFILE, *common)


def _enrol(demo: Demo, port: int) -> dict[str, Device]:
    (demo.files / "gateway.toml").write_text(
        'ledger = "ledger.db"\nledger_key = "keys/ledger.key"\njournal = "journal.db"\n'
        f'key = "keys/gateway.key"\n[broker]\nhost = "127.0.0.1"\nport = {port}\n'
        f'[simulation]\nstart_ms = {demo.start_ms}\nseed = "{demo.seed}"\n')
    plans = (("maker-scanner", "scanner", "maker", None),
             ("pharmacy-scanner", "scanner", "pharmacy", None),
             ("logger", "logger", "maker", story.uri("8004", story.LOGGER)))
    devices = {}
    for name, board, owner, giai in plans:
        device = Device(demo.private / name, board, f"{name} {demo.seed}")
        demo.children.devices.append(device)
        devices[name] = device
        configuration = demo.private / f"{name}.toml"
        configuration.write_text(_configuration(owner, giai, port, demo.journey.interval_ms))
        device.start(console=True)
        assert device.process is not None
        must("device", "enrol", "--ledger", str(demo.files / "ledger.db"), "--key",
             demo.key(f"{owner}-operations"), "--configuration", str(configuration), "--gateway",
             demo.key("gateway") + ".pub", "--console", "-", "--ledger-key", demo.key("ledger"),
             *demo.at(), stdin=device.process.stdout, stdout=device.process.stdin)
        device.release_console()
        out.print(f"      {name} of the {owner}")
    _calibrate(demo)
    return devices


def _calibrate(demo: Demo) -> None:
    """The logger's certificate: a year around the log, an offset of nothing."""
    (demo.private / "certificate.txt").write_text("calibration certificate DEMO-1\n")
    day = datetime.fromtimestamp(demo.start_ms / 1000, UTC).date()
    (demo.private / "calibration.toml").write_text(
        f'giai = "{story.uri("8004", story.LOGGER)}"\nchannel = 0\ncertificate = "DEMO-1"\n'
        f'file = "certificate.txt"\nvalid_from = {day.replace(day=1)}\n'
        f'valid_to = {day.replace(day=1, year=day.year + 1)}\nu95_degc = "0.2"\n'
        '[[point]]\nindicated_degc = "5.0"\ncorrection_degc = "0.0"\n')
    must("ledger", "register-calibration", str(demo.files / "ledger.db"), "--key",
         demo.key("maker-operations"), "--certificate", str(demo.private / "calibration.toml"),
         "--ledger-key", demo.key("ledger"), *demo.at())


def _configuration(owner: str, giai: str | None, port: int, interval_ms: int) -> str:
    """A logger's has a GIAI."""
    gln = {short: gln for short, _, _, gln, _ in _ORGANISATIONS}[owner]
    text = f'party = "{story.uri("417", gln)}"\nrescan_s = {story.RESCAN_MS // 1000}\n'
    if giai is not None:
        text += f'giai = "{giai}"\ninterval_s = {interval_ms // 1000}\n'
    text += f'[broker]\nhost = "127.0.0.1"\nport = {port}\ntls = false\n'
    if giai is not None:
        text += '[[alarm]]\nchannel = 0\nbelow_degc = "2.0"\nminutes = 60\n' \
                '[[alarm]]\nchannel = 0\nabove_degc = "8.0"\nminutes = 60\n'
    return text


def _play(demo: Demo, devices: dict[str, Device]) -> None:
    """Both shifts around the whole of the logger's record, in the order of virtual time."""
    last_ms = demo.journey.samples[-1].unix_ms
    _say(3, "the maker commissions 12 packs, packs two crates, attaches the logger, ships")
    devices["maker-scanner"].feed(story.maker_shift(demo.start_ms))
    out.print(f"      the logger records {demo.journey.readings} readings on the way")
    devices["logger"].feed(_progress(demo.journey))
    _say(4, "the pharmacy receives, detaches, unpacks, puts away, dispenses")
    devices["pharmacy-scanner"].feed(story.pharmacy_shift(last_ms + MINUTE_MS))
    devices["logger"].feed([(last_ms, ["end"])])


def _progress(journey: Journey) -> Iterator[Stimulus]:
    """Says how far the log is, about ten times."""
    number, total = 0, len(journey.samples)
    for unix_ms, words in story.logger_stimuli(journey):
        if words[0] == "sensor":
            number += 1
            if number % max(1, total // 10) == 0:
                out.print(f"        {datetime.fromtimestamp(unix_ms / 1000, UTC):%Y-%m-%d %H:%M}"
                          f" UTC, {number} of {total} samples")
        yield unix_ms, words


def _finish(demo: Demo, transport: str, broker: str) -> int:
    ledger = str(demo.files / "ledger.db")
    pack = story.pack_uri(story.PACKS[0])
    _say(5, f"the answer about one pack, {pack}")
    passport, trust = demo.public / "pack.passport", demo.public / "ledger.trust"
    traced = must("trace", pack, "--ledger", ledger, "--plot", str(demo.public / "pack.svg"))
    (demo.public / "pack.txt").write_text(traced)
    out.print(traced)
    answer = must_json("trace", pack, "--ledger", ledger)
    must("passport", "make", pack, "--ledger", ledger, "--key", demo.key("pharmacy-operations"),
         "--output", str(passport))
    must("ledger", "trust", ledger, "--output", str(trust), "--name", "demo")
    _say(6, "anyone can verify it: no network, no database")
    verified = command("verify", str(passport), "--trust", str(trust))
    out.print(verified.output or verified.error)
    alone = command("verify", str(passport))
    out.print("      without a trust file: " + (alone.output or alone.error).partition("\n")[0])
    _say(7, "four attempts to cheat, one byte each")
    caught = tamper.attempts(demo.files, passport, trust, demo.private / "tampered")
    for attempt in caught:
        out.print(f"      {'found' if attempt.caught else 'MISSED'}: {attempt.what}: "
                  f"{attempt.said}")
    summary = _summary(demo, answer, caught, transport)
    summary["verified"] = verified.status == 0 and alone.status == 3
    summary["broker"] = broker
    summary["passport_bytes"] = passport.stat().st_size
    summary["elapsed_s"] = round(time.monotonic() - demo.began, 1)
    (demo.public / "summary.json").write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n")
    return _verdict(demo, summary)


def _summary(demo: Demo, answer: Any, caught: list[Attempt], transport: str) -> dict[str, Any]:
    shown = must_json("ledger", "show", str(demo.files / "ledger.db"))
    findings = must_json("ledger", "findings", str(demo.files / "ledger.db"))
    status = must_json("gateway", "status", "--config", str(demo.files / "gateway.toml"))
    return {
        "readings": shown["readings"], "records": shown["records"],
        "duplicates": sum(one["times"] for one in status["duplicates"]),
        "duplicated_records": [f"epoch {one['epoch']} seq {one['seq']}"
                               for one in status["duplicates"]],
        "blocks": status["registered"], "ledger_bytes": shown["bytes"],
        "bytes_per_reading": round(shown["telemetry_bytes"] / max(1, shown["readings"]), 2),
        "findings": [{"rule": one["rule"], "says": one["says"]} for one in findings],
        "excursions": [] if answer["storage"] is None else answer["storage"]["excursions"],
        "outcome": None if answer["storage"] is None else answer["storage"]["outcome"],
        "status": answer["status"], "tampering_caught": sum(one.caught for one in caught),
        "transport": transport}


def _verdict(demo: Demo, summary: dict[str, Any]) -> int:
    """What must hold, each said when it does not."""
    found = {one["rule"] for one in summary["findings"]}
    faults = [f"no finding for {what}" for rule, what in _MISTAKES.items() if rule not in found]
    faults += [f"an unexpected finding: {one['says']}" for one in summary["findings"]
               if one["rule"] not in _MISTAKES]
    if summary["readings"] != demo.journey.readings:
        faults.append(f"{summary['readings']} readings on the ledger, {demo.journey.readings} were "
                      "fed")
    if summary["duplicates"] < 1:
        faults.append("the record that was delivered twice was not counted")
    if not summary["verified"]:
        faults.append("the passport does not verify")
    if summary["tampering_caught"] != 4:
        faults.append("an attempt to cheat was not found")
    if not summary["excursions"] or summary["status"] != "dispensed":
        faults.append("the verdict shows no excursion, or the pack was not dispensed")
    for fault in faults:
        out.print(strong("does not hold:"), fault)
    where = demo.public.relative_to(CHECKOUT)
    out.print(f"\n{where}/: pack.txt, pack.svg, pack.passport, ledger.trust, summary.json "
              f"({summary['elapsed_s']} s)")
    return 1 if faults else 0


def from_log(path: Path) -> Journey:
    """A sensor-log export; times without a zone are read as UTC, and that is said.  UsageError when
    it cannot be read, InvalidData when nothing was measured."""
    try:
        log = replay.read(path, zone=UTC)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    out.print(f"{path.name}: {log.device}, times read as UTC")
    samples = tuple(Sample(unix, None if value is None else value * 10)
                    for unix, value in log.rows)
    journey = Journey(samples, log.interval_ms or _usual_interval_ms(samples))
    if not journey.readings:
        raise InvalidData("log", f"{path}: there is no reading in it")
    return journey


def _usual_interval_ms(samples: tuple[Sample, ...]) -> int:
    """Between most of them, where the file does not say what its logger was set to."""
    gaps = Counter(after.unix_ms - before.unix_ms for before, after in pairwise(samples))
    return gaps.most_common(1)[0][0] if gaps else story.INTERVAL_MS


