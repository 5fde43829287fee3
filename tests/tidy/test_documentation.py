"""Every command and every setting stands in docs/, in the code font of its page."""

import dataclasses
import importlib
import importlib.util
import re
from collections.abc import Iterator
from typing import Any

import pytest
from rich.markup import render

from tests.tidy.sources import ROOT


def gateway_module(name: str) -> Any:
    """edge_gateway.<name>, or skip while there is none."""
    if not (ROOT / "edge_gateway" / f"{name}.py").is_file():
        pytest.skip(f"edge_gateway/{name}.py does not exist yet")
    return importlib.import_module(f"edge_gateway.{name}")


def documented() -> str:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    if not pages:
        pytest.skip("docs/ has no page yet")
    return "\n".join(page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *pages])


def commands(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """(as it is typed, command) of everything below a click group that a person can see."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        elif not command.hidden:
            yield f"{prefix} {name}", command


def settings(configuration: Any, prefix: str = "") -> Iterator[str]:
    """Every field of a configuration dataclass, those of a nested one behind its name."""
    for field in dataclasses.fields(configuration):
        shape = field.type
        if isinstance(shape, type) and dataclasses.is_dataclass(shape):
            yield from settings(shape, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def all_commands() -> dict[str, Any]:
    """Of `coldseal`, by what is typed."""
    typer = importlib.import_module("typer")
    cli = gateway_module("cli")
    apps = [value for value in vars(cli).values() if isinstance(value, typer.Typer)]
    assert apps, "edge_gateway.cli has no typer.Typer"
    found = dict(commands(typer.main.get_command(apps[0]), "coldseal"))
    assert found
    return found


def test_every_command_is_documented() -> None:
    text = documented()
    assert [name for name in all_commands() if name not in text] == []


def test_every_argument_and_option_says_what_it_is() -> None:
    silent = [f"{name} {parameter.name}" for name, command in all_commands().items()
              for parameter in command.params if not parameter.help]
    assert silent == []


def test_help_is_printed_as_it_was_written() -> None:
    """Typer prints help as rich markup, in which [words] in brackets are a style."""
    written = [(name, text) for name, command in all_commands().items()
               for text in [command.help, *(parameter.help for parameter in command.params)]]
    assert [name for name, text in written
            if render(text).plain != text.replace("\\[", "[")] == []


def test_every_setting_is_documented() -> None:
    config = gateway_module("config")
    shapes = [
        value
        for value in vars(config).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    ]
    assert shapes, "edge_gateway.config has no dataclass"
    text = documented()
    names = {name.rpartition(".")[2] for shape in shapes for name in settings(shape)}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_links_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")]
    lost = [f"{page.relative_to(ROOT)}: {link}" for page in pages
            for link in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text(encoding="utf-8"))
            if not (page.parent / link).exists()]
    assert lost == []
