"""Temperatures as printed, in hundredths of a degree Celsius; exact, rounded half to even."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

CELSIUS, FAHRENHEIT = "C", "F"
_DIGITS = 60  # more than any export prints


def cdeg(text: str, unit: str = CELSIUS) -> int | None:
    """None when `text` is no number.  Fahrenheit is converted before it is rounded."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    with localcontext(prec=_DIGITS):
        scaled = number * 100 if unit == CELSIUS else (number - 32) * 500 / 9
        return int(scaled.to_integral_value(ROUND_HALF_EVEN))
