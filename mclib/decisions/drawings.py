"""A decision tree as people read it: nested lines as text, nested lists as HTML.

What is chosen is said in a word, and not by a color alone; nesting is that of lists, so
that a screen reader tells how deep it is.
"""

import html
from collections.abc import Iterator
from itertools import islice

from mclib.decisions.branches import End
from mclib.decisions.rolling import Rolled
from mclib.results.estimate import Estimate
from mclib.results.formatting import plain

_MOST_LINES = 200

# The page's own colors, so that it reads in JupyterLab's light and dark themes alike.
_STYLE = """<style>
.mclib-tree{color:var(--jp-ui-font-color1,inherit);font-size:13px;line-height:1.6;
overflow-wrap:anywhere}
.mclib-tree ul{list-style:none;margin:0;padding:0 0 0 1.1em;border-left:1px solid}
.mclib-tree>ul{padding-left:0;border-left:0}
.mclib-tree li{margin:2px 0;padding:0}
.mclib-tree .worth{font-variant-numeric:tabular-nums}
.mclib-tree p{margin:4px 0}
</style>"""


def drawing_text(rolled: Rolled, risk_tolerance: float | None) -> str:
    """Return a tree with its values, a line for each branch."""
    lines = [_caption(risk_tolerance)]
    for level, each in islice(_walk(rolled, 0), _MOST_LINES):
        mark = "* " if each.is_chosen else "  "
        lines.append("  " * level + mark + " ".join(filter(None, _words(each))))
    return "\n".join([*lines, *_rest(rolled)])


def drawing_html(rolled: Rolled, risk_tolerance: float | None) -> str:
    """Return a tree with its values, as lists within lists."""
    # Without a role, VoiceOver takes lists without bullets for no lists.
    body, depth = [], -1
    for level, each in islice(_walk(rolled, 0), _MOST_LINES):
        if level > depth:
            body.append('<ul role="list">')
        else:
            body.append("</li>" + "</ul></li>" * (depth - level))
        depth = level
        body.append("<li>" + _item(each))
    body.append("</li></ul>" * (depth + 1))
    notes = "".join(
        f"<p>{html.escape(each)}</p>" for each in [_caption(risk_tolerance), *_rest(rolled)]
    )
    return f'{_STYLE}<div class="mclib-tree">{notes}{"".join(body)}</div>'


def _walk(rolled: Rolled, level: int) -> Iterator[tuple[int, Rolled]]:
    yield level, rolled
    for part in rolled.parts:
        yield from _walk(part, level + 1)


def _item(each: Rolled) -> str:
    name, cost, kind, worth, chosen = map(html.escape, _words(each))
    if each.is_chosen:
        name = f"<strong>{name}</strong>"
    words = [name, cost, kind, f'<span class="worth">{worth}</span>', chosen]
    return " ".join(filter(None, words))


def _words(each: Rolled) -> tuple[str, str, str, str, str]:
    name = each.branch.name
    if each.probability is not None:
        name = f"{plain(each.probability)} {name}"
    cost = f"(pays {plain(each.branch.cost)})" if each.branch.cost else ""
    worth = _number(each.worth)
    fork = each.branch.then
    if isinstance(fork, End):
        name, kind = f"{name}:", fork.name and f"{fork.name}, worth"
    else:
        kind = f"{'decision' if fork.is_decision else 'chance'} {fork.name}".strip()
        name, kind = f"{name}:" if name else "", f"{kind}, worth"
    if cost:
        name, cost = name.removesuffix(":"), f"{cost}:"
    return name, cost, kind, worth, "(best)" if each.is_chosen else ""


def _number(worth: Estimate) -> str:
    return str(worth) if worth.n_trials else plain(worth.value)


def _caption(risk_tolerance: float | None) -> str:
    what = "Expected values"
    if risk_tolerance is not None:
        what = f"Certainty equivalents for a risk tolerance of {plain(risk_tolerance)}"
    return f"{what}, net of what was paid on the way"


def _rest(rolled: Rolled) -> list[str]:
    n = sum(1 for _ in _walk(rolled, 0)) - _MOST_LINES
    return [f"{n:,} more branches are not shown."] if n > 0 else []
