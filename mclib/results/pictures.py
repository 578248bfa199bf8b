"""A histogram as a small drawing inside a table: plain SVG, light or dark like its page."""

import html

import numpy as np

from mclib.results.tables import TABLE_QUANTILES, Row, label
from mclib.statistics.histogram import Histogram

_WIDTH, _HEIGHT, _BASE = 240.0, 56.0, 44.0
_WIDEST_BAR = 24.0
# Labels nearer to each other than this would overlap, and so would one with the edge.
_LABEL = 24.0
_BAR, _TAIL = "#0072B2", "#8c8c8c"


def description(row: Row) -> str:
    """Say what a histogram shows: ``profit: median 20.1, 90 % between 10.4 and 38.7``."""
    low, middle, high = (each.rounded() for each in row.quantiles)
    return f"{row.name}: median {middle}, 90 % between {low} and {high}"


def histogram_svg(row: Row) -> str:
    """Draw the histogram of an output, its outer 5 % on each side in grey."""
    if row.histogram is None:
        return ""
    quantiles = [float(each) for each in row.quantiles]
    alt = html.escape(description(row), quote=True)
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" width="{_WIDTH:g}" '
        f'height="{_HEIGHT:g}" role="img" aria-label="{alt}"><title>{alt}</title>'
        f"{_bars(row.histogram, quantiles[0], quantiles[-1])}"
        f'<path d="M0 {_BASE + 0.5}H{_WIDTH:g}" stroke="currentColor" '
        f'stroke-opacity="0.4"/>{_marks(row.histogram, quantiles)}</svg>'
    )


def _bars(histogram: Histogram, low: float, high: float) -> str:
    """All bars as two paths, the middle and the tails."""
    heights = histogram.counts / max(1, int(histogram.counts.max())) * (_BASE - 2.0)
    room = _WIDTH / len(heights)
    width = min(0.9 * room, _WIDEST_BAR)
    middles = (histogram.edges[:-1] + histogram.edges[1:]) / 2.0
    is_tail = (middles < low) | (middles > high)
    paths = []
    for chosen, color in ((~is_tail, _BAR), (is_tail, _TAIL)):
        steps = "".join(
            f"M{(at + 0.5) * room - width / 2.0:.2f} {_BASE:g}v-{heights[at]:.2f}"
            f"h{width:.2f}v{heights[at]:.2f}z"
            for at in np.flatnonzero(chosen & (heights > 0.0))
        )
        if steps:
            paths.append(f'<path d="{steps}" fill="{color}"/>')
    return "".join(paths)


def _marks(histogram: Histogram, quantiles: list[float]) -> str:
    """Ticks at the quantiles and their names, those of neighbours together."""
    start, end = float(histogram.edges[0]), float(histogram.edges[-1])
    shares = [(value - start) / (end - start) for value in quantiles]
    places = [min(max(share, 0.0), 1.0) * _WIDTH for share in shares]
    ticks = "".join(f"M{x:.2f} {_BASE:g}v3" for x in places)
    groups: list[tuple[list[float], list[str]]] = []
    for x, q in zip(places, TABLE_QUANTILES, strict=True):
        if groups and x - groups[-1][0][-1] < _LABEL:
            groups[-1][0].append(x)
            groups[-1][1].append(label(q))
        else:
            groups.append(([x], [label(q)]))
    names = "".join(_name(sum(xs) / len(xs), ", ".join(words)) for xs, words in groups)
    return f'<path d="{ticks}" stroke="currentColor"/>{names}'


def _name(x: float, words: str) -> str:
    reach = _LABEL / 2.0 * (1 + words.count(","))
    at = min(max(x, reach), _WIDTH - reach)
    return (
        f'<text x="{at:.2f}" y="{_HEIGHT - 1:g}" text-anchor="middle" font-size="9" '
        f'fill="currentColor">{words}</text>'
    )
