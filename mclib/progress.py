"""How far a run is, in words and as a bar."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mclib.results.result import Result
from mclib.runs import SimulationRun

_SECONDS_BEFORE_A_BAR = 1.0
_SECONDS_BETWEEN = 0.1


@dataclass(frozen=True)
class Progress:
    """A run as it was at one moment.

    Attributes
    ----------
    run : SimulationRun
        The run at that moment.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def total(a=mc.Uniform(0, 1), b=mc.Uniform(0, 1)):
    ...     return a + b
    >>> for progress in mc.iterate(total, 100_000, seed=7):
    ...     error = progress.result["total"].mean.standard_error
    >>> progress.fraction, round(error, 4)
    (1.0, 0.0013)
    """

    run: SimulationRun

    @property
    def n_trials_done(self) -> int:
        """Trials done."""
        return self.run.n_trials_done

    @property
    def n_trials(self) -> int:
        """Trials asked for."""
        return self.run.n_trials_wanted

    @property
    def fraction(self) -> float:
        """Part of the run that is done, 0 to 1."""
        return self.n_trials_done / self.n_trials

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.run.elapsed

    @property
    def remaining(self) -> float:
        """Seconds that the rest will take at this pace."""
        return self.elapsed * (1.0 - self.fraction) / max(self.fraction, 1e-12)

    @property
    def trials_per_second(self) -> float:
        """The pace so far."""
        return self.n_trials_done / max(self.elapsed, 1e-9)

    @property
    def result(self) -> Result:
        """Estimates from the trials done so far."""
        return Result(self.run)

    def __repr__(self) -> str:
        return (
            f"<Progress {self.n_trials_done:,} of {self.n_trials:,} trials, "
            f"{self.elapsed:.1f} s, about {self.remaining:.1f} s to go>"
        )


def shown(steps: Iterable[int], run: SimulationRun, wanted: bool | None) -> Iterator[int]:
    """Pass `steps` on and show a bar, if wanted or if the run takes over a second."""
    bar = None
    told = time.monotonic()
    try:
        for done in steps:
            yield done
            now = time.monotonic()
            if bar is None and (wanted or (wanted is None and _is_long(run))):
                bar = _bar(run.n_trials_wanted, " trials")
            if bar is not None and now - told > _SECONDS_BETWEEN:
                told = now
                bar.update(done - bar.n)
        if bar is not None:
            bar.update(run.n_trials_done - bar.n)
    finally:
        if bar is not None:
            bar.close()


@contextmanager
def counted(unit: str, wanted: bool | None) -> Iterator[Callable[[int, str], None]]:
    """Give what is told how many steps are done, and in words how it stands.

    Parameters
    ----------
    unit : str
        What is counted, as ``" runs"``.
    wanted : bool, optional
        Whether to show a bar; by default after a second.
    """
    bar: Any = None
    began = time.monotonic()
    told = -math.inf

    def tell(done: int, words: str) -> None:
        nonlocal bar, told
        now = time.monotonic()
        is_long = now - began > _SECONDS_BEFORE_A_BAR
        if bar is None and (wanted or (wanted is None and is_long)):
            bar = _bar(None, unit)
        if bar is not None and now - told > _SECONDS_BETWEEN:
            told = now
            bar.set_postfix_str(words, refresh=False)
            bar.n = done
            bar.refresh()

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()


def _is_long(run: SimulationRun) -> bool:
    now = Progress(run)
    return now.elapsed > _SECONDS_BEFORE_A_BAR and now.remaining > _SECONDS_BEFORE_A_BAR / 2


def _bar(total: int | None, unit: str):  # type: ignore[no-untyped-def]
    # The notebook's bar needs widgets; without them tqdm falls back to text by itself.
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    return tqdm(total=total, unit=unit, unit_scale=True, leave=False)
