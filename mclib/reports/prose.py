"""Markdown as HTML: headings that the contents lead to, formulas without a script."""

import base64
import html
import re
from collections.abc import Callable, Mapping
from typing import Any

from mclib.reports.foreign import cleaned
from mclib.reports.markup import escaped

Titled = Callable[[int, str], str]
"""From a heading's level and text to its HTML."""

# Characters of nobody's writing, which mark where something comes in after cleaning.
_OPEN_FORMULA, _OPEN_TITLE, _END = "\ue000", "\ue001", "\ue002"
_MARKS = re.compile("[\ue000-\ue002]")
_FORMULA = re.compile(f"{_OPEN_FORMULA}(\\d+){_END}")
_TITLE = re.compile(f"<p>{_OPEN_TITLE}(\\d+){_END}</p>")
_TAG = re.compile(r'<[^<>"]*(?:"[^"]*"[^<>"]*)*>')


def markdown(
    text: str,
    attachments: Mapping[str, Mapping[str, str]] | None = None,
    titled: Titled = lambda level, text: f"<h{level}>{escaped(text)}</h{level}>",
) -> str:
    r"""Return Markdown as a browser shows it.

    Parameters
    ----------
    text : str
        With formulas between dollars, as Jupyter has it.
    attachments : mapping, optional
        Pictures of a cell, by name and type, in Base64.
    titled : callable, optional
        What becomes of a heading.

    Examples
    --------
    >>> markdown("## A *plan*")
    '<h2>A plan</h2>\n'
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    formulas: list[tuple[str, bool]] = []
    titles: list[tuple[int, str]] = []

    def kept(body: str, *, is_block: bool) -> str:
        formulas.append((body, is_block))
        return f"{_OPEN_FORMULA}{len(formulas) - 1}{_END}"

    class Renderer(IPythonRenderer):  # type: ignore[misc]
        """Jupyter's own; formulas and headings are kept apart until all else is cleaned."""

        def heading(self, text: str, level: int, **_: Any) -> str:
            titles.append((level, _FORMULA.sub(lambda at: formulas[int(at[1])][0], text)))
            return f"<p>{_OPEN_TITLE}{len(titles) - 1}{_END}</p>\n"

        def block_math(self, body: str) -> str:
            return kept(body, is_block=True)

        def inline_math(self, body: str) -> str:
            return kept(body, is_block=False)

        def latex_environment(self, name: str, body: str) -> str:
            return kept(rf"\begin{{{name}}}{body}\end{{{name}}}", is_block=True)

    pictures = {name: dict(kinds) for name, kinds in (attachments or {}).items()}
    text = _MARKS.sub("", text)
    # A picture that isn't there is its words and no more.
    for name in set(re.findall(r"attachment:([^)\s\"]+)", text)) - set(pictures):
        text = text.replace(f"attachment:{name}", "missing")
    renderer = Renderer(escape=False, exclude_anchor_links=True, attachments=pictures)
    shown = cleaned(MarkdownWithMath(renderer=renderer).render(text))
    # Within a tag, as in the words of a picture, nothing may come in.
    shown = _TAG.sub(lambda tag: _MARKS.sub("", _FORMULA.sub("", tag[0])), shown)
    shown = _TITLE.sub(lambda at: _titled(titles[int(at[1])], titled), shown)
    return _FORMULA.sub(lambda at: _formula(formulas[int(at[1])]), shown)


def _titled(title: tuple[int, str], titled: Titled) -> str:
    level, text = title
    return titled(level, without_tags(text))


def _formula(kept: tuple[str, bool]) -> str:
    body, is_block = kept
    return formula(body, is_block=is_block)


def formula(text: str, *, is_block: bool) -> str:
    r"""Return TeX as MathML, which browsers draw by themselves.

    What can't be read stays as it was written.

    Examples
    --------
    >>> formula(r"\sqrt{x}", is_block=False)[:49]
    '<math xmlns="http://www.w3.org/1998/Math/MathML" '
    """
    from latex2mathml.converter import convert

    try:
        drawn = convert(text.strip(), display="block" if is_block else "inline")
    except Exception:
        # Whatever it stumbled over, the text is there.
        return f'<code class="formula">{escaped(text.strip())}</code>'
    return f'<span class="formula">{drawn}</span>' if is_block else drawn


def without_tags(text: str) -> str:
    """Return HTML as plain text."""
    return html.unescape(re.sub(r"<[^<>]*>", "", text)).strip()


def picture(kind: str, data: str, words: str) -> str:
    """Picture in the page itself.

    Parameters
    ----------
    kind : str
        Such as ``image/png``.
    data : str
        In Base64; SVG as it is.
    words : str
        What it shows, for those who don't see it.
    """
    if kind == "image/svg+xml":
        # As an image it can neither run a script nor load anything.
        data = base64.b64encode(data.encode()).decode()
    coded = re.sub(r"[^A-Za-z0-9+/=]", "", data)
    return f'<img src="data:{kind};base64,{coded}" alt="{escaped(words)}">'


def ansi(text: str) -> str:
    """Return a terminal's text with its colors."""
    from nbconvert.filters.ansi import ansi2html

    return str(ansi2html(text))


def highlighted(source: str) -> str:
    """Return Python with its words told apart."""
    from nbconvert.filters.highlight import Highlight2HTML

    shown: Any = Highlight2HTML(pygments_lexer="ipython3")(source)
    return str(shown)


def made_ready() -> None:
    """Load what draws text, so that to draw it takes no longer than that."""
    markdown("`a` $x$")
    highlighted("a")
