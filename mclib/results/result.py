"""A run's answers: outputs by name, tables, single trials, files."""

import difflib
import os
from collections.abc import ItemsView, Iterator, KeysView, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

from mclib.errors import law
from mclib.results.answers import Answers
from mclib.results.display import result_html, result_text
from mclib.results.estimate import Estimate
from mclib.results.output import Output
from mclib.results.provenance import Provenance, Repeatable
from mclib.results.quantiles import share_of, targets_for
from mclib.results.questions import Questions
from mclib.results.run import Run, Trials
from mclib.results.storing import (
    KEPT_QUANTILES,
    StoredTrials,
    packed_result,
    unpacked_result,
    write_result,
)
from mclib.results.tables import (
    DISPLAYED_QUANTILES,
    TABLE_QUANTILES,
    Row,
    label,
    row_of,
)
from mclib.results.trial import Trial
from mclib.results.windows import checked_window, is_whole, read_values
from mclib.statistics.intervals import check_order
from mclib.statistics.non_finite import NonFinite

if TYPE_CHECKING:
    import pandas as pd

_FRAME_ROWS = 100_000


class Result(Repeatable, Questions):
    """What a run of a model found: a mapping from names of outputs to `Output`.

    Parameters
    ----------
    run : Run
        The run: its moments, and the means to go through its trials again.

    Notes
    -----
    Nothing here holds a sample. Quantiles, histograms and tables of trials are computed
    from the same draws when they are asked for, and statistics are remembered.

    A result can be pickled. What comes out of the pickle is what `save` and
    `mclib.load_result` would give: it answers what it was asked, and 27 quantiles, without
    the model; anything else raises `ArgumentError` and says how to run the model again.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def dice(a=mc.DiscreteUniform(1, 6), b=mc.DiscreteUniform(1, 6)):
    ...     return {"sum": a + b, "difference": a - b}
    >>> result = mc.simulate(dice, 100_000, seed=7)
    >>> list(result), result.n_trials
    (['sum', 'difference'], 100000)
    >>> print(result["sum"].mean)
    6.998 ± 0.015 (95 %)
    """

    def __init__(self, run: Run) -> None:
        self._set(run, _answers_of(run), run.n_trials)

    @classmethod
    def restored(cls, trials: Trials, answers: Answers, n_kept: int) -> "Result":
        """Return a result whose answers are known and `n_kept` of its trials are there."""
        result = cls.__new__(cls)
        result._set(trials, answers, n_kept)
        return result

    def _set(self, trials: Trials, answers: Answers, n_kept: int) -> None:
        self._n_kept = n_kept
        self._trials = trials
        self._answers = answers
        self._outputs = {
            name: Output(name, place, answers, trials)
            for place, name in enumerate(trials.output_names)
        }

    @property
    def provenance(self) -> Provenance:
        """What is needed to get the same numbers again."""
        return self._trials.provenance

    @property
    def n_trials(self) -> int:
        """Trials done."""
        return self._trials.n_trials

    @property
    def efficiency(self) -> dict[str, float]:
        """By output: how many independent trials one trial of this run is worth.

        That is, for the mean; 1 for the sampler `Independent`, NaN where there is only one
        replication.
        """
        return {
            name: output.effective_n_trials / max(output.mean.n_trials, 1)
            for name, output in self.items()
        }

    @property
    def stopping(self) -> Any:
        """How the run ended: a `Stopping` if it went on until a tolerance was reached."""
        return self._trials.stopping

    @property
    def share(self) -> Estimate:
        """Which part of the run's trials this is about: 1 but for `where`."""
        hits = max(known.n_finite for known in self._answers.known)
        if not self._trials.is_conditioned:
            return Estimate(1.0, 0.0, self.n_trials)
        return share_of(hits, self.n_trials)

    def __getitem__(self, name: str) -> Output:
        if name not in self._outputs:
            close = difflib.get_close_matches(str(name), self._outputs, n=1)
            hint = f"did you mean `{close[0]}`?" if close else None
            if name in self._trials.input_names:
                hint = f'draws of an input stand in `result.to_frame()["{name}"]`.'
            must = f"be an output of the model ({', '.join(self._outputs)})"
            raise law("name", must, name, hint)
        return self._outputs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)

    def __len__(self) -> int:
        return len(self._outputs)

    def __contains__(self, name: object) -> bool:
        return name in self._outputs

    def keys(self) -> KeysView[str]:
        """Names of the outputs."""
        return self._outputs.keys()

    def values(self) -> ValuesView[Output]:
        """The outputs."""
        return self._outputs.values()

    def items(self) -> ItemsView[str, Output]:
        """Names and outputs."""
        return self._outputs.items()

    def summary(self) -> "pd.DataFrame":
        """Table of the outputs: mean, its standard error, spread, quantiles, extremes.

        Returns
        -------
        pandas.DataFrame
            One line for each output, numbers in its unit.
        """
        import pandas as pd

        self._find(TABLE_QUANTILES)
        lines = {}
        for (name, output), known in zip(self.items(), self._answers.known, strict=True):
            record = known.record
            mean = output.mean
            quantiles = output.quantile(list(TABLE_QUANTILES))
            lines[name] = {
                "mean": mean.value,
                "standard_error": mean.standard_error,
                "standard_deviation": output.standard_deviation.value,
                "minimum": record.minimum if mean.n_trials else float("nan"),
                **{
                    label(q): each.value
                    for q, each in zip(TABLE_QUANTILES, quantiles, strict=True)
                },
                "maximum": record.maximum if mean.n_trials else float("nan"),
            }
        frame = pd.DataFrame.from_dict(lines, orient="index")
        return frame.rename_axis("output")

    def quantiles(self, *orders: float) -> "pd.DataFrame":
        """Table of quantiles of all outputs, found in common passes.

        Parameters
        ----------
        *orders : float
            Each strictly between 0 and 1; by default P5, P25, P50, P75 and P95.

        Returns
        -------
        pandas.DataFrame
            A line for each output, a column for each order, named ``"P5"`` and so on.
        """
        import pandas as pd

        wanted = [float(check_order(q)) for q in orders or (0.05, 0.25, 0.5, 0.75, 0.95)]
        self._find(wanted)
        lines = {
            name: {key: each.value for key, each in output.quantiles(*wanted).items()}
            for name, output in self.items()
        }
        return pd.DataFrame.from_dict(lines, orient="index").rename_axis("output")

    def to_frame(self, n: int | None = None, *, start: int = 0) -> "pd.DataFrame":
        """Table of trials: a line for each, a column for each input and output.

        Parameters
        ----------
        n : int, optional
            How many trials; by default 100,000, or all that are there if they are fewer.
        start : int, default 0
            Index of the first of them.

        Returns
        -------
        pandas.DataFrame
            Indexed by trial.

        Raises
        ------
        ArgumentError
            If there are no such trials, or the table would take more than 2 GB.
        """
        import pandas as pd

        names = self._column_names
        if n is None and is_whole(start) and 0 <= start < self._n_kept:
            n = min(_FRAME_ROWS, self._n_kept - start)
        start, n = checked_window(self.n_trials, start, n, len(names))
        columns = read_values(self._trials, start, n, names)
        index = pd.RangeIndex(start, start + n, name="trial")
        return pd.DataFrame(columns, index=index, copy=False)

    def trial(self, index: Any) -> Trial:
        """Replay one trial.

        Parameters
        ----------
        index : int
            Which, from 0.

        Returns
        -------
        Trial
            Its inputs and outputs.

        Raises
        ------
        ArgumentError
            If the run has no such trial.
        """
        if not is_whole(index) or index not in range(self.n_trials):
            raise law("index", f"be a trial of this run, 0 to {self.n_trials - 1:,}", index)
        index = int(index)
        values = self._trials.values(index, 1)
        inputs, outputs = (
            {name: float(values[name][0]) for name in names}
            for names in (self._trials.input_names, self._trials.output_names)
        )
        return Trial(index, inputs, outputs)

    def save(
        self, path: str | os.PathLike[str], *, sample: int = 0, overwrite: bool = False
    ) -> None:
        """Write this result to a file that is read without the model or an engine.

        Parameters
        ----------
        path : path
            Where to; the ending ``.mcresult`` is customary.
        sample : int, default 0
            How many trials to keep, the first ones, with all inputs and outputs.
        overwrite : bool, default False
            Whether a file that is there may be replaced.

        Raises
        ------
        ArgumentError
            If there is a file already, its folder is missing, or there are fewer trials.

        Notes
        -----
        Moments, 27 quantiles from P0.1 to P99.9 with their 95 % intervals, histograms, and
        everything that was asked of this result are kept. The file is a zip of JSON and
        Parquet tables; nothing in it is executed when it is read.
        """
        self._find_kept()
        kept = self.to_frame(sample) if sample else None
        write_result(path, self._trials, self._answers, self.summary(), kept, overwrite)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what `save` would keep: the answers, and neither model nor engine."""
        self._find_kept()
        n_kept = self._trials.n_kept if isinstance(self._trials, StoredTrials) else 0
        kept = self.to_frame(n_kept) if n_kept else None
        packed = packed_result(self._trials, self._answers, self.summary(), kept)
        return _unpickled, (type(self), packed)

    def _find_kept(self) -> None:
        self._find((*KEPT_QUANTILES, *DISPLAYED_QUANTILES), with_bins=True)
        for place in range(len(self)):
            self._answers.shape_errors(place)

    def _find(self, orders: Sequence[float], *, with_bins: bool = False) -> None:
        """Find quantiles of all outputs in common passes."""
        self._answers.find_order_statistics(
            [
                target
                for place in range(len(self))
                for target in targets_for(self._answers, place, orders)
            ],
            with_bins=with_bins,
        )

    @property
    def _column_names(self) -> list[str]:
        return list(dict.fromkeys((*self._trials.input_names, *self._trials.output_names)))

    @property
    def _rows(self) -> list[Row]:
        self._find(DISPLAYED_QUANTILES, with_bins=True)
        return [row_of(self._answers, place, name) for place, name in enumerate(self)]

    def __repr__(self) -> str:
        names = ", ".join(self._outputs)
        return f"Result({names}: {self.n_trials:,} trials, seed {self.seed})"

    def __str__(self) -> str:
        return result_text(self._rows, self.provenance)

    def _repr_html_(self) -> str:
        return result_html(self._rows, self.provenance)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._outputs)


def _answers_of(run: Run) -> Answers:
    n_outputs = len(run.output_names)
    answers = Answers.of(run, run.accumulator, run.replications, n_outputs)
    answers.foreseen = run.foreseen
    if run.is_conditioned:
        # That other trials are NaN needs no warning.
        for known in answers.known:
            known.non_finite = NonFinite()
    return answers


def _unpickled(kind: type[Result], packed: bytes) -> Result:
    trials, answers = unpacked_result(packed)
    return kind.restored(trials, answers, trials.n_kept)
