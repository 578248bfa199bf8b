"""Other people's HTML, of which only what shows something is kept.

Scripts don't run in a report anyway; here goes what could look like the report itself,
lead somewhere else, or break the page: styles, forms, frames, identifiers, addresses.
"""

import re
from typing import Any

_TEXT = """a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl
dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small
span strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr"""
_DRAWINGS = """svg g path rect circle ellipse line polyline polygon text tspan title desc
defs clipPath linearGradient radialGradient stop marker pattern use"""
_SHAPES = """cx cy d dx dy fill fill-opacity fill-rule font-family font-size font-style
font-weight gradientTransform gradientUnits height offset opacity points preserveAspectRatio
r rx ry stop-color stop-opacity stroke stroke-dasharray stroke-linecap stroke-linejoin
stroke-opacity stroke-width text-anchor transform viewBox width x x1 x2 y y1 y2 role
aria-label"""
_FORMULAS = """math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded mphantom
msub msup msubsup munder mover munderover mtable mtr mtd"""
_STYLES = """background-color border border-bottom border-collapse border-color
border-left border-radius border-right border-style border-top border-width color display
font-family font-size font-style font-weight height line-height list-style-type margin
margin-bottom margin-left margin-right margin-top max-width min-width opacity overflow-x
padding padding-bottom padding-left padding-right padding-top text-align text-decoration
vertical-align white-space width fill stroke stroke-width"""
_SCRIPTED = re.compile(r"<\s*(?:script|iframe|object|embed|video|audio)\b", re.IGNORECASE)
_DRAWN = re.compile(r"<(?:img|svg|math|hr)\b")
_TAG = re.compile(r"<[^<>]*>")
_PICTURES = "data:image/"
_PICTURE = re.compile(r'<img(?=[\s>])(?:[^<>"]|"[^"]*")*>')
_WORDS = re.compile(r'\salt="([^"]*)"')


def cleaned(text: str) -> str:
    """Return HTML that shows what it showed and does nothing.

    Parameters
    ----------
    text : str
        From anywhere; what was left open in it is closed.

    Examples
    --------
    >>> cleaned('<b onclick="steal()">9 < 10<script>steal()</script>')
    '<b>9 &lt; 10</b>'
    """
    import nh3

    own: set[str] = {"class", "style", "title", "align"}
    attributes: dict[str, set[str]] = {
        "a": {"href"},
        "img": {"src", "alt", "width", "height"},
        "td": {"colspan", "rowspan", "headers"},
        "th": {"colspan", "rowspan", "scope"},
        "ol": {"start"},
        "math": {"display"},
        "*": own,
    }
    for tag in _DRAWINGS.split():
        attributes[tag] = set(_SHAPES.split())
    kept = nh3.clean(
        text,
        tags={*_TEXT.split(), *_DRAWINGS.split(), *_FORMULAS.split()},
        clean_content_tags={"script", "style", "iframe", "object", "noscript", "template"},
        attributes=attributes,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=set(_STYLES.split()),
        link_rel="noopener noreferrer",
    )
    return _PICTURE.sub(lambda found: _described(found[0]), kept)


def _described(picture: str) -> str:
    """Return a picture that says something, or the words of one that isn't there."""
    words = _WORDS.search(picture)
    if ' src="' not in picture:
        return f"<em>{_still_escaped(words[1])}</em>" if words and words[1] else ""
    return picture if words else picture.replace("<img", '<img alt=""', 1)


def _still_escaped(text: str) -> str:
    # In an attribute these may stand as they are.
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _kept(tag: str, attribute: str, value: str) -> Any:
    """Return what is left of an attribute; None is nothing."""
    if attribute == "src":
        return value if value.lower().startswith(_PICTURES) else None
    if attribute == "href":
        return None if value.lower().lstrip().startswith("data:") else value
    if attribute == "class":
        # Classes of the report's own would dress it as a part of the report.
        kept = [each for each in value.split() if each in _CLASSES]
        return " ".join(kept) or None
    if attribute == "style" and "(" in re.sub(r"rgba?\(", "", value):
        return None
    return value


_CLASSES = frozenset(("dataframe", "mclib-result", "aside", "warning"))


def shows(text: str) -> bool:
    """Whether cleaned HTML has anything that a reader sees."""
    return _DRAWN.search(text) is not None or bool(_TAG.sub("", text).strip())


def had_scripts(text: str) -> bool:
    """Whether HTML needed scripts or frames of its own."""
    return _SCRIPTED.search(text) is not None
