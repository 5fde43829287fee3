"""Virtual time and what happens in it.

Time advances to the next thing the device wants to do or the next stimulus, whichever is first, and
never past the last stimulus known; at one moment stimuli come before the device's own turn.  Waits
for the network are real time.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

EXIT_POWER_CUT = 70
IDLE_MS = 20  # of real time at most in one idle wait: back-off and deadlines are far longer
POWER_ON_STIMULUS = "start"


class World:
    """`parts` are the simulated pieces that stimuli act on: sensors by channel, engine, keypad,
    network, display; `idle(with_stimuli)` waits in real time for whatever comes."""

    def __init__(self, stimuli: "Any", parts: "dict[str, Any]",
                 idle: "Callable[[bool], None]") -> None:
        self._stimuli = stimuli
        self._parts = parts
        self._idle = idle
        self._handed_over = False
        self.start_ms: "int | None" = None
        self.now_ms = 0

    def power_on(self) -> bool:
        """Take the first line, if it is there."""
        if self.start_ms is None:
            line = self._stimuli.peek()
            if line is not None:
                if line[1] != [POWER_ON_STIMULUS]:
                    raise ValueError("the first stimulus must be <unix_ms> start")
                self.start_ms = self.now_ms = line[0]
                self._stimuli.pop()
        return self.start_ms is not None

    def wait(self, app: "Any") -> bool:
        """Until the device should take a turn; True: what it had scheduled is due now.

        Applies at most one stimulus, and lets nothing scheduled happen before all stimuli of that
        moment are known.
        """
        if not app.booted:
            self._idle(app.chain is not None and self.start_ms is None)
            return False
        line = self._stimuli.peek()
        if line is None or (app.crowded() and self._parts["network"].link):
            self._idle(line is None)
            return False
        due_ms = app.due_ms()
        last = line[1][0] == "end"
        if due_ms is not None and self.start_ms + due_ms < line[0] + last:
            self.now_ms = max(self.now_ms, self.start_ms + due_ms)
            return True
        self.now_ms = line[0]
        if self._apply(line[1], app):
            self._stimuli.pop()
        else:
            self._idle(False)
        return False

    def _apply(self, words: "list[str]", app: "Any") -> bool:
        """Let it happen; False: it must wait."""
        what, rest = words[0], words[1:]
        if what == "wait":
            return self._settle(app, "idle %d\n" % self.now_ms)
        if what == "end":
            if not self._handed_over:
                self._handed_over = app.hand_over()
            if self._handed_over and self._settle(app, "end\n"):
                app.hand_over()
                sys.exit(0)
            return False
        if what == "power" and rest == ["off"]:
            sys.exit(EXIT_POWER_CUT)
        acts = {"sensor": self._sensor, "scan": self._scan, "key": self._key, "link": self._link}
        if what not in acts:
            raise ValueError("stimulus %r is unknown" % " ".join(words))
        acts[what](rest)
        return True

    def _settle(self, app: "Any", note: str) -> bool:
        if app.settled():
            self._parts["display"].note(note)
            return True
        return False

    def _sensor(self, words: "list[str]") -> None:
        chip = self._parts["sensors"][int(words[0])]
        if words[1] == "fail":
            chip.fail()
        else:
            chip.set(int(words[1]))

    def _scan(self, words: "list[str]") -> None:
        self._parts["engine"].scan(words[0], bytes.fromhex(words[1]))

    def _key(self, words: "list[str]") -> None:
        self._parts["keypad"].press(words[0])

    def _link(self, words: "list[str]") -> None:
        network = self._parts["network"]
        if words == ["repeat"]:
            network.repeat_next = True
        else:
            network.link = words == ["up"]
