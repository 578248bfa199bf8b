"""What a dashboard is set to: a value that a link holds, and from which code is written."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mclib import distributions
from mclib.distributions.distribution import Distribution
from mclib.errors import law
from mclib.model import Model

_VERSION = 1
_KEY = "mclib"


@dataclass(frozen=True)
class State:
    """Everything that determines what a dashboard shows.

    Attributes
    ----------
    numbers : mapping of str to float
        Parameters that differ from the model's own, such as ``{"price.mean": 21.0}``.
    inputs : mapping of str to Distribution
        Inputs whose distribution is of another family.
    output : str
        Which output is shown; empty for the first.
    n_trials, seed : int
        Of the run.
    sampler : str
        How trials are placed.
    """

    numbers: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, Distribution] = field(default_factory=dict)
    output: str = ""
    n_trials: int = 1_000_000
    seed: int = 7
    sampler: str = "independent"

    def model(self, base: Model) -> Model:
        """Return the model with the distributions of this state."""
        return base.with_parameters(**self.inputs) if self.inputs else base

    def link(self) -> str:
        """Return what stands behind an address to come back to this state."""
        plain = {
            "version": _VERSION,
            "numbers": dict(self.numbers),
            "inputs": {
                name: [type(each).__name__, dict(each.parameters)]
                for name, each in self.inputs.items()
            },
            "output": self.output,
            "n_trials": self.n_trials,
            "seed": self.seed,
            "sampler": self.sampler,
        }
        text = json.dumps(plain, separators=(",", ":"), allow_nan=False)
        return f"?{_KEY}={base64.urlsafe_b64encode(text.encode()).decode().rstrip('=')}"

    @classmethod
    def of_link(cls, link: str) -> "State":
        """Return the state that a link holds; nothing in a link is executed.

        Raises
        ------
        ArgumentError
            If it isn't one of `link`, or names no distribution of this library.
        """
        token = parse_qs(urlsplit(link).query).get(_KEY, [""])[0]
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            plain = json.loads(text)
            if plain["version"] != _VERSION:
                raise _foreign(link)
            inputs = {name: _distribution(*each) for name, each in plain["inputs"].items()}
            numbers = {str(key): float(x) for key, x in plain["numbers"].items()}
            return cls(
                numbers=numbers,
                inputs=inputs,
                output=str(plain["output"]),
                n_trials=int(plain["n_trials"]),
                seed=int(plain["seed"]),
                sampler=str(plain["sampler"]),
            )
        except (binascii.Error, KeyError, TypeError, UnicodeDecodeError, ValueError):
            raise _foreign(link) from None

    def code(
        self, base: Model, output: str, chart: str = "Histogram", unit: str = ""
    ) -> str:
        """Return the Python that computes what the dashboard shows.

        Parameters
        ----------
        base : Model
            Of the dashboard.
        output : str
            Which output is shown.
        chart : str, default "Histogram"
            Or ``"Cumulative"``, ``"Tornado"``.
        unit : str, default ""
            Of the output.
        """
        shown = (
            f"result.tornado({output!r})" if chart == "Tornado" else f"result[{output!r}]"
        )
        draw = {"Cumulative": "cumulative", "Tornado": "tornado"}.get(chart, "histogram")
        return (
            f"import mclib as mc\n\nresult = {self._run(base)}\n"
            f"mc.plots.{draw}({shown}{_unit(unit)})\n"
        )

    def _run(self, base: Model, margin: str = "") -> str:
        """Write what runs this state."""
        # A model may be called anything; what it is bound to is for its writer to say.
        is_name = base.name.isidentifier() and not iskeyword(base.name)
        name = base.name if is_name else "model"
        if self.inputs:
            changed = ", ".join(f"{key}=mc.{each!r}" for key, each in self.inputs.items())
            name = f"{name}.with_parameters({changed})"
        lines = [f"{name}", f"n_trials={self.n_trials:_}", f"seed={self.seed}"]
        if self.sampler != "independent":
            lines.append(f"sampler={self.sampler!r}")
        if self.numbers:
            lines.append(f"parameters={dict(self.numbers)!r}")
        body = "".join(f"{margin}    {line},\n" for line in lines)
        return f"mc.simulate(\n{body}{margin})"


def compared(base: Model, states: Mapping[str, State], output: str, unit: str) -> str:
    """Return the Python that compares states by their names, as the dashboard does."""
    runs = "".join(
        f"    {name!r}: {each._run(base, '    ')},\n" for name, each in states.items()
    )
    return (
        f"import mclib as mc\n\nresults = {{\n{runs}}}\n"
        f"mc.plots.overlay({{name: each[{output!r}] for name, each in results.items()}}"
        f"{_unit(unit)})\n"
    )


def _unit(unit: str) -> str:
    return f", unit={unit!r}" if unit else ""


def _foreign(link: str) -> Exception:
    return law("state", "be a dashboard's link", link, f"it has `?{_KEY}=` in it.")


def _distribution(family: Any, parameters: Any) -> Distribution:
    if family not in distributions.__all__:
        raise ValueError(family)
    made = getattr(distributions, family)
    if not (isinstance(made, type) and issubclass(made, Distribution)):
        raise TypeError(family)
    return made(**{str(key): float(x) for key, x in parameters.items()})
