"""What is wrong with a description of hardware, told so that a person can mend it.

HardwareError (a ValueError)   one or more faults, one line each
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One broken rule: `file` and `key` say where, `remedy` what to do."""

    file: str
    key: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.rule}: {self.remedy}"


class HardwareError(ValueError):
    """Descriptions that break rules; `faults` holds every one found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
