"""Small pieces of HTML; every text that comes in goes out escaped."""

import html
import re
from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """Write a text so that a browser shows it and obeys none of it."""
    return html.escape(str(text), quote=True)


def paragraphs(text: str) -> str:
    """Plain text as paragraphs: an empty line begins another one."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return "".join(f"<p>{escaped(part)}</p>" for part in parts if part)


def heading(level: int, text: str, name: str) -> str:
    """Heading that the table of contents can lead to."""
    return f'<h{level} id="{name}">{escaped(text)}</h{level}>'


def table(
    caption: str, headings: Sequence[str], lines: Iterable[Sequence[str]], kind: str = ""
) -> str:
    """Table with a caption; the first cell of a line is its heading.

    Parameters
    ----------
    caption : str
        What the table says.
    headings : sequence of str
        One for each column.
    lines : iterable of sequence of str
        Cells, as HTML.
    kind : str
        A class for the style sheet.
    """
    head = "".join(f'<th scope="col">{escaped(each)}</th>' for each in headings)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td>{cell}</td>" for cell in others)
        + "</tr>"
        for first, *others in lines
    )
    # What is wider than a phone is scrolled, by the keyboard too.
    return (
        f'<div class="scrolled" tabindex="0" role="region" aria-label="{escaped(caption)}">'
        f'<table class="{kind}"><caption>{escaped(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, content: str) -> str:
    """Content that is shown when somebody asks for it."""
    return f"<details><summary>{escaped(summary)}</summary>{content}</details>"
