"""`fit_copula`: how the columns of a table depend on each other."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mclib.arrays import floats
from mclib.dependence.archimedean import (
    ClaytonCopula,
    FrankCopula,
    GumbelCopula,
    JoeCopula,
)
from mclib.dependence.copula import Copula, Matrix
from mclib.dependence.elliptical import GaussianCopula, StudentTCopula
from mclib.dependence.matrices import is_valid, nearest_correlations
from mclib.distributions.laws import Floats
from mclib.errors import ArgumentError, MclibError, law
from mclib.fitting import copula_densities as densities
from mclib.results.formatting import plain
from mclib.statistics.correlations import kendall, ranks

if TYPE_CHECKING:
    import pandas as pd

_ARCHIMEDEAN: dict[type[Any], densities.LogDensity] = {
    ClaytonCopula: densities.clayton,
    GumbelCopula: densities.gumbel,
    FrankCopula: densities.frank,
    JoeCopula: densities.joe,
}
FAMILIES = ("Gaussian", "StudentT", "Clayton", "Gumbel", "Frank", "Joe")
_N_GROUPS = 20
_MOST_COLUMNS = 12


@dataclass(frozen=True)
class CopulaFit:
    """A copula at its largest pseudo-likelihood.

    Attributes
    ----------
    copula : Copula
        Ready for `mc.couple`.
    turned : tuple of str
        The columns that are high where the copula says low.
    log_likelihood : float
        Of the ranks.
    n_parameters : int
        How many numbers were estimated.
    standard_errors : tuple of float
        Of those numbers (correlations row by row below the diagonal, then degrees of
        freedom; or theta), by leaving out a twentieth of the rows at a time.
    """

    copula: Copula
    turned: tuple[str, ...]
    log_likelihood: float
    n_parameters: int
    standard_errors: tuple[float, ...]

    @property
    def aic(self) -> float:
        """Akaike's criterion: the smaller, the better."""
        return 2.0 * self.n_parameters - 2.0 * self.log_likelihood


@dataclass(frozen=True, eq=False)
class CopulaFits:
    """Copulas fitted to the same table, the best one first.

    Attributes
    ----------
    names : tuple of str
        The columns.
    each : tuple of CopulaFit
        In order of AIC.
    refused : mapping of str to str
        Copulas that were not fitted, and why.
    """

    names: tuple[str, ...]
    each: tuple[CopulaFit, ...]
    refused: Mapping[str, str]

    @property
    def best(self) -> Copula:
        """The best copula, for `mc.couple` together with `names` and `turned`."""
        return self.each[0].copula

    @property
    def turned(self) -> tuple[str, ...]:
        """The columns that the best copula has turned."""
        return self.each[0].turned

    def to_frame(self) -> "pd.DataFrame":
        """Return the ranking as a table."""
        import pandas as pd

        lines = [
            (
                type(found.copula).__name__,
                ", ".join(found.turned),
                found.n_parameters,
                found.log_likelihood,
                found.aic,
            )
            for found in self.each
        ]
        columns = ["copula", "turned", "n_parameters", "log_likelihood", "aic"]
        return pd.DataFrame(lines, columns=columns)

    def __repr__(self) -> str:
        refused = [f"not fitted: {name}: {why}" for name, why in self.refused.items()]
        return "\n".join([self.to_frame().to_string(index=False), *refused])

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th scope="row">{html.escape(repr(found.copula))}</th>'
            f"<td>{html.escape(', '.join(found.turned))}</td><td>{found.n_parameters}</td>"
            f"<td>{plain(found.aic)}</td></tr>"
            for found in self.each
        )
        notes = "".join(
            f"<p>not fitted: {html.escape(name)}: {html.escape(why)}</p>"
            for name, why in self.refused.items()
        )
        head = "".join(f"<th>{each}</th>" for each in ("", "turned", "parameters", "AIC"))
        return f"<div><table><tr>{head}</tr>{body}</table>{notes}</div>"


