"""What a result can be asked about its inputs and outputs together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, final

from mclib.results.associations import correlation_table
from mclib.results.run import Trials
from mclib.results.sensitivity import Tornado, driver_table, tail_table, tornado

if TYPE_CHECKING:
    import pandas as pd


class Questions:
    """Questions about several inputs and outputs of a run; `Result` answers them."""

    _trials: Trials

    @final
    def where(self, condition: Any) -> Self:
        """Statistics of the trials that keep a condition: all inputs and all outputs.

        Parameters
        ----------
        condition : callable
            From values by name, as in ``lambda trial: trial["profit"] < 0``, to whether a
            trial is wanted; conditions are joined by ``&`` and ``|``.

        Returns
        -------
        Result
            Of the same trials, computed again; `share` says how many keep the condition.

        Raises
        ------
        ArgumentError
            If `condition` is no function that compares values, or uses other names.

        Examples
        --------
        >>> import mclib as mc
        >>> @mc.model
        ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
        ...     return {"revenue": units * price}
        >>> result = mc.simulate(sales, 100_000, seed=7)
        >>> poor = result.where(lambda trial: trial["revenue"] < 1_500)
        >>> print(poor["price"].mean)
        15.89 ± 0.07 (95 %)
        >>> list(poor.tornado("revenue").table.index)  # among these trials alone
        ['price', 'units']
        """
        return type(self)(self._trials.conditioned(condition))  # type: ignore[call-arg]

    @final
    def correlations(
        self, measure: str = "spearman", n: int | None = None
    ) -> "pd.DataFrame":
        """Table of the correlations of all inputs and outputs with each other.

        Parameters
        ----------
        measure : {"spearman", "kendall", "pearson"}, default "spearman"
            Of ranks or of values.
        n : int, optional
            How many trials to look at; by default all, and at most 1,048,576 of them (2,000
            for Kendall's, which compares all pairs).

        Returns
        -------
        pandas.DataFrame
            A line and a column for each; the standard errors lie in
            ``.attrs["standard_error"]``, a table of the same form.
        """
        return correlation_table(self._trials, measure, n)

    @final
    def tornado(
        self,
        output: str,
        statistic: str = "mean",
        *,
        order: float | None = None,
        threshold: float | None = None,
        n_bins: int = 10,
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> Tornado:
        """How far each input moves a statistic of an output, in the output's unit.

        Parameters
        ----------
        output : str
            Which output.
        statistic : str, default "mean"
            Of what: ``"mean"``, ``"standard_deviation"``, ``"quantile"``, ``"tail_mean"``
            (of the highest outcomes), ``"lower_tail_mean"`` (of the lowest),
            ``"probability_above"`` or ``"probability_below"``.
        order : float, optional
            Of the quantile, or where the tail starts.
        threshold : float, optional
            Of the probability, in the output's unit.
        n_bins : int, default 10
            Each input's trials are cut into so many bins; a bar goes from the lowest to the
            highest statistic of the output in them.
        groups : mapping of str to sequence of str, optional
            Inputs that are one driver together, as correlated ones are.

        Returns
        -------
        Tornado
            Its ``table`` and ``spider``, with standard errors, and ``plot()``; made from
            the first million trials.

        Raises
        ------
        ArgumentError
            If there is no such output or statistic, nothing varies, or a group isn't a list
            of inputs.

        Examples
        --------
        >>> import mclib as mc
        >>> @mc.model
        ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
        ...     return {"revenue": units * price}
        >>> result = mc.simulate(sales, 100_000, seed=7)
        >>> result.tornado("revenue", "probability_below", threshold=1_800)
        probability below 1,800 of revenue, 0.13505 in all
        units  ████████████████████████████████████████   0.0001 to 0.5861
        price  ████████████████████████████████████       0 to 0.529
        """
        asked = output, statistic, order, threshold, n_bins, groups
        return tornado(self._trials, *asked)

    @final
    def drivers(self, output: str) -> "pd.DataFrame":
        """Table of what an output owes to each input, by seven measures.

        Rank correlation; contribution (its square, with its sign, of the sum of all);
        regression (standard deviations of the output for one of the input, the others
        held); first order: the share of variance that lies between a hundred bins of
        the input, which needs neither linearity nor independence; partial rank: the
        correlation of ranks with what all other inputs explain taken off both; PAWN: how
        far the output's distribution function moves when the input is known to one tenth, 0
        to 1; and Borgonovo's delta: which part of the output's probability moves when the
        input is known, 0 to 1. Delta is estimated from below: some 0.02 too low, for what
        varies within its 64 bins.

        Notes
        -----
        Made from the first 262,144 trials. ``.attrs["explained_by_regression"]`` is the
        part of the variance that a linear model explains.

        Examples
        --------
        >>> import mclib as mc
        >>> @mc.model
        ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
        ...     return {"revenue": units * price}
        >>> table = mc.simulate(sales, 100_000, seed=7).drivers("revenue")
        >>> table["first_order"].round(2).to_dict()
        {'units': 0.64, 'price': 0.36}
        """
        return driver_table(self._trials, output)

    @final
    def tail_drivers(
        self, output: str, order: float = 0.95, *, tail: str = "upper"
    ) -> "pd.DataFrame":
        """Table of what the inputs are like where an output is in its tail.

        Parameters
        ----------
        output : str
            Which output.
        order : float, default 0.95
            Of the quantile at which the tail begins.
        tail : {"upper", "lower"}
            Which trials: those above the quantile, or those below it.

        Returns
        -------
        pandas.DataFrame
            For each input, the one that differs most first: its mean rank in the tail as a
            share of all trials (1/2 where it makes no difference) with its standard error;
            the largest distance between its distribution there and in all trials, 0 to 1;
            and its mean there and in all. ``.attrs["n_trials"]`` says how many trials the
            tail has, of the first million.

        Raises
        ------
        ArgumentError
            If there is no such output, or the tail has fewer than 30 trials.

        Examples
        --------
        >>> import mclib as mc
        >>> @mc.model
        ... def sales(units=mc.Triangular(80, 100, 150), price=mc.Normal(20, 2)):
        ...     return {"revenue": units * price}
        >>> table = mc.simulate(sales, 100_000, seed=7).tail_drivers("revenue", 0.99)
        >>> list(table.index)
        ['units', 'price']
        """
        return tail_table(self._trials, output, order, tail)
