"""Where a shape stands twice, once for the type checker and once for MicroPython, both agree."""

import ast

import pytest

from tests.tidy.sources import Module, modules
from tests.tidy.test_layers import parse


def typed(body: list[ast.stmt]) -> dict[str, tuple[str, ...]]:
    """Class -> fields of the NamedTuple classes."""
    return {
        node.name: tuple(
            field.target.id
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        )
        for node in body
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith("NamedTuple") for base in node.bases)
    }


def plain(body: list[ast.stmt]) -> dict[str, tuple[str, ...]]:
    """Name -> fields of the `Name = namedtuple("Name", (...))` assignments."""
    found = {}
    for node in body:
        value = node.value if isinstance(node, ast.Assign) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "namedtuple":
            name, fields = map(ast.literal_eval, value.args)
            found[name] = tuple(fields)
    return found


def twins(module: Module) -> list[tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]]:
    """Both definitions, for every `if TYPE_CHECKING: ... else: ...` that has any."""
    pairs = [
        (typed(node.body), plain(node.orelse))
        for node in module.tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return [pair for pair in pairs if any(pair)]


def test_the_two_definitions_agree() -> None:
    found = {module.path: twins(module) for module in modules() if not module.within("tests")}
    assert found["ledger_client/wire/values.py"]
    for path, pairs in found.items():
        for for_checker, for_devices in pairs:
            assert for_checker == for_devices, path


@pytest.mark.parametrize("fields", ["('a',)", "('b', 'a')", "('a', 'b', 'c')"])
def test_a_difference_is_seen(fields: str) -> None:
    text = (
        "if TYPE_CHECKING:\n    class T(NamedTuple):\n        a: int\n        b: int\n"
        f"else:\n    T = namedtuple('T', {fields})\n"
    )
    ((for_checker, for_devices),) = twins(parse("x", text))
    assert for_checker["T"] == ("a", "b")
    assert for_checker != for_devices
