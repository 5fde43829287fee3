"""The state as a passport shows it: what is asked of it is what a passport must prove."""

from collections.abc import Callable

from ledger_client.core import proven_values, state
from ledger_client.core.state import Value, View
from ledger_client.errors import VerificationFailed
from ledger_client.wire import cbor
from ledger_client.wire.errors import WireError


class AskedView(View):
    """A state that remembers what was asked for: a passport proves exactly that."""

    def __init__(self, read: Callable[[bytes], bytes | None]) -> None:
        super().__init__(read)
        self.asked: set[bytes] = set()

    def holds(self, key: bytes) -> bool:
        """Whether a value is at hand; does not count as asking."""
        return self._read(key) is not None

    def read(self, key: bytes) -> bytes | None:
        self.asked.add(key)
        return super().read(key)


class ProvenView(AskedView):
    """Only proven keys may be asked for: what is not proven is left out, not absent.  A value is
    checked to be of its form when it is loaded."""

    def __init__(self, values: dict[bytes, bytes | None]) -> None:
        super().__init__(values.get)
        self._values = values

    def load(self, kind: type[Value], key: bytes) -> Value | None:
        data = self.read(key)
        try:
            return None if data is None else \
                kind.of(proven_values.checked(kind, cbor.decode(data, utf8=True)))
        except WireError as error:
            raise VerificationFailed(error.rule, f"proofs ({state.describe(key)})",
                                     error.detail) from error

    def read(self, key: bytes) -> bytes | None:
        if key not in self._values:
            raise VerificationFailed("passport.left-out", "proofs",
                                     f"the value or absence of {state.describe(key)} is left out")
        return super().read(key)
