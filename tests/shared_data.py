"""The one door to third-party test data, which lies beside the checkout and is never copied in."""

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parent.parent
_VARIABLE = "COLDSEAL_SHARED_DATA"


def shared(path: str) -> Path:
    """The file or folder `path` of the shared data; skip the test, with the reason, without it.

    The data is the folder that $COLDSEAL_SHARED_DATA names, else ../shared/data of the checkout.
    """
    named = os.environ.get(_VARIABLE)
    root = Path(named) if named else _CHECKOUT.parent / "shared" / "data"
    found = root / path
    if not found.exists():
        pytest.skip(f"no {found}: put the shared data there or name its folder in ${_VARIABLE}")
    return found
