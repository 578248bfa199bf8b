"""The words of a dashboard, in English and in German.

A text is looked up by its English; numbers are written alike in all languages.
"""

import functools
import json
import re
from pathlib import Path

from mclib.errors import law

_GROUPS = {
    sign: re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+") for sign in ",."
}

LANGUAGES = {"en": None, "de": "german.json"}


class Words:
    """How a language says what is written in English, and reads a number.

    Raises
    ------
    ArgumentError
        If the language is neither ``"en"`` nor ``"de"``.

    Examples
    --------
    >>> german = Words("de")
    >>> german("Undo"), german.number("1.234,5"), Words("en").number("1,234.5")
    ('Rückgängig', 1234.5, 1234.5)
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise law("language", f"be one of {', '.join(LANGUAGES)}", language)
        self.language = language
        self._known = catalogue(language)

    def __call__(self, text: str) -> str:
        """Return an English text in this language."""
        return self._known.get(text, text)

    def number(self, text: str) -> float:
        """Return the number that somebody has typed; `ValueError` if it is none."""
        bare = text.strip().replace("_", "").replace("\u00a0", "")
        group, point = (".", ",") if self.language == "de" and "," in bare else (",", ".")
        whole, *rest = bare.split(point)
        # A comma that isn't before three digits is somebody's decimal sign, and no 15.
        if group in bare and not _GROUPS[group].fullmatch(whole):
            raise ValueError(text)
        value = float(".".join([whole.replace(group, ""), *rest]))
        if not abs(value) < float("inf"):
            raise ValueError(text)
        return value


@functools.cache
def catalogue(language: str) -> dict[str, str]:
    """Return what a language says, by its English."""
    name = LANGUAGES[language]
    if name is None:
        return {}
    known: dict[str, str] = json.loads((Path(__file__).parent / name).read_text("utf-8"))
    return known
