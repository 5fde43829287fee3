"""Errors of the ledger client.

ColdsealError
├── UsageError              the caller erred: a wrong path, key, option or order of calls
├── InvalidData             somebody's data is bad; `rule` names what it breaks
│   ├── Refused             a statement that the rules refuse; nothing was registered
│   ├── VerificationFailed  a signature, digest or proof does not hold; `field` says where
│   └── DamagedStore        a stored file differs from what it must hold; `field` names the row
└── PipeFailed              the other side did not answer; the same call may be tried again

Bytes that break a wire format raise ledger_client.wire.errors.WireError, a ValueError.
"""


class ColdsealError(Exception):
    """Base of every error that a command prints instead of a traceback."""


class UsageError(ColdsealError):
    """What was asked cannot be done as asked."""


class InvalidData(ColdsealError):
    """`rule` from the rule book or a wire rule, `detail` for a person."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail


class Refused(InvalidData):
    """The rules refuse a statement."""


class VerificationFailed(InvalidData):
    """A proof does not hold; `field` is the path to what was changed or is missing."""

    def __init__(self, rule: str, field: str, detail: str) -> None:
        super().__init__(rule, f"{field}: {detail}")
        self.field = field


class DamagedStore(VerificationFailed):
    """A row of a journal or ledger file is not what was written."""


class PipeFailed(ColdsealError):
    """Nothing answered, or the answer was cut off; try again."""


def extra_missing(what: str, extra: str) -> UsageError:
    """`what` needs an extra of pyproject.toml.  Coldseal is on no package index, so the remedy is
    a checkout's."""
    return UsageError(f"{what}. In the checkout `make setup` installs it, or "
                      f".venv/bin/pip install -e '.[{extra}]'")
