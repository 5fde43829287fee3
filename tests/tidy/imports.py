"""What a module imports, read from its syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.tidy.sources import Module


@dataclass(frozen=True)
class Import:
    """`target` is the most that is known: the module, and the name when it may be a module too."""

    target: str
    line: int
    typing_only: bool  # below `if TYPE_CHECKING`
    local: bool  # inside a function


def imports(module: Module) -> Iterator[Import]:
    """Every import of `module`, relative ones made absolute."""
    yield from _walk(module, module.tree, typing_only=False, local=False)


def _walk(module: Module, node: ast.AST, *, typing_only: bool, local: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, typing_only, local)
    elif isinstance(node, ast.ImportFrom):
        base = _base(module, node)
        for alias in node.names:
            yield Import(f"{base}.{alias.name}", node.lineno, typing_only, local)
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        for statement in node.body:
            yield from _walk(module, statement, typing_only=True, local=local)
        for statement in node.orelse:
            yield from _walk(module, statement, typing_only=typing_only, local=local)
    else:
        inside = local or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            yield from _walk(module, child, typing_only=typing_only, local=inside)


def _base(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.name if module.path.endswith("__init__.py") else module.name.rpartition(".")[0]
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"
