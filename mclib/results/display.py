"""Results as people see them: an aligned table as text, and one with drawings as HTML."""

import html
from collections.abc import Mapping, Sequence
from datetime import timedelta

from mclib.results.formatting import plain
from mclib.results.pictures import histogram_svg
from mclib.results.provenance import Provenance
from mclib.results.tables import TABLE_QUANTILES, Row, label

_HEADINGS = ("", "mean (95 %)", "standard deviation", *map(label, TABLE_QUANTILES))

# The page's own colors, so that it reads in JupyterLab's light and dark themes alike.
STYLE = """<style>
.mclib-result{color:var(--jp-ui-font-color1,inherit);font-size:13px;line-height:1.4}
.mclib-result table{border-collapse:collapse;border:0;margin:4px 0}
.mclib-result th,.mclib-result td{padding:3px 12px 3px 0;text-align:right;
font-variant-numeric:tabular-nums;white-space:nowrap;background:none;color:inherit;
border:0}
.mclib-result thead th{border-bottom:1px solid;font-weight:600}
.mclib-result tbody th,.mclib-result th:first-child{text-align:left}
.mclib-result svg{display:block}
.mclib-result p{margin:4px 0}
.mclib-result .aside{opacity:.75}
.mclib-result .warning{border-left:3px solid #D55E00;padding-left:8px}
</style>"""


def result_text(rows: Sequence[Row], provenance: Provenance) -> str:
    """Table of outputs in characters, with warnings and where the numbers come from."""
    cells = [list(_HEADINGS), *(_cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(_HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    return "\n".join([*lines, *warnings_of(rows, provenance), origin(provenance)])


def result_html(rows: Sequence[Row], provenance: Provenance) -> str:
    """Table of outputs, each with its histogram; warnings; where the numbers come from."""
    head = "".join(f'<th scope="col">{each}</th>' for each in (*_HEADINGS, ""))
    body = "".join(_line(row) for row in rows)
    warnings = "".join(
        f'<p class="warning">{html.escape(each)}</p>'
        for each in warnings_of(rows, provenance)
    )
    return (
        f'{STYLE}<div class="mclib-result"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>{warnings}"
        f'<p class="aside">{html.escape(origin(provenance))}</p></div>'
    )


def trial_html(
    index: int, inputs: Mapping[str, float], outputs: Mapping[str, float]
) -> str:
    """Two small tables: what went into a trial and what came out."""
    parts = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{plain(value)}</td>'
        f'<td class="aside" style="text-align:left">{kind}</td></tr>'
        for kind, values in (("input", inputs), ("output", outputs))
        for name, value in values.items()
    )
    return (
        f'{STYLE}<div class="mclib-result"><p>Trial {index:,}</p>'
        f"<table><tbody>{parts}</tbody></table></div>"
    )


def duration(elapsed: timedelta) -> str:
    """Write how long something took: ``0.84 s``, ``2 min 5 s``, ``1 h 12 min``."""
    seconds = elapsed.total_seconds()
    if seconds < 60.0:
        return f"{seconds:.2g} s" if seconds < 10.0 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _cells(row: Row) -> list[str]:
    mean = str(row.mean).removesuffix(" (95 %)")
    others = (row.standard_deviation, *row.quantiles)
    return [row.name, mean, *(each.rounded() for each in others)]


def _line(row: Row) -> str:
    name, *numbers = (html.escape(each) for each in _cells(row))
    cells = "".join(f"<td>{each}</td>" for each in numbers)
    return f'<tr><th scope="row">{name}</th>{cells}<td>{histogram_svg(row)}</td></tr>'


def warnings_of(rows: Sequence[Row], provenance: Provenance) -> list[str]:
    """Return what there is to warn of: trials without a number, a run that was stopped."""
    found = [row.warning for row in rows if row.warning is not None]
    if provenance.interrupted:
        found.insert(0, f"Interrupted after {provenance.n_trials:,} trials.")
    return found


def origin(provenance: Provenance) -> str:
    """Say in one line where numbers come from."""
    return " · ".join(
        (
            f"{provenance.model_name} {provenance.model_hash[:12]}",
            f"{provenance.n_trials:,} trials",
            f"seed {provenance.seed}",
            *((provenance.sampler,) if provenance.sampler != "independent" else ()),
            f"{provenance.engine} {provenance.precision} on {provenance.device}",
            duration(provenance.elapsed),
        )
    )
