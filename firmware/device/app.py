"""The whole device: starts, takes turns, and is the one place where its parts meet.

`hal` is the world (firmware/ports on a board, firmware/host on the unix port):
    board, flash, keys, network, console, display, sensors, engine, keypad, rtc, entropy(size),
    ticks_ms(), elapsed_ms(), powered(), floor_ms(), boot_cause, image_sha256, log(text)
"""

import hashlib

from firmware.device import console, ecdsa, provisioning, screen, ticks
from firmware.device.acks import AckVerifier
from firmware.device.batch import Channel
from firmware.device.chain import Chain
from firmware.device.clock import DeviceClock
from firmware.device.custody import Custody
from firmware.device.journal import Journal, JournalFull
from firmware.device.panel import Panel
from firmware.device.products import LoggerProduct, ScannerProduct
from firmware.device.state import State
from firmware.device.timekeeping import NETWORK_TIME_RETRY_MS, Timekeeper
from firmware.device.uplink import Uplink
from firmware.device.version import VERSION
from ledger_client.wire import codes
from ledger_client.wire.errors import WireError
from ledger_client.wire.values import Clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.device.products import Product
    from firmware.device.provisioning import Provision

HUNDREDTHS = -2  # every sensor port reads in 10^-2 of its unit
CROWDED_SEGMENTS = 2  # free beside the reserve: with fewer a simulated clock waits for acks


