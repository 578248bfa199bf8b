"""A page as a PDF, by the Chromium of this machine."""

import secrets
import tempfile
from pathlib import Path

from mclib.errors import MclibError, law
from mclib.plots.browsers import VARIABLE, browse

_PAPER = "<style>@page { size: A4; margin: 14mm }</style></head>"
_CONTENT_WIDTH = 688
"""Of A4 less its margins, in pixels: what is drawn wider is cut on both sides."""

_WAY_OUT = (
    "`apt install chromium` has one, or name another in "
    f"`{VARIABLE}`; any browser's *Print* makes a PDF of the page too."
)


def print_page(page: Path, target: Path) -> None:
    """Write a page as a PDF.

    Parameters
    ----------
    page : Path
        A page that `mclib.report` or ``python -m mclib.reports`` has made.
    target : Path
        Where to; ends in ``.pdf``. A file that is there is replaced.

    Raises
    ------
    ArgumentError
        If there is no such page, or the target ends otherwise or lies nowhere.
    MclibError
        If no Chromium is installed, or it gives no PDF.
    """
    if not page.is_file():
        raise law("page", "be a file", str(page))
    if target.suffix.lower() != ".pdf" or not target.parent.is_dir():
        raise law("target", "end in .pdf and lie in a folder that exists", str(target))
    # Drafted beside the target and then renamed: nobody reads half a document.
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with tempfile.TemporaryDirectory() as folder:
        paper = Path(folder) / "page.html"
        html = page.read_text("utf-8")
        paper.write_text(html.replace("</head>", _PAPER, 1), "utf-8")
        arguments = [
            f"--window-size={_CONTENT_WIDTH},1000",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--print-to-pdf={draft.resolve()}",
            paper.as_uri(),
        ]
        try:
            browse("a PDF", _WAY_OUT, arguments)
            if not draft.is_file() or not draft.read_bytes().startswith(b"%PDF"):
                raise MclibError("Chromium must print the page; it gave no PDF.")
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
