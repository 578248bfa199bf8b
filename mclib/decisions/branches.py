"""Forks of a decision tree and their branches: what a tree may be, not its worth.

A fork copies what it is made of and never changes, so that no tree can contain itself.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mclib.decisions.measures import finite
from mclib.errors import law
from mclib.model import Model
from mclib.results.output import Output
from mclib.results.result import Result

_MOST_TRIALS = 1 << 20
_MOST_LEVELS = 100
_MOST_PATHS = 100_000
_SUM_TOLERANCE = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class End:
    """What is had at the end of a path: a number, or the trials of an output.

    Parameters
    ----------
    outcomes : array of shape () or (n_trials,), float64
        The number, or one for each trial.
    name : str
        Of the output; empty for a number.
    """

    outcomes: Floats
    name: str = ""

    @property
    def n_trials(self) -> int:
        """Trials that it rests on; 0 for a number."""
        return self.outcomes.size if self.outcomes.ndim else 0


@dataclass(frozen=True, eq=False)
class Branch:
    """A way on from a fork.

    Parameters
    ----------
    name : str
        What it is called.
    cost : float
        What is paid on it.
    then : Fork or End
        Where it leads.
    """

    name: str
    cost: float
    then: "Fork | End"


class Fork:
    """A decision or a chance, with what follows.

    Attributes
    ----------
    branches : tuple of Branch
        The ways on.
    probabilities : tuple of float
        Those of the branches of a chance; empty for a decision.
    name : str
        What the fork is about.
    n_trials : int
        Trials of the simulated ends below it; 0 if all ends are numbers.
    """

    def __init__(
        self, branches: tuple[Branch, ...], probabilities: tuple[float, ...], name: str
    ) -> None:
        self.branches = branches
        self.probabilities = probabilities
        self.name = name
        below = [each.then for each in branches]
        forks = [each for each in below if isinstance(each, Fork)]
        self.n_trials: int = _common_n_trials(each.n_trials for each in below)
        self.n_levels: int = 1 + max((each.n_levels for each in forks), default=0)
        self.n_paths: int = sum(each.n_paths for each in forks) + len(below) - len(forks)
        self.chance_names: frozenset[str] = frozenset[str]().union(
            *(each.chance_names for each in forks)
        )
        if self.n_levels > _MOST_LEVELS:
            must = f"be at most {_MOST_LEVELS} levels deep"
            raise law("branches", must, self.n_levels)
        if self.n_paths > _MOST_PATHS:
            raise law("branches", f"have at most {_MOST_PATHS:,} paths", self.n_paths)
        if probabilities and name:
            if name in self.chance_names:
                must = (
                    "not be that of a chance further on: what has happened is known there"
                )
                raise law("name", must, name, "name a second event otherwise.")
            self.chance_names |= {name}

    @property
    def is_decision(self) -> bool:
        """Whether we choose the branch."""
        return not self.probabilities

    def chances(self, name: str) -> Iterator["Fork"]:
        """Return all chances of this name, in the order in which they stand."""
        if self.probabilities and self.name == name:
            yield self
        for each in self.branches:
            if isinstance(each.then, Fork) and name in each.then.chance_names:
                yield from each.then.chances(name)


def choices(branches: Any) -> tuple[Branch, ...]:
    """Return the branches of a decision: ``{"wait": end}`` or ``{"go": (cost, end)}``.

    Raises
    ------
    ArgumentError
        If there are none, or one is neither.
    """
    found = []
    for name, value in _items(branches):
        parts = value if isinstance(value, tuple) else (0.0, value)
        if len(parts) != 2:
            must = "be what follows, or (cost, what follows)"
            raise law(f"branches[{name!r}]", must, value)
        found.append(_branch(name, *parts))
    return tuple(found)


def chances(branches: Any) -> tuple[tuple[Branch, ...], tuple[float, ...]]:
    """Return the branches of a chance, and their probabilities.

    Raises
    ------
    ArgumentError
        If there are none, one isn't ``(probability, what follows)`` or ``(probability,
        cost, what follows)``, or the probabilities don't add to 1.
    """
    found, odds = [], []
    for name, value in _items(branches):
        where = f"branches[{name!r}]"
        if not isinstance(value, tuple) or len(value) not in (2, 3):
            must = "be (probability, what follows) or (probability, cost, what follows)"
            raise law(where, must, value)
        probability = finite(f"{where}[0]", value[0])
        if not 0.0 <= probability <= 1.0:
            raise law(f"{where}[0]", "be a probability, from 0 to 1", probability)
        odds.append(probability)
        cost = value[1] if len(value) == 3 else 0.0
        found.append(_branch(name, cost, value[-1]))
    total = math.fsum(odds)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise law(
            "branches",
            "have probabilities that add to 1",
            total,
            "write what else may happen as a branch of its own.",
        )
    return tuple(found), tuple(odds)


def checked_name(name: Any) -> str:
    """Return a fork's name.

    Raises
    ------
    ArgumentError
        If it isn't text.
    """
    if not isinstance(name, str):
        raise law("name", "be text", name)
    return name


def _items(branches: Any) -> list[tuple[str, Any]]:
    if not isinstance(branches, Mapping) or not branches:
        hint = 'write `{"launch": 40, "wait": 0}`.'
        raise law("branches", "be one or more, by name", branches, hint)
    for name in branches:
        if not isinstance(name, str) or not name:
            raise law("branches", "have names that are text", name)
    return list(branches.items())


def _branch(name: str, cost: Any, then: Any) -> Branch:
    where = f"branches[{name!r}]"
    return Branch(name, finite(f"the cost of {where}", cost), _followed(where, then))


def _followed(where: str, then: Any) -> Fork | End:
    if isinstance(then, Fork):
        return then
    if isinstance(then, Result):
        if len(then) != 1:
            hint = f'name one of them: `result["{next(iter(then))}"]`.'
            raise law(where, "end with one output", then, hint)
        then = next(iter(then.values()))
    if isinstance(then, Output):
        return _simulated(where, then)
    if isinstance(then, (int, float)) and not isinstance(then, bool):
        return End(np.array(finite(where, then)))
    must = "lead to a Decision, a Chance, a number, or an output of a run"
    hint = 'run the model: `mc.simulate(model, seed=7)["profit"]`.'
    raise law(where, must, then, hint if isinstance(then, Model) else None)


def _simulated(where: str, output: Output) -> End:
    """Return an end with the trials of an output, a million at most."""
    sampler = output._trials.provenance.sampler
    if sampler != "independent":
        must = "be an output whose trials are independent"
        hint = "leave `sampler` out: the tree's errors are found trial by trial."
        raise law(where, must, sampler, hint)
    outcomes = output.sample(min(output.n_trials, _MOST_TRIALS))
    if not np.isfinite(outcomes).all():
        n = int(np.count_nonzero(~np.isfinite(outcomes)))
        must = "be an output that is finite in every trial"
        raise law(where, must, f"{n:,} trials that aren't")
    return End(outcomes, output.name)


def _common_n_trials(counts: Any) -> int:
    given = sorted({each for each in counts if each})
    if len(given) > 1:
        raise law(
            "branches",
            "end with outputs of the same number of trials",
            given,
            "run them with the same `seed` and `n_trials`: they share their luck then.",
        )
    return given[0] if given else 0
