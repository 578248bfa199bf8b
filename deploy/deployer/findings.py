"""What is wrong on a host, in one form: the law, what was found, the way out."""

from collections.abc import Iterable
from dataclasses import dataclass

from deploy.deployer.outcomes import Failed

__all__ = ["Finding", "refuse", "table"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that doesn't keep a law.

    Attributes
    ----------
    about : str
        What was looked at.
    law : str
        What must hold, to be read after "must".
    found : str
        What does hold.
    way_out : str
        What to do.
    stops : bool
        Whether nothing can be deployed before it is mended; else it is a warning.
    """

    about: str
    law: str
    found: str
    way_out: str
    stops: bool = True

    def __str__(self) -> str:
        kind = "" if self.stops else " (a warning)"
        message = f"{self.about}{kind}: must {self.law}; found {self.found}."
        return f"{message}\n  hint: {self.way_out}"


def refuse(findings: Iterable[Finding]) -> str:
    """Raise `Failed` if any finding stops a deployment; else say how many only warn."""
    every = list(findings)
    stopping = [str(finding) for finding in every if finding.stops]
    if stopping:
        raise Failed("\n".join(stopping))
    return "; ".join(f"warning: {each.about}, {each.found}" for each in every)


def table(findings: Iterable[Finding]) -> str:
    """Findings as text, those that stop a deployment first."""
    ordered = sorted(findings, key=lambda finding: not finding.stops)
    return "\n".join(map(str, ordered)) or "nothing is wrong on this host"
