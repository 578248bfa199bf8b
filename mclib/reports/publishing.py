"""A notebook handed to the reports service of the hub whose server this is."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mclib.errors import MclibError, law
from mclib.reports.making import read_notebook
from mclib.reports.markup import escaped
from mclib.reports.notebook_page import title_of
from mclib.reports.parameters import parameters_of, with_values
from mclib.reports.witness import is_watching

ADDRESS, TOKEN = "MCHUB_REPORTS_URL", "JUPYTERHUB_API_TOKEN"
"""Variables of a server: where its hub's reports are, and by what it is known there."""

_NOTEBOOK = "JPY_SESSION_NAME"
"""Where Jupyter says which notebook a session belongs to."""

_OPEN = ("queued", "starting", "running")
_SECONDS, _SECONDS_BETWEEN = 60.0, 2.0


@dataclass
class Publication:
    """A notebook on its way to being a report.

    Attributes
    ----------
    title : str
        Of the report.
    page : str
        Where it is, or will be, on the hub; empty while it is being made itself.
    job : int or None
        What runs it.
    """

    title: str
    page: str = ""
    job: int | None = None
    _known: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def state(self) -> str:
        """How it is by now, as the service says.

        That is ``"queued"``, ``"starting"``, ``"running"``, ``"done"``, ``"failed"`` or
        ``"canceled"``; in the run itself, ``"being made"``.
        """
        if self.job is None:
            return "being made"
        if self._known.get("state") in _OPEN:
            self._known = _asked("GET", f"api/jobs/{self.job}")
        return str(self._known["state"])

    def wait(self, seconds: float = 3_600.0) -> "Publication":
        """Wait until it is published.

        Raises
        ------
        MclibError
            If the notebook failed, it was canceled, or it isn't done by then.
        """
        deadline = time.monotonic() + seconds
        while self.state in _OPEN:
            if time.monotonic() > deadline:
                raise MclibError(
                    f"{self.title} must be published within {seconds:g} s; it is {self}."
                )
            time.sleep(_SECONDS_BETWEEN)
        if self.state in ("failed", "canceled"):
            raise MclibError(f"{self.title} wasn't published: {self._why()}")
        return self

    def _why(self) -> str:
        failure = self._known.get("failure")
        if failure:
            where = f"cell {failure['cell']} of {failure['of']}"
            return f"{where} raised {failure['name']}: {failure['text']}"
        return str(self._known.get("why") or self._known["state"])

    def __str__(self) -> str:
        state, cell = self.state, self._known.get("cell")
        at = f", cell {cell} of {self._known['of']}" if cell and state == "running" else ""
        return f"{state}{at}" + (f": {self.page}" if self.page else "")

    def _repr_html_(self) -> str:
        where = escaped(self.page)
        link = f'<a href="{where}" target="_blank" rel="noopener">{where}</a>'
        said = f"<b>{escaped(self.title)}</b>: {escaped(self.state)}"
        return f"<p>{said}{'; ' + link if self.page else ''}</p>"


def publish(
    title: str | None = None,
    *,
    notebook: str | os.PathLike[str] | None = None,
    groups: Sequence[str] = (),
    users: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    report: int | None = None,
    as_it_is: bool = False,
) -> Publication:
    """Publish a notebook on the hub: it is run afresh there, and its page is kept.

    Parameters
    ----------
    title : str, optional
        By default the notebook's own.
    notebook : path, optional
        Which, as it is saved; by default the one that calls this.
    groups, users : sequence of str, optional
        Who may read it besides its owner.
    parameters : mapping of str to bool, int, float or str, optional
        What it is run with; its own values where nothing is said.
    report : int, optional
        A report of one's own of which this is the next version.
    as_it_is : bool, default False
        Whether it isn't run: the page shows what the notebook holds, and says so.

    Returns
    -------
    Publication
        How it is and where it will be: ``.state``, ``.page``, ``.wait()``.

    Raises
    ------
    ArgumentError
        If there is no such notebook, or a parameter is wrong.
    MclibError
        If this is no server of a hub with reports, or the service refuses.

    Notes
    -----
    The notebook must be saved: what was changed since isn't known. It is run in a server
    of its own, of the same profile, in the folder where it lies. In that run, this function
    does nothing.

    Examples
    --------
    In a notebook on a server of the hub::

        published = mc.publish("Next year", groups=["finance"], parameters={"tax": 0.3})
        published.wait().page
    """
    if is_watching():
        return Publication(title or "This report")
    path = _path(notebook)
    book, _ = read_notebook(path)
    values = dict(parameters or {})
    with_values(parameters_of(book), values)
    told = {
        "title": title or title_of(book, path.stem),
        "notebook": json.loads(path.read_text("utf-8")),
        "parameters": values,
        "groups": _names("groups", groups),
        "users": _names("users", users),
        "as_it_is": bool(as_it_is),
        "folder": _folder(path),
        **({} if report is None else {"report": report}),
    }
    known = _asked("POST", "api/reports", told)
    return Publication(str(told["title"]), known["page"], known["job"], known)


def _path(notebook: str | os.PathLike[str] | None) -> Path:
    if notebook is not None:
        return Path(notebook)
    named = os.environ.get(_NOTEBOOK, "")
    if not named.endswith(".ipynb") or not Path(named).is_file():
        hint = 'name it, as in `notebook="launch.ipynb"`.'
        raise law("notebook", "be named where Jupyter doesn't say which it is", None, hint)
    return Path(named)


def _names(name: str, given: Any) -> list[str]:
    if isinstance(given, str) or not all(isinstance(each, str) for each in given):
        raise law(name, "list names", given, f"write `{name}=[{given!r}]`.")
    return list(given)


def _folder(path: Path) -> str:
    """Where a notebook lies below the home, which is where it is run."""
    home, folder = Path.home().resolve(), path.resolve().parent
    return folder.relative_to(home).as_posix() if folder.is_relative_to(home) else ""


def _asked(method: str, path: str, content: Any = None) -> dict[str, Any]:
    address, token = os.environ.get(ADDRESS), os.environ.get(TOKEN)
    if not address or not token:
        message = (
            "publishing must be done in a server of a hub that has reports; "
            f"`{ADDRESS if not address else TOKEN}` isn't set here.\n"
            'hint: `mc.report(result, "page.html")` and `python -m mclib.reports run` make '
            "the same page on any machine."
        )
        raise MclibError(message)
    request = urllib.request.Request(
        f"{address.rstrip('/')}/{path}",
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            read: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        raise MclibError(f"the reports service refused: {_reason(error)}") from error
    except (OSError, ValueError) as error:
        raise MclibError(
            f"the reports service must answer; it didn't ({error}).\n"
            "hint: nothing was published; try again in a minute."
        ) from error
    return read


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        told = json.load(error)
    except ValueError:
        return f"{error.code} {error.reason}"
    return str(told.get("message") or told.get("detail") or error.reason)
