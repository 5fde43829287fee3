"""Local alarms: a configured rule holds for its whole duration, strictly beyond its limit.

A failed reading neither starts nor ends anything: it says nothing about the temperature.
"""

from ledger_client.wire import configuration

TYPE_CHECKING = False
if TYPE_CHECKING:
    Change = tuple[int, int, bool]


class Alarms:
    """`raised` is a bit set of rule numbers; it survives a power loss, the waiting does not."""

    def __init__(self, rules: "list[list[int]]", raised: int) -> None:
        self._rules = rules
        self._beyond_since_ms: "list[int | None]" = [None] * len(rules)
        self.raised = raised & (1 << len(rules)) - 1

    def sample(self, elapsed_ms: int, channel: int, value: int) -> "list[Change]":
        """(channel, rule, raised / cleared) for each rule that this reading changes."""
        changes = []
        for number, rule in enumerate(self._rules):
            if rule[0] != channel:
                continue
            beyond = value < rule[2] if rule[1] == configuration.BELOW else value > rule[2]
            if self._changes(number, beyond, elapsed_ms, rule[3]):
                self.raised ^= 1 << number
                changes.append((channel, number, bool(self.raised >> number & 1)))
        return changes

    def _changes(self, number: int, beyond: bool, elapsed_ms: int, duration_ms: int) -> bool:
        raised = self.raised >> number & 1
        if not beyond:
            self._beyond_since_ms[number] = None
            return raised == 1
        since_ms = self._beyond_since_ms[number]
        if since_ms is None:
            since_ms = self._beyond_since_ms[number] = elapsed_ms
        return raised == 0 and elapsed_ms - since_ms >= duration_ms