class App:
    """`step` takes one turn; `due_ms` says when the next one is needed at the latest."""

    def __init__(self, hal: "Any") -> None:
        self._hal = hal
        self.board = hal.board
        self.signer = ecdsa.Signer(self._private_key(), hal.entropy)
        self.provision: "Provision | None" = None
        self.chain: "Chain | None" = None
        self.booted = False
        self.trouble = ""  # why the device does not work, for a person
        self._panel = Panel(hal.display)
        self._clock = DeviceClock(hal.board.DRIFT_PPM)
        self._started = False
        self._reborn = False  # in a new epoch since this start
        self._asked_at: "int | None" = None  # ticks of the last SNTP request
        stored = hal.keys.load("provision")
        if stored is not None:
            try:
                self._open(provisioning.decode(stored, self.board.PRODUCT))
            except WireError as error:
                self.trouble = "provisioning data damaged, send PROVISION again: " + error.detail

    def _private_key(self) -> bytes:
        """Made on the first start; it never leaves the key store."""
        key = self._hal.keys.load("key")
        if key is None:
            key = ecdsa.new_private_key(self._hal.entropy)
            self._hal.keys.store("key", key)
        return key  # type: ignore[no-any-return]

    # --- provisioning --------------------------------------------------------------------------

    def stored_epoch(self) -> "int | None":
        data = self._hal.keys.load("epoch")
        return None if data is None or len(data) != 4 else int.from_bytes(data, "big")

    def take_provision(self, new: "Provision") -> None:
        """Make it durable, then work by it; raises WireError when it may not be changed so."""
        if self.provision is not None:
            provisioning.check_change(self.provision, new)
        first = self.chain is None and self._hal.keys.load("provision") is None
        if first:
            self._store_epoch(1)
            Journal(self._hal.flash, State().encode).format(1)
        self._hal.keys.store("provision", provisioning.encode(new))
        self.trouble = ""
        if self.chain is None:
            self._open(new)
            return
        self.provision = new
        self._configure_session()
        if self.booted:
            self.chain.state.raised = 0  # of rules that no longer exist
            self._apply_configuration(self.clock_now())

    def _store_epoch(self, epoch: int) -> None:
        self._hal.keys.store("epoch", epoch.to_bytes(4, "big"))

    def _open(self, provision: "Provision") -> None:
        """Read the ring and go on where it ends; needs no time of day."""
        self.provision = provision
        state = State()
        journal = Journal(self._hal.flash, state.encode)
        recovery = journal.mount()
        epoch = self.stored_epoch()
        if recovery is None and epoch is None:
            self.trouble = "the epoch and the ring are both lost: erase and provision anew"
            return
        chain = Chain(self.signer, provision.ledger, journal, state)
        if recovery is not None:
            state.restore(recovery.state)
            chain.resume(recovery)
            epoch = max(epoch or 0, chain.epoch + (0 if recovery.certain else 1))
        else:
            epoch = (epoch or 0) + 1
        self._reborn = recovery is None or epoch > chain.epoch
        if self._reborn:
            try:
                chain.begin(epoch)
            except JournalFull:
                self.trouble = "flash is damaged and full of records: have it read out"
                return
            self._store_epoch(epoch)
        state.cursor = max(state.cursor, journal.first_held())
        journal.cursor = state.cursor
        self._pending = [] if recovery is None else recovery.pending
        self._begin(chain)

    def _begin(self, chain: Chain) -> None:
        hal = self._hal
        self.chain = chain
        self._custody = Custody(chain, hal.entropy)
        self._acks = AckVerifier(hal.ticks_ms)
        self._uplink = Uplink(chain, self._custody, hal.network, hal.entropy)
        self._product: "Product"
        if self.board.PRODUCT == "logger":
            channels = [Channel(one[0], one[1], HUNDREDTHS) for one in self.board.CHANNELS]
            self._product = LoggerProduct(chain, channels, hal.sensors)
        else:
            self._product = ScannerProduct(chain, hal.engine)
        self._configure_session()

    def _configure_session(self) -> None:
        assert self.provision is not None
        self._uplink.configure(self.provision.settings["broker"])  # type: ignore[arg-type]
        self._acks.configure(self.provision.gateways)

    # --- booting -------------------------------------------------------------------------------

    def clock_now(self) -> Clock:
        return self._clock.at(self._hal.elapsed_ms())

    def _start(self) -> None:
        """A new timebase; what was sampled in the old one is signed first."""
        assert self.chain is not None
        hal = self._hal
        if self._reborn and self._pending:
            self._boot_again()
        self._product.recover(self._pending)
        self._timekeeper = Timekeeper(self._clock, hal.rtc, self.chain, self._close_record)
        self._timekeeper.start(hal.elapsed_ms(), hal.floor_ms())
        self._started = True

    def _boot_again(self) -> None:
        """Samples of an epoch that ended in damage: their time is the first timebase of this one.
        """
        assert self.chain is not None
        self.chain.state.timebase = 1
        clock, self._pending = self._product.relabel(self._pending, 1)
        if clock is not None:
            self._write_boot(clock, codes.BOOT_UNKNOWN)

    def _write_boot(self, clock: Clock, cause: int) -> None:
        assert self.chain is not None
        self.chain.event(clock, codes.EVENT_BOOT, cause, VERSION, self._hal.image_sha256)

    def _boot(self) -> None:
        """Event 1; raises JournalFull while the ring has no room even for that."""
        assert self.chain is not None
        clock = self.clock_now()
        self._write_boot(clock, self._hal.boot_cause)
        self.booted = True
        self._apply_configuration(clock)

    def _apply_configuration(self, clock: Clock) -> None:
        """Event 10 when it is another than the last time."""
        assert self.chain is not None
        assert self.provision is not None
        self._product.configure(self.provision.settings, clock)
        digest = hashlib.sha256(self.provision.configuration).digest()
        if digest != self.chain.state.configuration:
            self.chain.event(clock, codes.EVENT_CONFIGURATION, digest)
            self.chain.state.configuration = digest
            self.chain.journal.mark()

    def _close_record(self) -> bool:
        return self._product.close(self.clock_now())

    # --- what the world may ask ----------------------------------------------------------------

    def due_ms(self) -> "int | None":
        """Elapsed time at which the product wants its turn; None: only when something happens."""
        return self._product.due_ms() if self.booted else None

    def settled(self) -> bool:
        """Is every record acked, and every ack looked at?"""
        return self.booted and self.chain is not None and self.chain.waiting() == 0 \
            and self._acks.idle()

    def crowded(self) -> bool:
        """Is the ring nearly full of records that no gateway has acked?"""
        return self.chain is not None and not self.chain.journal.has_room(CROWDED_SEGMENTS)

    def link_up(self) -> bool:
        return self.chain is not None and self._uplink.up

    def hand_over(self) -> bool:
        """Close and sign what is open, make the cursor durable; False: the ring has no room."""
        if not self.booted or not self._close_record():
            return False
        self._custody.mark()
        return True

    def report_crash(self, error: Exception) -> None:
        """Event 16 for an error that nobody foresaw, if it can still be signed."""
        text = "".join([one if " " <= one <= "~" else "?" for one in str(error)])[:codes.TEXT]
        try:
            if self.chain is not None and self.booted:
                self.chain.event(self.clock_now(), codes.EVENT_CRASH, type(error).__name__, text)
        except (JournalFull, MemoryError, OSError) as second:
            self._hal.log("crash not signed: %r" % second)

    # --- a turn --------------------------------------------------------------------------------

    def step(self, due: bool) -> None:
        """Console, product, network, screen: whatever is there, without waiting.

        `due`: what `due_ms` named is due now.
        """
        self._serve_console()
        if self.chain is None:
            self._say(self.trouble or "Not provisioned")
            return
        if not self._started and self._hal.powered():
            self._start()
        if self._started:
            self._turn(due)

    def _turn(self, due: bool) -> None:
        answers = []
        try:
            if self.booted:
                answers = self._work(due)
            else:
                self._boot()
        except JournalFull as full:
            self._hal.log("memory full: %s" % full)
        self._serve_network()
        if not self.booted:
            self._say("Memory full: connect to the gateway")
            return
        clock = self.clock_now()
        for signal, text in answers:
            self._show(clock, signal, text)
        self._show(clock, screen.NONE, self._product.text)

    def _work(self, due: bool) -> "list[tuple[str, str]]":
        answers = []
        for name in self._hal.keypad.read():
            if name == "handover":
                done = self.hand_over()
                answers.append((screen.ACCEPTED, "Handed over") if done
                               else (screen.REFUSED, "Memory full: connect first"))
            else:
                answers.append(self._product.key(name, self.clock_now()))
        if due:
            self._product.run_due(self.clock_now())
        return answers + self._product.take_scans(self.clock_now())

    def _say(self, text: str) -> None:
        """On the screen of a device that does not work yet."""
        self._panel.show(self._clock.at(0), screen.NONE, ("COLDSEAL", text), None, False)

    def _show(self, clock: Clock, signal: str, text: str) -> None:
        if self._product.full:
            text = "MEMORY FULL: connect. " + text
        self._panel.show(clock, signal, (self._product.title, text), self.chain,
                         self.link_up())

    def _serve_console(self) -> None:
        for line in self._hal.console.read_lines():
            answer = console.answer(self, line)
            if answer is not None:
                self._hal.console.write(answer)

    # --- network -------------------------------------------------------------------------------

    def _serve_network(self) -> None:
        now = self._hal.ticks_ms()
        trouble = self._uplink.trouble
        for topic, payload in self._uplink.pump(now):
            if topic.endswith("/ack"):
                self._take_message(payload, now)
            else:
                self._hal.log("command refused: no operations key was given at provisioning")
        if self._uplink.trouble and self._uplink.trouble != trouble:
            self._hal.log("uplink: " + self._uplink.trouble)
        arrival = self._acks.work()
        if arrival is not None:
            self._apply(*arrival)
        self._ask_network_time(now)
        if self._uplink.quiet(now) and self._custody.resend_overdue(self.clock_now()):
            self._uplink.send_again()

    def _ask_network_time(self, now: int) -> None:
        """While no clock is known, and a network is there."""
        if self._clock.source != codes.SOURCE_NONE or not self._hal.network.up() \
                or (self._asked_at is not None
                    and ticks.since(self._asked_at, now) < NETWORK_TIME_RETRY_MS):
            return
        self._asked_at = now
        try:
            self._close_record()
            self._timekeeper.take_network_time(
                self._hal.network_time_ms(), self._hal.elapsed_ms(), self._hal.floor_ms())
        except JournalFull as full:
            self._hal.log("clock set, but not said: %s" % full)

    def _take_message(self, payload: bytes, now: int) -> None:
        try:
            answer = self._custody.read(payload, self._acks.kids())
        except WireError as error:
            if error.rule != "ack.old":
                self._hal.log("ack refused: %s" % error)
            return
        self._acks.offer((answer, now, self._hal.elapsed_ms()),
                         self._custody.answers_hello(answer.ack))

    def _apply(self, answer: "Any", arrived_at: int, arrived_ms: int) -> None:
        """A verified ack: custody, then the time and the checkpoint that came with it."""
        fresh = self._custody.answers_hello(answer.ack)
        try:
            if self._custody.take(answer, self._say_broken):
                self._uplink.send_again()
            if fresh:
                elapsed_ms = self._hal.elapsed_ms()
                trouble = self._timekeeper.take(
                    answer.ack, ticks.since(self._custody.hello_at, arrived_at),
                    elapsed_ms - arrived_ms, elapsed_ms, self._hal.floor_ms())
                if trouble:
                    self._hal.log("time refused: " + trouble)
            self._beacon(answer.ack.app_hash)
        except (WireError, JournalFull) as error:
            self._hal.log("ack not used: %s" % error)

    def _say_broken(self, ack: bytes) -> None:
        assert self.chain is not None
        self.chain.event(self.clock_now(), codes.EVENT_CUSTODY_BROKEN, ack)

    def _beacon(self, app_hash: "bytes | None") -> None:
        """Event 15 bounds every later record without trusting any clock; once in BEACON_AGE."""
        if app_hash is None or self.chain is None:
            return
        clock, last = self.clock_now(), self.chain.state.beacon
        if last is None or last[0] != clock.timebase \
                or clock.elapsed_ms - last[1] >= codes.BEACON_AGE_MS:
            self.chain.event(clock, codes.EVENT_BEACON, app_hash)
            self.chain.state.beacon = (clock.timebase, clock.elapsed_ms)
