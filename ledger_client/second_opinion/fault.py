"""The one way in which a check of the second opinion fails."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger_client.wire.errors import WireError


class Fault(Exception):
    """Something does not hold; `field` is its path in the passport, or "trust"."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


@contextmanager
def at(field: str) -> Iterator[None]:
    """Checks that know no field raise WireError; here it gets one."""
    try:
        yield
    except WireError as error:
        raise Fault(field, str(error)) from error
