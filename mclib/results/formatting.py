"""Numbers for people: no more digits than their error supports."""

import math
from decimal import Decimal

# From 10**12 on, and below 10**-4, numbers are written with a power of ten.
_LARGEST, _SMALLEST = 12, -4
_ENDLESS = {math.inf: "∞", -math.inf: "-∞"}


def with_error(value: float, half_width: float) -> str:
    """Write both to the last digit that the error supports, as in ``26,151 ± 9``."""
    if not (math.isfinite(value) and math.isfinite(half_width)):
        return f"{plain(value)} ± {plain(half_width)}"
    if half_width == 0.0:
        return f"{plain(value)} ± 0"
    place = _supported_place(half_width)
    number, error = _rounded(value, place), _rounded(half_width, place)
    top = max(number.adjusted() if number else place, error.adjusted())
    if _SMALLEST <= top < _LARGEST:
        return f"{_digits(number, place)} ± {_digits(error, place)}"
    return f"({_digits(number, place, top)} ± {_digits(error, place, top)})e{top:+03d}"


def plain(value: float, digits: int = 6) -> str:
    """Write a number to so many significant digits; whole numbers in full."""
    if not math.isfinite(value):
        return _ENDLESS.get(value, "unknown")
    if value == 0.0:
        return "0"
    place = Decimal(value).adjusted() - digits + 1
    number = _rounded(value, place)
    top = number.adjusted()
    if _SMALLEST <= top < _LARGEST:
        return _bare(_digits(number if place <= 0 else _rounded(value, 0), min(place, 0)))
    return f"{_bare(_digits(number, place, top))}e{top:+03d}"


def _supported_place(half_width: float) -> int:
    """Power of ten of the last digit worth writing beside an error.

    The rule of the Particle Data Group: two digits of the error if its first three are 100
    to 354, one if they are 355 to 949, two (as 10) from 950 on.
    """
    digits, _, exponent = f"{half_width:.2e}".partition("e")
    return int(exponent) - (float(digits) < 3.55)


def _rounded(value: float, place: int) -> Decimal:
    """Return the value rounded at the digit of ``10**place``."""
    step = Decimal(1).scaleb(place)
    return (Decimal(value) / step).to_integral_value() * step


def _digits(number: Decimal, place: int, top: int = 0) -> str:
    """Write ``number / 10**top`` down to the digit of ``10**place``."""
    shown = number.scaleb(-top)
    # Zero is written without a sign.
    return f"{shown or abs(shown):,.{max(0, top - place)}f}"


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
