"""What every distribution can do.

A distribution is a frozen set of parameters with a quantile function. The function is
written once, over expressions, and every draw of every engine goes through it; `quantile`
evaluates that same graph for plain numbers.
"""

import copy
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mclib.distributions import laws
from mclib.distributions.laws import Floats, Parameter
from mclib.errors import TraceError, law
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.machine import fma
from mclib.expressions.nodes import node
from mclib.expressions.probability import Probability


class Distribution(ABC):
    """A distribution of one real input.

    Subclasses are frozen dataclasses whose fields are the parameters. A parameter is a
    number, or a traced value: a parameter of the model, or another input. What a number
    must keep to is checked when the distribution is made. A traced value is checked by
    `check`, as soon as its number is known, or never if it differs from trial to trial: a
    trial whose parameters break a law yields NaN or a number without meaning.

    `cdf`, `quantile`, the moments and the support need plain numbers.

    Attributes
    ----------
    fitted_to : float
        To how many data its parameters were fitted, and then taken as sure; else 0.
    """

    fitted_to: float = 0.0

    @property
    @abstractmethod
    def mean(self) -> float:
        """The mean, in the draws' unit; infinite or NaN where there is none."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """The variance, in the draws' unit squared; infinite or NaN where there is none."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """The smallest and the largest value that a draw can come near to, in its unit."""

    @abstractmethod
    def draw(self, p: Probability) -> Expression:
        """Return the quantile function at `p`: the draw of the trial whose uniform `p` is.

        Parameters
        ----------
        p : Probability
            A uniform of the trial, seen from both ends.

        Returns
        -------
        Expression
            A real number per trial, in the distribution's unit.
        """

    @abstractmethod
    def _below(self, x: Floats) -> Floats:
        """Return the probability of a draw of at most `x`."""

    @abstractmethod
    def _above(self, x: Floats) -> Floats:
        """Return the probability of a draw above `x`."""

    @property
    def standard_deviation(self) -> float:
        """The square root of the variance, in the draws' unit."""
        return float(np.sqrt(self.variance))

    @property
    @final
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters by name: numbers or traced values."""
        each = {field.name: getattr(self, field.name) for field in _fields(self)}
        return MappingProxyType({name: x for name, x in each.items() if _is_parameter(x)})

    @final
    def with_parameters(self, **values: Parameter) -> Self:
        """Return this distribution with some parameters changed.

        Raises
        ------
        ArgumentError
            If a name is not a parameter, or the new values break a law.

        Examples
        --------
        >>> from mclib.distributions import Triangular
        >>> Triangular(low=0, mode=1, high=2).with_parameters(high=5)
        Triangular(low=0.0, mode=1.0, high=5.0)
        """
        known = self.parameters
        for name in values:
            if name not in known:
                names = ", ".join(known) or "none"
                must = f"be a parameter of `{type(self).__name__}` ({names})"
                raise law(name, must, values[name])
        return dataclasses.replace(self, **values)  # type: ignore[type-var]

    @final
    def check(self, values: Mapping[str, float]) -> None:
        """Raise what making the distribution would raise if parameters had these numbers.

        Parameters
        ----------
        values : mapping of str to float
            Numbers for some or all parameters. Traced parameters that are left out pass.

        Raises
        ------
        ArgumentError
            If a name is not a parameter, or the numbers break a law.
        """
        self.with_parameters(**values)

    @final
    def cdf(self, x: npt.ArrayLike) -> Any:
        """Return the probability of a draw of at most `x`, accurate in the lower tail.

        Parameters
        ----------
        x : array_like
            Numbers in the draws' unit; NaN gives NaN.

        Returns
        -------
        float64 or array of float64
            Of the shape of `x`, from 0 to 1.
        """
        self._require_numbers()
        places = laws.reals("x", x)
        return _with_nan(self._below(places), places)[()]

    @final
    def probability_above(self, x: npt.ArrayLike) -> Any:
        """Return the probability of a draw above `x`, accurate in the upper tail.

        It is 1 - cdf(x) without the digits that this subtraction loses. Parameters and
        result are those of `cdf`.
        """
        self._require_numbers()
        places = laws.reals("x", x)
        return _with_nan(self._above(places), places)[()]

    @final
    def probability_between(self, low: npt.ArrayLike, high: npt.ArrayLike) -> Any:
        """Return the probability of a draw above `low` and of at most `high`.

        It is ``cdf(high) - cdf(low)`` with the digits that a small probability far out has.

        Parameters
        ----------
        low, high : array_like
            Numbers in the draws' unit, which broadcast; 0 where `high` isn't above `low`.

        Returns
        -------
        float64 or array of float64
            From 0 to 1.

        Examples
        --------
        >>> from mclib.distributions import Normal
        >>> print(f"{Normal(0, 1).probability_between(20, 21):.6e}")
        2.753624e-89
        """
        below, above = self.cdf(low), self.probability_above(low)
        lower, upper = self.cdf(high) - below, above - self.probability_above(high)
        return np.maximum(np.where(below < 0.5, lower, upper), 0.0)[()]

    @final
    def quantile(self, u: npt.ArrayLike) -> Any:
        """Return the quantile function at `u`: the smallest x with cdf(x) >= u.

        Parameters
        ----------
        u : array_like
            Probabilities from 0 to 1. At 0 and 1 the result is the end of the support.

        Returns
        -------
        float64 or array of float64
            Of the shape of `u`, in the draws' unit.

        Raises
        ------
        ArgumentError
            If a number lies outside [0, 1] or is NaN.

        Notes
        -----
        It evaluates, in NumPy, the formula that engines compile for draws, and is slow.
        Only two are others for draws: the normal's, which differs in the twelfth digit,
        and a Weibull's table, which differs in the eleventh.
        A float near 1 keeps few digits of its distance from 1; for the upper tail
        use `quantile_from_above`.
        """
        places = laws.probabilities("u", u)
        is_upper = places > 0.5
        return self._draws(np.where(is_upper, 1.0 - places, places), is_upper)

    @final
    def quantile_from_above(self, q: npt.ArrayLike) -> Any:
        """Return the value that a draw exceeds with probability `q`.

        It is quantile(1 - q) with all the digits that `q` has. Parameters and result are
        those of `quantile`.
        """
        places = laws.probabilities("q", q)
        is_upper = places <= 0.5
        return self._draws(np.where(is_upper, places, 1.0 - places), is_upper)

    @final
    def _draws(self, tail: Floats, is_upper: npt.NDArray[np.bool_]) -> Any:
        self._require_numbers()
        values = self._inverse(tail.ravel(), is_upper.ravel())
        shaped = np.broadcast_to(values, tail.size).reshape(tail.shape)
        low, high = self.support
        return np.where(tail == 0.0, np.where(is_upper, high, low), shaped)[()]

    def _inverse(self, tail: Floats, is_upper: npt.NDArray[np.bool_]) -> Any:
        """Return quantiles for probabilities given from their nearer end, in a row.

        It evaluates `draw`; what draws by more than one uniform has a way of its own.
        """
        bindings = {_TAIL: tail, _SIDE: is_upper.astype(np.float64)}
        p = Probability(Expression(_TAIL), Expression(_SIDE) > 0.5)
        return evaluate_model_expression(self.draw(p), Type.FLOAT64, bindings)

    @final
    def _require_numbers(self) -> None:
        for name, value in self.parameters.items():
            if not laws.is_plain(value):
                message = (
                    f"`{type(self).__name__}` must have numbers as parameters to have a "
                    f"cdf, a quantile, moments and a support; `{name}` is a traced value.\n"
                    f"hint: look at one case with `.with_parameters({name}=...)`."
                )
                raise TraceError(message)

    def _repr_html_(self) -> str | None:
        try:
            self._require_numbers()
        except TraceError:
            # What differs from trial to trial has no one picture.
            return None
        from mclib.distributions.pictures import distribution_html

        return distribution_html(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    @final
    def _content(self) -> Hashable:
        return type(self), *(
            _hashable(getattr(self, field.name)) for field in _fields(self)
        )


def fitted(distribution: Distribution, n_data: float) -> Distribution:
    """Return a distribution that knows to how many data it was fitted."""
    known = copy.copy(distribution)
    object.__setattr__(known, "fitted_to", float(n_data))
    return known


def stretched(z: Expression, scale: Parameter, location: Parameter) -> Expression:
    """Return ``location + scale z``, rounded once."""
    if laws.is_plain(location) and location == 0.0:
        return z * scale  # type: ignore[no-any-return]
    return fma(z, scale, location)


# Placeholders for a `Probability`, bound to arrays when numbers are asked for.
_TAIL = node("parameter", type_=Type.REAL, payload="tail")
_SIDE = node("parameter", type_=Type.REAL, payload="side")


def _fields(of: Distribution) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(of)  # type: ignore[arg-type]


def _is_parameter(value: object) -> bool:
    return isinstance(value, (int, float, Expression)) and not isinstance(value, bool)


def _hashable(value: Any) -> Hashable:
    # Comparing expressions makes an expression; their nodes compare by identity.
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, np.ndarray):
        return value.tobytes()
    return value  # type: ignore[no-any-return]


def _with_nan(values: Floats, places: Floats) -> Floats:
    return np.where(np.isnan(places), np.nan, values)