def fit_copula(
    data: Any,
    families: Any = None,
    *,
    names: Sequence[str] | None = None,
) -> CopulaFits:
    """Fit copulas to the columns of a table, and rank them by AIC.

    What the columns' own distributions are doesn't matter: only ranks are looked at, as
    ``rank / (n + 1)``, and the likelihood is that of the copula at those. Correlations of a
    Gaussian copula are those of the normal scores, those of a Student's t come from
    Kendall's tau.

    Parameters
    ----------
    data : array_like of shape (n, k), or pandas.DataFrame
        A line for each observation, twenty at least; two to twelve columns.
    families : sequence of str or type, optional
        Of "Gaussian", "StudentT", "Clayton", "Gumbel", "Frank" and "Joe"; all if left out.
    names : sequence of str, optional
        Of the columns, where `data` has none.

    Returns
    -------
    CopulaFits
        ``mc.couple(model, fits.best, fits.names, turned=fits.turned)`` uses the best one.

    Raises
    ------
    ArgumentError
        If `data` is no such table, or no copula suits it.

    Notes
    -----
    Copulas of one number are also tried turned: with all columns turned, which exchanges
    the tails, and, of two columns that go against each other, with one of them turned.

    References
    ----------
    .. [1] C. Genest, K. Ghoudi, L.-P. Rivest, "A semiparametric estimation procedure of
       dependence parameters in multivariate families of distributions", Biometrika 82
       (1995) 543-552.

    Examples
    --------
    >>> import numpy as np
    >>> import mclib as mc
    >>> wind = np.linspace(1, 9, 40) + np.tile([0.0, 0.9, -0.9, 0.4], 10)
    >>> flood = np.exp(np.linspace(1, 9, 40) / 3 + np.repeat([0.3, -0.2, 0.1, -0.3], 10))
    >>> fits = mc.fit_copula({"wind": wind, "flood": flood}, ["Gaussian", "Clayton"])
    >>> type(fits.best).__name__, fits.names
    ('GaussianCopula', ('wind', 'flood'))
    """
    columns, u = _uniforms(data, names)
    asked = families or FAMILIES
    if isinstance(asked, str) or not isinstance(asked, Sequence):
        asked = (asked,)
    asked = [str(getattr(each, "__name__", each)).removesuffix("Copula") for each in asked]
    for name in asked:
        if name not in FAMILIES:
            raise law("families", f"be of {', '.join(FAMILIES)}", name)
    found: list[CopulaFit] = []
    refused = {}
    for name in asked:
        try:
            if name in _ELLIPTICAL:
                found.append(_elliptical(u, _ELLIPTICAL[name]))
            else:
                found += _archimedean(name, columns, u)
        except MclibError as error:
            refused[name] = str(error)
    if not found:
        reasons = "".join(f"\n  {name}: {why}" for name, why in refused.items())
        raise ArgumentError(f"`data` must suit one of the copulas; it doesn't:{reasons}")
    return CopulaFits(columns, tuple(sorted(found, key=lambda each: each.aic)), refused)


def _uniforms(data: Any, names: Sequence[str] | None) -> tuple[tuple[str, ...], Matrix]:
    must = f"be a table of finite numbers, {_N_GROUPS} lines at least, 2 to 12 columns"
    if isinstance(data, Mapping) or hasattr(data, "columns"):
        given = list(data)
        table = floats("data", [data[name] for name in given], must).T
    else:
        table = floats("data", data, must)
        width = table.shape[1] if table.ndim == 2 else 0
        given = list(names) if names is not None else [f"x{k + 1}" for k in range(width)]
    is_table = table.ndim == 2 and 2 <= table.shape[1] <= _MOST_COLUMNS
    if not is_table or len(table) < _N_GROUPS or not np.all(np.isfinite(table)):
        raise law("data", must, f"shape {table.shape}")
    if len(given) != table.shape[1]:
        raise law("names", f"be {table.shape[1]} names", names)
    return tuple(map(str, given)), _ranked(table)


def _ranked(table: Matrix) -> Matrix:
    n = len(table)
    return np.stack([ranks(column) / (n + 1.0) for column in table.T], axis=1)


