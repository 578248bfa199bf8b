"""A report that is written: shown in a line, saved whole or not at all."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from mclib.errors import law
from mclib.reports.markup import escaped
from mclib.results.drafts import checked_target, drafted


@dataclass(frozen=True)
class Report:
    """One HTML page about a result or several, which needs no network and no kernel.

    Attributes
    ----------
    title : str
        At its top.
    html : str
        The whole page.
    n_charts : int
        How many charts it has.
    path : Path or None
        Where it was saved, if it was.
    """

    title: str
    html: str = field(repr=False)
    n_charts: int
    path: Path | None = None

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> "Report":
        """Write the page to a file, all of it or nothing.

        Parameters
        ----------
        path : path
            Ending in ``.html``.
        overwrite : bool, default False
            Whether a file that is there may be replaced.

        Returns
        -------
        Report
            This one, with its `path`.

        Raises
        ------
        ArgumentError
            If there is a file already, its folder is missing, or it ends otherwise.
        """
        target = checked_path(path, overwrite=overwrite)
        with drafted(target) as draft:
            draft.write_text(self.html, "utf-8", newline="\n")
        return Report(self.title, self.html, self.n_charts, target)

    def _repr_html_(self) -> str:
        """Say what it is: the page itself, 5 MB long, doesn't belong into a notebook."""
        size = f"{len(self.html.encode()) / 1e6:.1f} MB"
        kind = f"one page, {self.n_charts} charts, {size}"
        where = 'not saved yet: <code>report.save("report.html")</code>'
        if self.path is not None:
            # Notebooks open what lies beside them by a link without a folder.
            name = escaped(self.path.as_posix())
            where = f'<a href="{name}" target="_blank" rel="noopener">{name}</a>'
        return f"<p>Report <b>{escaped(self.title)}</b>: {kind}; {where}</p>"


def checked_path(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return where a page may be written.

    Raises
    ------
    ArgumentError
        If there is a file already, its folder is missing, or it ends otherwise.
    """
    if Path(path).suffix.lower() != ".html":
        raise law("path", "end in .html", str(path))
    return checked_target(path, overwrite=overwrite)
