"""Making the inputs of a model depend on each other, and seeing that they do."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mclib.dependence.copula import Copula, Coupling
from mclib.dependence.elliptical import GaussianCopula, StudentTCopula
from mclib.dependence.measures import MEASURES
from mclib.dependence.targets import valid_matrix
from mclib.errors import law
from mclib.model import Model
from mclib.results.result import Result
from mclib.statistics import correlations

if TYPE_CHECKING:
    import pandas as pd

_MOST_TRIALS = 1 << 20


def correlate(
    model: Model,
    targets: Any,
    *,
    measure: str = "spearman",
    degrees_of_freedom: float | None = None,
) -> Model:
    """Return a model whose inputs are correlated; each keeps its own distribution.

    Parameters
    ----------
    model : Model
        A model with independent inputs.
    targets : mapping of (str, str) to float, or pandas.DataFrame
        Correlations by names of inputs; 0 for pairs left out.
    measure : {"spearman", "kendall", "pearson"}, default "spearman"
        Which correlation the numbers are: of ranks (Spearman's, as @RISK and Crystal Ball
        have it, or Kendall's), or of the values themselves.
    degrees_of_freedom : float, optional
        Of a Student's t copula, whose extremes come together; a Gaussian copula if left
        out.

    Returns
    -------
    Model
        Run it as any other. The first input of the targets draws what it drew before.

    Raises
    ------
    ArgumentError
        If a name is no input, an input is coupled already, or the values of two inputs
        can't have so much of Pearson's correlation.

    Warns
    -----
    CorrelationRepaired
        If the targets contradict each other; the nearest valid ones are used, and the
        warning says what changed.

    Notes
    -----
    Targets in ranks are met by continuous inputs exactly, whatever their distributions;
    inputs with ties have a little less. Pearson's are met for the parameters that the
    model has now.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.LogNormal(20, 0.2)):
    ...     return {"revenue": units * price}
    >>> linked = mc.correlate(sales, {("price", "units"): -0.4})
    >>> result = mc.simulate(linked, 100_000, seed=7)
    >>> table = mc.reached_correlations(linked, result)
    >>> bool(abs(table.loc[("price", "units"), "reached"] + 0.4) < 0.01)
    True
    """
    _check_model(model)
    if measure not in MEASURES:
        raise law("measure", 'be "spearman", "kendall" or "pearson"', measure)
    if measure == "pearson" and degrees_of_freedom is not None:
        hint = "give Spearman's or Kendall's correlations for a Student's t copula."
        raise law("measure", "be one of ranks for a Student's t copula", measure, hint)
    if degrees_of_freedom is not None:
        StudentTCopula(((1.0, 0.0), (0.0, 1.0)), degrees_of_freedom)
    inputs = dict(model.inputs)
    names, pairs, root = valid_matrix(
        targets, list(inputs), measure, degrees_of_freedom, inputs
    )
    matrix = root @ root.T
    matrix[range(len(names)), range(len(names))] = 1.0
    copula: Copula = (
        GaussianCopula(matrix)
        if degrees_of_freedom is None
        else StudentTCopula(matrix, degrees_of_freedom)
    )
    return model.coupled(Coupling(tuple(names), copula, frozenset(), measure, pairs))


def couple(
    model: Model, copula: Copula, names: Sequence[str], *, turned: Iterable[str] = ()
) -> Model:
    """Return a model in which a copula joins some inputs.

    Parameters
    ----------
    model : Model
        A model in which these inputs are independent.
    copula : Copula
        Such as ``mc.ClaytonCopula(theta=2)``.
    names : sequence of str
        Inputs, in the copula's order.
    turned : iterable of str, optional
        Inputs that are high where the copula says low. Turning one of two makes their
        dependence negative; turning all exchanges the tails.

    Returns
    -------
    Model

    Raises
    ------
    ArgumentError
        If a name is no input, comes twice or is coupled already, or the copula isn't made
        for so many.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def loss(wind=mc.Exponential(10), flood=mc.Exponential(20)):
    ...     return {"loss": wind + flood}
    >>> storm = mc.couple(loss, mc.GumbelCopula(theta=2), ["wind", "flood"])
    >>> mc.simulate(storm, 100_000, seed=7)["loss"].quantile(0.99).value > 90
    True
    """
    _check_model(model)
    if not isinstance(copula, Copula):
        raise law("copula", "be a copula", copula, "write `mc.ClaytonCopula(theta=2)`.")
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise law("names", "be a list of names of inputs", names)
    for name in (*names, *turned):
        if name not in model.inputs:
            must = f"name inputs of `{model.name}` ({', '.join(model.inputs)})"
            raise law("names", must, name)
    if len(set(names)) != len(names):
        raise law("names", "name each input once", list(names))
    flipped = frozenset(turned)
    if flipped - set(names):
        raise law("turned", "be among `names`", sorted(flipped))
    copula.check(len(names))
    taus = copula.kendall(len(names))
    targets = {}
    for i, j in combinations(range(len(names)), 2):
        is_turned = (names[i] in flipped) != (names[j] in flipped)
        targets[names[i], names[j]] = float(-taus[i, j] if is_turned else taus[i, j])
    return model.coupled(Coupling(tuple(names), copula, flipped, "kendall", targets))


def reached_correlations(model: Model, result: Result) -> "pd.DataFrame":
    """Table of the correlations that were asked for and those that a run has.

    Parameters
    ----------
    model : Model
        With coupled inputs.
    result : Result
        Of a run of it; its first million trials are looked at (20,000 for Kendall's tau).

    Returns
    -------
    pandas.DataFrame
        For each pair: measure, target, what was reached, its standard error, and the
        difference in standard errors.

    Raises
    ------
    ArgumentError
        If the model has no coupled inputs.

    Examples
    --------
    >>> import mclib as mc
    >>> @mc.model
    ... def sales(units=mc.Triangular(80, 100, 150), price=mc.LogNormal(20, 0.2)):
    ...     return {"revenue": units * price}
    >>> linked = mc.correlate(sales, {("price", "units"): -0.4})
    >>> table = mc.reached_correlations(linked, mc.simulate(linked, 100_000, seed=7))
    >>> table.loc[("price", "units"), ["target", "reached"]].round(2).tolist()
    [-0.4, -0.4]
    """
    import pandas as pd

    _check_model(model)
    if not model.couplings:
        raise law("model", "have coupled inputs", model, "see `mc.correlate`.")
    lines = {}
    for coupling in model.couplings:
        most = 20_000 if coupling.measure == "kendall" else _MOST_TRIALS
        frame = result.to_frame(min(result.n_trials, most))
        of = getattr(correlations, coupling.measure)
        for pair, target in coupling.targets.items():
            value, error = of(*(frame[name].to_numpy() for name in pair))
            lines[pair] = {
                "measure": coupling.measure,
                "target": target,
                "reached": value,
                "standard_error": error,
                "z": (value - target) / error,
            }
    table = pd.DataFrame.from_dict(lines, orient="index")
    return table.rename_axis(["input", "other"])


def _check_model(model: Any) -> None:
    if not isinstance(model, Model):
        raise law("model", "be a model", model, "put `@mc.model` above the function.")