def _jackknifed(u: Matrix, estimate: Callable[[Matrix], Floats]) -> tuple[float, ...]:
    """Return standard errors: a group of rows is left out at a time, and ranked again."""
    group = np.arange(len(u)) % _N_GROUPS
    parts = np.array([estimate(_ranked(u[group != k])) for k in range(_N_GROUPS)])
    apart = np.sum((parts - parts.mean(axis=0)) ** 2, axis=0)
    return tuple(np.sqrt((_N_GROUPS - 1.0) / _N_GROUPS * apart).tolist())


def _archimedean(name: str, columns: tuple[str, ...], u: Matrix) -> list[CopulaFit]:
    made = {each.__name__: each for each in _ARCHIMEDEAN}[f"{name}Copula"]
    tau = _taus(u)
    k = u.shape[1]
    ways: list[tuple[str, ...]]
    if k == 2 and tau[0, 1] < 0.0:
        ways = [(columns[0],), (columns[1],)]
    elif np.all(tau > 0.0):
        ways = [(), columns]
    else:
        message = "some columns go against each other, and it joins all of them alike"
        raise ArgumentError(message)
    # Frank's copula is the same from both ends.
    ways = ways[:1] if made is FrankCopula else ways
    return [_one_number(made, columns, u, way) for way in ways]


def _one_number(
    made: Any, columns: tuple[str, ...], u: Matrix, way: tuple[str, ...]
) -> CopulaFit:
    from scipy.optimize import minimize_scalar

    density = _ARCHIMEDEAN[made]
    is_turned = np.array([name in way for name in columns])
    low, high = made._range()

    def total(theta: float, places: Matrix) -> float:
        with np.errstate(all="ignore"):
            value = float(np.sum(density(places, theta)))
        return value if math.isfinite(value) else -1e10

    def estimate(places: Matrix) -> Floats:
        found = minimize_scalar(
            lambda x: -total(math.exp(x), places),
            bounds=(math.log(low), math.log(high)),
            method="bounded",
            options={"xatol": 1e-7},
        )
        return np.array([math.exp(found.x)])

    seen = np.where(is_turned, 1.0 - u, u)
    theta = float(estimate(seen)[0])
    errors = _jackknifed(seen, estimate)
    return CopulaFit(made(theta), way, total(theta, seen), 1, errors)


def _taus(u: Matrix) -> Matrix:
    k = u.shape[1]
    matrix = np.eye(k)
    for i in range(k):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = kendall(ranks(u[:, i]), ranks(u[:, j])).value
    return matrix


def _possible(matrix: Matrix) -> Matrix:
    """Return the matrix itself, or the nearest that is one of correlations."""
    bounded = np.clip(matrix, -0.9999, 0.9999)
    np.fill_diagonal(bounded, 1.0)
    if not is_valid(bounded) or np.linalg.eigvalsh(bounded)[0] < 1e-8:
        bounded = nearest_correlations(bounded) * (1.0 - 1e-6) + 1e-6 * np.eye(len(bounded))
    return bounded


def _gaussian(u: Matrix) -> tuple[Copula, float, Floats]:
    from scipy.special import ndtri

    matrix = _possible(np.asarray(np.corrcoef(ndtri(u), rowvar=False)))
    total = float(np.sum(densities.gaussian(u, matrix)))
    return GaussianCopula(matrix), total, matrix[np.tril_indices(len(matrix), -1)]


def _student(u: Matrix) -> tuple[Copula, float, Floats]:
    from scipy.optimize import minimize_scalar

    matrix = _possible(np.sin(np.pi / 2.0 * _taus(u)))
    found = minimize_scalar(
        lambda x: -np.sum(densities.student(u, matrix, math.exp(x))),
        bounds=(math.log(0.5), math.log(1e3)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    nu = math.exp(found.x)
    numbers = np.append(matrix[np.tril_indices(len(matrix), -1)], nu)
    return StudentTCopula(matrix, nu), float(-found.fun), numbers


def _elliptical(
    u: Matrix, estimate: Callable[[Matrix], tuple[Copula, float, Floats]]
) -> CopulaFit:
    copula, total, numbers = estimate(u)
    errors = _jackknifed(u, lambda places: estimate(places)[2])
    return CopulaFit(copula, (), total, len(numbers), errors)


_ELLIPTICAL = {"Gaussian": _gaussian, "StudentT": _student}
