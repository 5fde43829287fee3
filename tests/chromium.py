"""A headless Chromium, driven by the DevTools protocol over a pipe."""

import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ANSWER_S = 20  # nothing asked of it here takes more than a few seconds
# Not what the shell opens for itself; commands come in at 3, answers go out at 4.
_FIRST_FD = 10
_RUN = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'


def program() -> str:
    """Path of the browser; skips the test when there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    return found


@contextmanager
def chromium(profile: Path) -> Iterator["Browser"]:
    """A browser that keeps what it must in `profile`."""
    ours, its = _pipe(), _pipe()
    arguments = [program(), "--headless", "--remote-debugging-pipe", f"--user-data-dir={profile}",
                 "--no-first-run", "--disable-background-networking", "--disable-gpu",
                 "--disable-dev-shm-usage", "about:blank"]
    if os.geteuid() == 0:
        arguments.insert(1, "--no-sandbox")  # it refuses root its sandbox
    process = subprocess.Popen(
        ["bash", "-c", _RUN, "bash", *arguments], pass_fds=(ours[0], its[1]),
        env=os.environ | {"COMMANDS": str(ours[0]), "ANSWERS": str(its[1])},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(ours[0])
    os.close(its[1])
    try:
        yield Browser(ours[1], its[0])
    finally:
        os.close(ours[1])  # it ends when the pipe does
        try:
            process.wait(ANSWER_S)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
            os.close(its[0])


def _pipe() -> tuple[int, int]:
    """(read, write), both at numbers that a shell does not use."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_FD) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


class Browser:
    """Commands, answers and events: JSON, each ended by a zero byte."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._read = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._silent = False  # once silent, it is not waited for again

    def send(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """The command's result; AssertionError when it is refused."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._commands, data):]
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, (method, found["error"])
                result: dict[str, Any] = found["result"]
                return result

    def event(self, method: str) -> dict[str, Any]:
        """The next event of this name, waited for, those before it included."""
        while True:
            for number, one in enumerate(self._events):
                if one["method"] == method:
                    parameters: dict[str, Any] = self._events.pop(number)["params"]
                    return parameters
            self._next()

    def events(self, method: str) -> list[dict[str, Any]]:
        """All of this name that came until now."""
        return [one["params"] for one in self._events if one["method"] == method]

    def _next(self) -> dict[str, Any]:
        """The next message; an event is kept too."""
        assert not self._silent, "chromium fell silent before"
        until = time.monotonic() + ANSWER_S
        while b"\0" not in self._read:
            left_s = max(0, until - time.monotonic())
            ready, _, _ = select.select([self._answers], [], [], left_s)
            self._silent = not ready
            assert ready, f"chromium is silent for {ANSWER_S} s"
            data = os.read(self._answers, 1 << 20)
            assert data, "chromium ended"
            self._read += data
        line, _, self._read = self._read.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        if "method" in found:
            self._events.append(found)
        return found


class Page:
    """A tab with one file open in it; every request that it makes is noted."""

    def __init__(self, browser: Browser, file: Path) -> None:
        self._browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.send("Target.attachToTarget", targetId=target,
                                     flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "DOM", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=file.as_uri())
        browser.event("Page.loadEventFired")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._browser.send(method, self._session, **parameters)

    def run(self, expression: str) -> Any:
        """What a JavaScript expression comes to, awaited."""
        done = self.send("Runtime.evaluate", expression=expression, awaitPromise=True,
                         returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file as a person does in the dialog."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def requested(self) -> list[str]:
        """Addresses of all requests, the page itself first."""
        return [one["request"]["url"] for one in
                self._browser.events("Network.requestWillBeSent")]

    def complaints(self) -> list[str]:
        """Errors and warnings that the browser logged, uncaught exceptions included."""
        return [one["entry"]["text"] for one in self._browser.events("Log.entryAdded")] + [
            str(one) for one in self._browser.events("Runtime.exceptionThrown")]
