"""Charts: a result or several in, a figure out.

Every figure is an ordinary plotly figure and an ordinary widget. Its traces are made of
counts and quantiles, at most 200 numbers each, so that it is drawn as fast at a billion
trials as at a thousand; only `scatter` shows trials, as many as it is told.
"""

from mclib.plots.boxes import box, violin
from mclib.plots.comparisons import difference, overlay
from mclib.plots.curves import cumulative, exceedance
from mclib.plots.drivers import driver_bars, spider, tornado
from mclib.plots.effects import screening, share_bars
from mclib.plots.exporting import save
from mclib.plots.fits import fit_check
from mclib.plots.histograms import histogram, redraw_histogram, set_delimiters
from mclib.plots.histories import convergence
from mclib.plots.matrices import correlations
from mclib.plots.means import means
from mclib.plots.paths import fan
from mclib.plots.previews import distribution, show_distribution
from mclib.plots.scatters import scatter
from mclib.plots.schedules import gantt

__all__ = [
    "box",
    "convergence",
    "correlations",
    "cumulative",
    "difference",
    "distribution",
    "driver_bars",
    "exceedance",
    "fan",
    "fit_check",
    "gantt",
    "histogram",
    "means",
    "overlay",
    "redraw_histogram",
    "save",
    "scatter",
    "screening",
    "set_delimiters",
    "share_bars",
    "show_distribution",
    "spider",
    "tornado",
    "violin",
]
