"""A distribution as a small drawing: plain SVG, light or dark like its page."""

import html
import math
from typing import Any

import numpy as np

_WIDTH, _HEIGHT = 240.0, 56.0
_BARS = 60
_BAR, _TAIL = "#0072B2", "#8c8c8c"


def distribution_html(shown: Any) -> str:
    """Return what a notebook shows of a distribution: its numbers and its bars.

    Parameters
    ----------
    shown : Distribution
        With numbers as parameters.
    """
    inside = np.asarray(shown.quantile(np.linspace(0.005, 0.995, 199)))
    low, middle, high = (float(x) for x in shown.quantile([0.05, 0.5, 0.95]))
    if abs(middle) < 1e-9 * (high - low):
        # A center of 0 that rounding has moved.
        middle = 0.0
    said = f"median {_short(middle)}, 90 % between {_short(low)} and {_short(high)}"
    alt = html.escape(f"{shown!r}: {said}", quote=True)
    edges = _edges(inside)
    heights = np.diff(np.asarray(shown.cdf(edges)))
    middles = (edges[:-1] + edges[1:]) / 2.0
    is_tail = (middles < low) | (middles > high)
    bars = _path(heights, ~is_tail, _BAR) + _path(heights, is_tail, _TAIL)
    mean = shown.mean
    numbers = f"mean {_short(mean)}, " if math.isfinite(mean) else ""
    return (
        f'<div style="line-height:1.4"><code>{html.escape(repr(shown))}</code><br>'
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" '
        f'height="{_HEIGHT:g}" role="img" aria-label="{alt}"><title>{alt}</title>{bars}'
        f'<path d="M0 {_HEIGHT - 0.5}H{_WIDTH:g}" stroke="currentColor" '
        f'stroke-opacity="0.4"/></svg><br>{numbers}{said}</div>'
    )


def _edges(inside: Any) -> Any:
    low, high = float(inside[0]), float(inside[-1])
    if np.all(inside == np.round(inside)) and high - low < _BARS:
        return np.arange(low - 0.5, high + 1.0)
    if not low < high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, _BARS + 1)


def _path(heights: Any, chosen: Any, color: str) -> str:
    room, top = _WIDTH / len(heights), float(heights.max()) or 1.0
    steps = "".join(
        f"M{at * room + 0.05 * room:.2f} {_HEIGHT - 1:g}v-{tall:.2f}"
        f"h{0.9 * room:.2f}v{tall:.2f}z"
        for at in np.flatnonzero(chosen & (heights > 0.0))
        if (tall := float(heights[at]) / top * (_HEIGHT - 4.0))
    )
    return f'<path d="{steps}" fill="{color}"/>' if steps else ""


def _short(value: float) -> str:
    return f"{value:,.4g}"
