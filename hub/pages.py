"""The hub's own pages, where JupyterHub's say too little; and a refusal that fills one."""

from pathlib import Path

from tornado.web import HTTPError
from traitlets.config import Config

__all__ = ["Refused", "apply_pages"]


class Refused(HTTPError):
    """A page with a sentence and a way out, instead of a bare status.

    Parameters
    ----------
    status : int
        Of the answer.
    law : str
        What must hold, and what is.
    hint : str
        The way out.
    title : str, optional
        Heading, instead of the one that every page of this status has.
    who : str, optional
        Whom it concerns, as far as that is known.
    """

    def __init__(
        self, status: int, law: str, hint: str, *, title: str = "", who: str = ""
    ) -> None:
        super().__init__(status, "%s", law)
        self.title, self.who = title, who
        # Where the provider's own session is ended, so that it asks again who one is.
        self.other_account = ""
        self.jupyterhub_message = law
        self.hint = hint

    def get_message(self) -> str:
        """The sentence and the hint, for those who read JSON."""
        return f"{self.jupyterhub_message} {self.hint}"


def apply_pages(c: Config) -> None:
    """Take the templates of this folder before JupyterHub's of the same name."""
    c.JupyterHub.template_paths = [str(Path(__file__).parent / "templates")]
