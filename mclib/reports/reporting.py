"""Results as a page to hand on."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mclib.errors import law
from mclib.reports.drawings import CHARTS, drawing_of, unknown_chart
from mclib.reports.page import page
from mclib.reports.report import Report, checked_path
from mclib.reports.writing import Writing
from mclib.results.result import Result


def report(
    results: Result | Mapping[str, Result],
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    text: str = "",
    outputs: Sequence[str] | None = None,
    charts: Sequence[Any] | None = None,
    units: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Report:
    """Write a result, or several, as one HTML page that needs nothing else.

    Parameters
    ----------
    results : Result or mapping of str to Result
        What to report, loaded from a file or not; several by name.
    path : path, optional
        Where to; ends in ``.html``. Without it nothing is written before `Report.save`.
    title : str, optional
        By default the names of the models.
    text : str, default ""
        Plain text at the top; an empty line begins a paragraph. It is shown as it is: HTML
        and Markdown in it mean nothing.
    outputs : sequence of str, optional
        Which outputs, in this order; by default all of them.
    charts : sequence of str or Figure, optional
        Names are charts of every output: ``"histogram"``, ``"cumulative"``,
        ``"exceedance"``, ``"tornado"``. Figures, such as `mclib.plots` draws, come behind.
        By default a histogram, a cumulative curve and, where trials are there to tell, a
        tornado.
    units : mapping of str to str, optional
        Unit by output; ``"%"`` shows shares in percent.
    overwrite : bool, default False
        Whether a file that is there may be replaced.

    Returns
    -------
    Report
        The page: ``.html``, ``.path``, ``.save(path)``.

    Raises
    ------
    ArgumentError
        If there is a file already, there is no such output or chart, or a chart that was
        asked for by name can't be drawn.
    MclibError
        If plotly isn't installed.

    Notes
    -----
    The page has each output's statistics with standard errors, charts that answer to the
    mouse, and everything that is needed to get the same numbers again, the model's source
    included. It follows the reader's light or dark theme, prints, and fits a phone. Its
    Content-Security-Policy forbids every request. It is as long as plotly.js, about 5 MB,
    and 10 to 20 KB for each chart.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
    ...     return {"revenue": units * price}
    >>> result = mc.simulate(sales, 100_000, seed=7)
    >>> page = mc.report(result, title="Next year", units={"revenue": "EUR"})
    >>> page.n_charts, page.html[:15]
    (3, '<!DOCTYPE html>')
    """
    named = _named(results)
    if path is not None:
        # Before anything is computed.
        checked_path(path, overwrite=overwrite)
    kinds, figures = _chosen(charts)
    writing = Writing(_units(units, named.values()))
    writing.text(_text("text", text))
    if len(named) > 1:
        for name, result in named.items():
            writing.title(2, name)
            writing.result(result, _outputs(outputs, result), kinds, 3)
            writing.origins(result, 3)
        writing.figures(figures, 2)
    else:
        (result,) = named.values()
        writing.result(result, _outputs(outputs, result), kinds, 2)
        writing.figures(figures, 2)
        writing.origins(result, 2)
    models = dict.fromkeys(each.provenance.model_name for each in named.values())
    headed = ", ".join(models) if title is None else _text("title", title)
    dated = f"Written on {datetime.now(UTC):%Y-%m-%d at %H:%M} UTC"
    body = "".join(writing.parts)
    html = page(headed, dated, body, writing.headings, writing.drawings)
    written = Report(headed, html, len(writing.drawings))
    return written if path is None else written.save(path, overwrite=overwrite)


def _named(results: Any) -> Mapping[str, Result]:
    if isinstance(results, Result):
        return {results.provenance.model_name: results}
    is_mapping = isinstance(results, Mapping) and len(results) > 0
    if not is_mapping or not all(isinstance(each, Result) for each in results.values()):
        hint = 'write `mc.report({"base": result, "taxed": other})`.'
        raise law("results", "be a result, or a mapping of names to results", results, hint)
    return {str(name): each for name, each in results.items()}


def _text(name: str, text: Any) -> str:
    if not isinstance(text, str):
        raise law(name, "be a text", text)
    return text


def _outputs(outputs: Sequence[str] | None, result: Result) -> list[str]:
    if outputs is None:
        return list(result)
    if isinstance(outputs, str) or not outputs:
        raise law("outputs", "list names of outputs", outputs, f"write `[{outputs!r}]`.")
    return [result[name].name for name in dict.fromkeys(outputs)]


def _units(units: Any, results: Iterable[Result]) -> Mapping[str, str]:
    if units is None:
        return {}
    if not isinstance(units, Mapping):
        raise law("units", "be a mapping of outputs to units", units)
    known = {name for result in results for name in result}
    for name, unit in units.items():
        if name not in known:
            raise law("units", f"name outputs ({', '.join(sorted(known))})", name)
        _text(f"units[{name!r}]", unit)
    return units


def _chosen(charts: Any) -> tuple[list[str] | None, list[Any]]:
    """Return names of charts, None for the usual ones, and figures."""
    if charts is None:
        return None, []
    if isinstance(charts, str) or not isinstance(charts, Sequence):
        raise law("charts", "be a list", charts, f"write `[{charts!r}]`.")
    for each in charts:
        if isinstance(each, str) and each not in CHARTS:
            raise unknown_chart(each)
        if not isinstance(each, str):
            drawing_of(each)
    kinds = list(dict.fromkeys(filter(_is_name, charts)))
    return kinds, [each for each in charts if not _is_name(each)]


def _is_name(chart: Any) -> bool:
    return isinstance(chart, str)
