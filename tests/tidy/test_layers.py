"""One direction of dependence, and rooms that no socket, file, clock or random number enters.

wire <- core <- {store, epcis, node, client, service} <- edge_gateway; firmware takes wire only.
"""

import ast
import graphlib
from collections.abc import Iterator

import pytest

from tests.tidy.imports import imports
from tests.tidy.sources import ROOMS, Module, modules

WIRE = "ledger_client.wire"
ERRORS = "ledger_client.errors"
CORE = "ledger_client.core"

# Room -> what it may import of the project; the longest room that fits a module counts.
LAYERS: dict[str, tuple[str, ...]] = {
    WIRE: (WIRE,),
    ERRORS: (),
    CORE: (WIRE, ERRORS, CORE),
    "ledger_client": ("ledger_client",),
    "edge_gateway.core": (WIRE, ERRORS, CORE, "edge_gateway.core", "edge_gateway.errors"),
    "edge_gateway": ("edge_gateway", "ledger_client"),
    "firmware.device": (WIRE, "firmware.device"),
    "firmware.ports": (WIRE, "firmware"),
    "firmware": (WIRE, "firmware"),
    "hardware": (WIRE, "hardware"),
    "tests": ROOMS,
}

PURE = (WIRE, CORE, "edge_gateway.core", "firmware.device")
# Whatever reaches the world outside: sockets, files, processes, clocks, randomness, databases.
IMPURE = {
    "asyncio", "fcntl", "ftplib", "getpass", "glob", "http", "io", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors", "shutil",
    "signal", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading",
    "time", "urllib", "uuid", "zoneinfo", "machine", "network", "esp32", "tls", "bluetooth",
    "vfs", "uos", "utime", "usocket", "urandom", "_thread",
}
IMPURE_CALLS = {
    "open", "input", "print", "eval", "exec", "datetime.now", "datetime.utcnow", "datetime.today",
    "date.today", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today",
}
BOARD_ONLY = ("machine", "network", "esp32", "tls", "bluetooth")


def inside(target: str, packages: tuple[str, ...]) -> bool:
    return any(target == one or target.startswith(one + ".") for one in packages)


def layer(module: Module) -> tuple[str, ...]:
    """What `module` may import."""
    rooms = [room for room in LAYERS if module.within(room)]
    assert rooms, f"{module.path}: give its room a line in LAYERS"
    return LAYERS[max(rooms, key=len)]


def wrong_imports(module: Module) -> Iterator[str]:
    allowed = layer(module)
    for one in imports(module):
        # `from ledger_client import wire` names its goal only together with what is imported.
        if one.target.split(".")[0] in ROOMS and not inside(one.target, allowed):
            yield f"{module.path}:{one.line} imports {one.target}; allowed: {', '.join(allowed)}"


def impurities(module: Module) -> Iterator[str]:
    for one in imports(module):
        if one.target.split(".")[0] in IMPURE and not one.typing_only:
            yield f"{module.path}:{one.line} imports {one.target}: take it as an argument"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
            yield f"{module.path}:{node.lineno} calls {ast.unparse(node.func)}: pass its result in"


def parse(name: str, text: str) -> Module:
    return Module(name, name.replace(".", "/") + ".py", text, ast.parse(text))


def test_imports_go_one_way() -> None:
    assert [fault for module in modules() for fault in wrong_imports(module)] == []


def test_the_pure_rooms_are_pure() -> None:
    rooms = [module for module in modules() if module.within(*PURE)]
    assert any(module.within(WIRE) for module in rooms)
    assert [fault for module in rooms for fault in impurities(module)] == []


def test_only_ports_touch_the_board() -> None:
    faults = [
        f"{module.path}:{one.line} imports {one.target}; only firmware/ports may"
        for module in modules()
        if module.within("firmware") and not module.within("firmware.ports")
        for one in imports(module)
        if one.target.split(".")[0] in BOARD_ONLY
    ]
    assert faults == []


def test_no_module_imports_itself_in_a_circle() -> None:
    known = {module.name for module in modules()}
    graph: dict[str, set[str]] = {}
    for module in modules():
        targets = [one.target for one in imports(module) if not (one.typing_only or one.local)]
        near = {target if target in known else target.rpartition(".")[0] for target in targets}
        graph[module.name] = (near & known) - {module.name}
    graphlib.TopologicalSorter(graph).prepare()  # CycleError names the circle


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ledger_client.wire.x", "from ledger_client.core import merkle"),
        ("ledger_client.core.x", "import ledger_client.store.sqlite"),
        ("ledger_client.core.x", "from ..store import sqlite"),
        ("ledger_client.store.x", "from edge_gateway import config"),
        ("firmware.device.x", "from ledger_client.core import block"),
        ("firmware.device.x", "from firmware.ports import hal"),
        ("edge_gateway.core.x", "def late():\n    from edge_gateway.ports import broker"),
        ("hardware.x", "import firmware.boards.logger"),
    ],
)
def test_a_wrong_import_is_seen(name: str, text: str) -> None:
    assert len(list(wrong_imports(parse(name, text)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "import os.path",
        "from time import time",
        "def late():\n    import socket",
        "open('x')",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.now()",
    ],
)
def test_an_impurity_is_seen(text: str) -> None:
    assert len(list(impurities(parse("ledger_client.core.x", text)))) == 1


def test_what_only_the_type_checker_imports_is_no_impurity() -> None:
    text = "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import os\n"
    assert list(impurities(parse("ledger_client.core.x", text))) == []
