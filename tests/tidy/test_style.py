"""Sizes and habits that every file keeps; what a generator writes is exempt by name."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.tidy.sources import GENERATED, ROOT, Module, modules, text_files, written_modules
from tests.tidy.test_layers import CORE, WIRE, parse

FUNCTION_LINES = 40  # without decorators and docstring; aim at 10
EXACT = (WIRE, CORE, "firmware.device")  # the rooms that sign, hash and judge
MODULE_LINES = 400  # aim at 150
POSITIONAL = 5  # without self and what pytest gives a test by name; aim at 2
# Function -> why more are right.
MORE_POSITIONAL = {
    "ledger_client/wire/record.py content": "the fields of a record, in the order of the wire",
}

# Spelled in parts: these lists obey the rules that they state.
MARKERS = re.compile("|".join((r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"(#|//|<!--) *XX" + r"X\b")))
# A project tells of itself, not of how or where it was made.
FOREIGN = re.compile(
    "|".join(
        (
            r"agent sess" + "ion",
            r"\bissue" + r" #\d",
            r"shared/des" + "ign",
            r"shared/refer" + "ence",
            r"\.libr" + r"ary\b",
            r"(?<![\w.])/wo" + "rk/",
            r"language mo" + r"del\b",
            r"\bAI assis" + "tant",
        )
    ),
    re.IGNORECASE,
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(module: Module) -> Iterator[Function]:
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end, the docstring left out."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def positional(function: Function) -> int:
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def swallowed(module: Module) -> Iterator[str]:
    """Handlers that catch everything and do nothing."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and all(map(_does_nothing, node.body)):
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught in ("everything", "Exception", "BaseException"):
                yield f"{module.path}:{node.lineno} catches {caught} and does nothing"


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def floats(module: Module) -> Iterator[str]:
    """Float literals and calls of float; division makes one unless the module works in decimal."""
    exact = re.search(r"^(from|import) (decimal|fractions)\b", module.text, re.MULTILINE)
    for node in ast.walk(module.tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        call = isinstance(node, ast.Call) and ast.unparse(node.func) == "float"
        divides = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if isinstance(node, ast.expr | ast.stmt) and (literal or call or (divides and not exact)):
            yield f"{module.path}:{node.lineno} {ast.unparse(node)}: use integers or decimal"


def test_functions_are_short() -> None:
    faults = [
        f"{module.path}:{function.lineno} {function.name}: {length(function)} lines"
        for module in written_modules()
        for function in functions(module)
        if length(function) > FUNCTION_LINES
    ]
    assert faults == []


def test_modules_are_short() -> None:
    sizes = {module.path: module.text.count("\n") for module in written_modules()}
    assert {path: lines for path, lines in sizes.items() if lines > MODULE_LINES} == {}


def test_calls_have_few_positional_arguments() -> None:
    faults = [
        f"{module.path}:{function.lineno} {function.name}: {positional(function)} positional"
        for module in written_modules()
        for function in functions(module)
        if positional(function) > POSITIONAL
        and not function.name.startswith("test_")
        and f"{module.path} {function.name}" not in MORE_POSITIONAL
    ]
    assert faults == []


def test_every_module_says_what_it_is() -> None:
    assert [module.path for module in modules() if not ast.get_docstring(module.tree)] == []


def test_no_error_is_swallowed() -> None:
    assert [fault for module in modules() for fault in swallowed(module)] == []


def test_what_is_signed_hashed_or_judged_has_no_floats() -> None:
    rooms = [module for module in modules() if module.within(*EXACT)]
    assert [fault for module in rooms for fault in floats(module)] == []


@pytest.mark.parametrize("pattern", [MARKERS, FOREIGN], ids=["unfinished", "foreign"])
def test_no_file_holds_such_words(pattern: re.Pattern[str]) -> None:
    faults = [
        f"{path}:{number} {found.group()}"
        for path, text in text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    ]
    assert faults == []


def test_what_is_exempt_exists_and_is_generated() -> None:
    for path in GENERATED:
        if (ROOT / path).exists():
            head = (ROOT / path).read_text(encoding="utf-8")[:2000].lower()
            assert "generat" in head, f"{path} does not name its generator"


def test_the_measures_measure() -> None:
    text = 'def f(self, a, /, b, *, c):\n    """Doc\n    string."""\n    return a\n'
    (function,) = functions(parse("x", text))
    assert (length(function), positional(function)) == (2, 2)
    for body in ("pass", "'why'"):
        text = f"try:\n    f()\nexcept Exception:\n    {body}"
        assert len(list(swallowed(parse("x", text)))) == 1
    assert list(swallowed(parse("x", "try:\n    f()\nexcept OSError:\n    pass"))) == []
    assert len(list(floats(parse("x", "a = 1.5\nb = float(2)\nc = a / b\nd = 1 // 2")))) == 3
    assert list(floats(parse("x", "from decimal import Decimal\nc = a / b"))) == []
