"""A TOML file as a tree of frozen dataclasses, every key and type checked.

The dataclass is the schema: its fields are the keys, its annotations the types, and a default marks
what may be left out.  An unknown key is a fault: a misspelt one must not be silently ignored.
"""

import dataclasses
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from hardware.faults import Fault, HardwareError

Shape = TypeVar("Shape")


@dataclasses.dataclass(frozen=True)
class _Place:
    file: str
    key: str

    def below(self, name: object) -> "_Place":
        return _Place(self.file, f"{self.key}.{name}" if self.key else str(name))

    def fault(self, remedy: str) -> HardwareError:
        return HardwareError([Fault(self.file, self.key or "(file)", "toml.form", remedy)])


def read(path: Path, shape: type[Shape]) -> Shape:
    """The file at `path` as a `shape`; raise HardwareError with the first key that is wrong."""
    place = _Place(f"{path.parent.name}/{path.name}", "")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise place.fault(str(error)) from None
    return typing.cast(Shape, _value(table, shape, place))


def _value(value: object, shape: Any, place: _Place) -> object:
    if dataclasses.is_dataclass(shape):
        return _record(value, typing.cast(type, shape), place)
    origin, arguments = typing.get_origin(shape), typing.get_args(shape)
    if origin is types.UnionType:  # T | None: None is a key left out, TOML cannot say it
        return _value(value, arguments[0], place)
    if origin is dict:
        names = _typed(value, dict, "a table", place)
        return {name: _value(part, arguments[1], place.below(name)) for name, part in names.items()}
    if origin is tuple:
        return _array(value, arguments, place)
    wanted = {int: "a whole number", str: "text", bool: "true or false"}[shape]
    return _typed(value, shape, wanted, place)


def _typed(value: object, shape: type, wanted: str, place: _Place) -> Any:
    if type(value) is not shape:  # not isinstance: true is no number
        raise place.fault(f"write {wanted}, not {value!r}")
    return value


def _array(value: object, arguments: tuple[Any, ...], place: _Place) -> tuple[object, ...]:
    parts = _typed(value, list, "an array", place)
    if arguments[-1] is Ellipsis:
        arguments = (arguments[0],) * len(parts)
    if len(parts) != len(arguments):
        raise place.fault(f"write {len(arguments)} values, not {len(parts)}")
    numbered = enumerate(zip(parts, arguments, strict=True))
    return tuple(_value(part, shape, place.below(index)) for index, (part, shape) in numbered)


def _record(value: object, shape: type, place: _Place) -> object:
    table = _typed(value, dict, "a table", place)
    fields = {field.name: field for field in dataclasses.fields(shape)}
    for name in table:
        if name not in fields:
            raise place.below(name).fault(f"remove it; known keys: {', '.join(fields)}")
    for name, field in fields.items():
        needed = (field.default, field.default_factory) == (dataclasses.MISSING,) * 2
        if needed and name not in table:
            raise place.below(name).fault("add this key")
    types_of = typing.get_type_hints(shape)
    parts = {name: _value(part, types_of[name], place.below(name)) for name, part in table.items()}
    return shape(**parts)
