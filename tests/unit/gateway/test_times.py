"""Times as people read them."""

import datetime

import pytest

from edge_gateway.commands.common import when


@pytest.mark.parametrize(("time_ms", "text"), [
    (0, "1970-01-01 00:00:00 UTC"), (1_777_874_400_999, "2026-05-04 06:00:00 UTC"),
    (253_402_214_399_999, "9999-12-30 23:59:59 UTC"),
    (253_402_214_400_000, "253402214400000 ms after 1970"),
    ((1 << 53) - 1, "9007199254740991 ms after 1970")])
def test_any_number_that_is_signed_can_be_printed(time_ms: int, text: str) -> None:
    assert when(time_ms, datetime.UTC) == text


@pytest.mark.parametrize(("hours", "text"), [
    (2, "2026-05-04 06:00:00 UTC (08:00 local)"),
    (-7, "2026-05-04 06:00:00 UTC (2026-05-03 23:00 local)")])
def test_local_time_stands_beside_it(hours: int, text: str) -> None:
    assert when(1_777_874_400_000, datetime.timezone(datetime.timedelta(hours=hours))) == text
