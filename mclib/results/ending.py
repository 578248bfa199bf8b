"""How a run ended that went on until a tolerance was reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mclib.results.formatting import plain


@dataclass(frozen=True)
class Stopping:
    """How a run that went on until a tolerance was reached has ended.

    Attributes
    ----------
    converged : bool
        Whether all tolerances were reached, by the stopping rule.
    n_looks : int
        How often it was looked at.
    half_widths : tuple of float
        Of each tolerance, at the last look and at that look's level.
    n_needed : int
        Trials that would be enough, at the present spread; those done if it converged.
    """

    converged: bool
    n_looks: int
    half_widths: tuple[float, ...]
    n_needed: int

    def sentence(self) -> str:
        """Say it to people."""
        widths = ", ".join(plain(each) for each in self.half_widths)
        if self.converged:
            return f"Converged at look {self.n_looks}: half-width {widths}."
        return (
            f"The tolerance was not reached: half-width {widths} at look {self.n_looks}. "
            f"About {self.n_needed:,} trials would be enough."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it in the terms of JSON; `from_dict` gives exactly the same back."""
        # JSON has no word for what isn't finite.
        return {**vars(self), "half_widths": [str(each) for each in self.half_widths]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "Stopping":
        """Return what `as_dict` was made from."""
        return cls(**{**plain, "half_widths": tuple(map(float, plain["half_widths"]))})
