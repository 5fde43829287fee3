"""The key and value tree that Berlinger and Q-tag exports begin and end with.

One blank of indentation is one level.  A line holds `key: value` pairs parted by ", "; a single key
without a value may have lines below it.  A node can have several such lines (alarm events).
"""

from dataclasses import dataclass, field

from edge_gateway.replay.sensor_log import BadLog

LEVELS = 8  # the exports have four


@dataclass
class Node:
    """`rows` are the lines of pairs, with their numbers; `nodes` what stands below a key."""

    line: int = 0
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    nodes: dict[str, "Node"] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        return next((pairs[key] for _line, pairs in self.rows if key in pairs), None)

    def text(self, key: str) -> str:
        """A value that must be there."""
        found = self.get(key)
        if found is None:
            raise BadLog(self.line, f"no {key!r} below this line")
        return found

    def node(self, key: str) -> "Node":
        """What stands below a key; an empty node when there is none."""
        return self.nodes.get(key) or Node(self.line)


class Tree:
    """Takes lines one by one."""

    def __init__(self) -> None:
        self.root = Node()
        self._open = [self.root]

    def add(self, line: int, text: str) -> None:
        content = text.lstrip(" ")
        level = len(text) - len(content)
        if level >= min(len(self._open), LEVELS):
            raise BadLog(line, "indented below a line that has a value")
        del self._open[level + 1:]
        node = self._open[level]
        pairs = {}
        for part in content.split(", "):
            key, colon, value = part.partition(":")
            if not colon or not key.strip():
                raise BadLog(line, f"{part!r} is not key: value")
            pairs[key.strip()] = value.strip()
        node.rows.append((line, pairs))
        if len(pairs) == 1 and not next(iter(pairs.values())):
            self._open.append(node.nodes.setdefault(next(iter(pairs)), Node(line)))
