"""Ways in which decoded values come out wrong, for property tests."""

from typing import Any

from hypothesis import strategies as st

from ledger_client.wire import cbor

# What stands in the place of something else: other types, limits and one beyond, other sizes.
LEAVES = st.none() | st.booleans() | st.integers(-3, 70) | st.integers(
    1 - (1 << 53), (1 << 53) - 1) | st.sampled_from(
        [b"", bytes(8), bytes(16), bytes(32), bytes(64), "", "]d2", "x" * 64, "x" * 65,
         "https://id.gs1.org/01/95", [], {}])


def replaced(value: Any, draw: st.DataObject) -> Any:
    """`value` with one part, somewhere in it, replaced, removed or added."""
    if not isinstance(value, list | dict) or not value or draw.draw(st.integers(0, 4)) == 0:
        return draw.draw(LEAVES)
    if isinstance(value, dict):
        key = draw.draw(st.sampled_from(sorted(value, key=lambda one: cbor.encode(one, True))))
        rest = {name: one for name, one in value.items() if name != key}
        return draw.draw(st.sampled_from([
            {**value, key: replaced(value[key], draw)}, rest, {**value, "more": 1}]))
    at = draw.draw(st.integers(0, len(value) - 1))
    return draw.draw(st.sampled_from([
        [*value[:at], replaced(value[at], draw), *value[at + 1:]],
        [*value[:at], *value[at + 1:]], [*value[:at], draw.draw(LEAVES), *value[at:]]]))
