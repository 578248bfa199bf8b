"""Numbers for people: no more digits than their error supports."""

import math
from decimal import Decimal

# From 10**12 on, and below 10**-4, numbers are written with a power of ten.
_LARGEST, _SMALLEST = 12, -4
# An error below the rounding of the number itself is none.
_ROUNDING = 1e-15
_ENDLESS = {math.inf: "∞", -math.inf: "-∞"}


def with_error(value: float, half_width: float, unit: str = "") -> str:
    """Write both to the last digit that the error supports, as in ``26,151 ± 9``."""
    number, error, power = _parts(value, half_width)
    if power:
        return f"({number} ± {error}){power}{unit}"
    return f"{number}{unit} ± {error}{unit}"


def without_error(value: float, half_width: float) -> str:
    """Write a number to the last digit that its error supports."""
    number, _, power = _parts(value, half_width)
    return number + power


def _parts(value: float, half_width: float) -> tuple[str, str, str]:
    """Digits of a number, of its error, and the power of ten that multiplies both."""
    if not (math.isfinite(value) and math.isfinite(half_width)):
        return plain(value), plain(half_width), ""
    if half_width <= _ROUNDING * abs(value):
        return plain(value), "0", ""
    rough = Decimal(f"{half_width:.2e}")
    place = _supported_place(rough)
    number, error = _rounded(Decimal(value), place), _rounded(rough, place)
    top = max(number.adjusted() if number else place, error.adjusted())
    if _SMALLEST <= top < _LARGEST:
        return _digits(number, place), _digits(error, place), ""
    return _digits(number, place, top), _digits(error, place, top), f"e{top:+03d}"


def plain(value: float, digits: int = 6) -> str:
    """Write a number to so many significant digits; whole numbers in full."""
    if not math.isfinite(value):
        return _ENDLESS.get(value, "unknown")
    if value == 0.0:
        return "0"
    place = Decimal(value).adjusted() - digits + 1
    number = _rounded(Decimal(value), place)
    top = number.adjusted()
    if not _SMALLEST <= top < _LARGEST:
        return f"{_bare(_digits(number, place, top))}e{top:+03d}"
    if place > 0:
        number, place = _rounded(Decimal(value), 0), 0
    return _bare(_digits(number, place))


def _supported_place(half_width: Decimal) -> int:
    """Power of ten of the last digit worth writing beside an error of three digits.

    The rule of the Particle Data Group: two digits of the error if its three are 100 to
    354, one if they are 355 to 949, two (as 10) from 950 on.
    """
    top = half_width.adjusted()
    return top - (half_width.scaleb(-top) < Decimal("3.55"))


def _rounded(number: Decimal, place: int) -> Decimal:
    """Return the number rounded at the digit of ``10**place``."""
    step = Decimal(1).scaleb(place)
    return (number / step).to_integral_value() * step


def _digits(number: Decimal, place: int, top: int = 0) -> str:
    """Write ``number / 10**top`` down to the digit of ``10**place``."""
    shown = number.scaleb(-top)
    # Zero is written without a sign.
    return f"{shown or abs(shown):,.{max(0, top - place)}f}"


def _bare(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
