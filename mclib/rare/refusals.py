"""What isn't asked of weighted trials, and what to ask in its place.

Each line is one that a result of `mc.simulate` answers. An answer here would be one about
trials that count the same, without a word about the weights.
"""

from collections.abc import Mapping

from mclib.errors import ArgumentError

_EXTREMES = "`quantile` with an order near the end"
_BARS = "`histogram()`, which has shares and their errors"

REFUSED_OF_OUTPUTS: Mapping[str, str] = {
    "minimum": _EXTREMES,
    "maximum": _EXTREMES,
    "mode": "`histogram()`, and look for the highest bar",
    "tolerance_bound": "`quantile(q).interval(level)`",
    "tolerance_interval": "`interval(coverage)`",
    "sample": "`to_frame()` of the run, which has the weights beside the outcomes",
    "non_finite": "`n_left_out`",
    "row": _BARS,
    "plot": _BARS,
}
"""What `Output` has and `WeightedOutput` hasn't."""

REFUSED_OF_HISTOGRAMS: Mapping[str, str] = {"counts": "`shares`"}
"""What `Histogram` has and `WeightedHistogram` hasn't."""

REFUSED: Mapping[str, str] = {
    "save": "`to_frame().to_parquet(path)`, or pickle it",
}
"""What `Result` has and `Weighted` hasn't."""


def refuse(name: str, refused: Mapping[str, str], kind: str) -> Exception:
    """Return what is raised for an attribute that isn't there.

    Parameters
    ----------
    name : str
        Of the attribute.
    refused : mapping of str to str
        Attributes that others have, and what to write in their place.
    kind : str
        The class that was asked.
    """
    if name not in refused:
        return AttributeError(f"{kind!r} object has no attribute {name!r}")
    return Refused(
        f"`{name}` must be asked of trials that count the same; these have weights.\n"
        f"hint: write {refused[name]}."
    )


class Refused(ArgumentError, AttributeError):
    """What was asked has no meaning for trials with weights; `hasattr` says so."""
