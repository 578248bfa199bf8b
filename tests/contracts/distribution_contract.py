"""What every distribution owes to those who draw from it.

Each law takes one `Peer` and asserts. Laws use a distribution's public faces and its graph,
never its family, so that a new family joins by one
line in `distribution_peers.PEERS`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mclib.distributions import Distribution, Normal
from mclib.errors import ArgumentError, TraceError
from mclib.expressions.coercion import resolving
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.lowering import evaluate_model_expression
from mclib.expressions.nodes import Node, node, topological
from mclib.expressions.probability import Probability
from tests.contracts.distribution_peers import Peer

TAILS = np.concatenate([[0.5], np.geomspace(0.4999, 1e-12, 200)])
SLACK = 8
"""Roundings of a draw that its u-error is not charged with."""


def drawn(
    distribution: Distribution,
    tails: Any,
    is_upper: bool,
    precision: Type = Type.FLOAT64,
    values: dict[Node, float] | None = None,
) -> Any:
    """Return draws for uniforms given by their tails, as an engine computes them."""
    tail, side = (node("parameter", type_=Type.REAL, payload=each) for each in "ts")
    p = Probability(Expression(tail), Expression(side) > 0.5)
    bindings = {tail: tails, side: np.full(np.shape(tails), float(is_upper))}
    with resolving(lambda asked: _resolved(asked, values or {})):
        expression = distribution.draw(p)
    drawn_ = evaluate_model_expression(expression, precision, bindings | (values or {}))
    return np.broadcast_to(drawn_, np.shape(tails))


def _resolved(asked: Node, values: dict[Node, float]) -> Any:
    known = {each: values[each] for each in topological([asked]) if each in values}
    return evaluate_model_expression(Expression(asked), bindings=known).item()


def _encloses(outside: Callable[[Any], Any], x: Any, p: Any, error: float) -> None:
    """Assert that the probability passes `p` within a few roundings of `x`."""
    rounding = SLACK * np.spacing(np.abs(x))
    ends = outside(x - rounding), outside(x + rounding)
    least, most = np.minimum(*ends), np.maximum(*ends)
    assert np.all(least <= p * (1 + error))
    assert np.all(p * (1 - error) <= most)


def cdf_undoes_the_quantile_function(peer: Peer) -> None:
    x = peer.distribution.quantile(TAILS)

    _encloses(peer.distribution.cdf, x, TAILS, peer.u_error)


def probability_above_undoes_the_quantile_function_from_above(peer: Peer) -> None:
    x = peer.distribution.quantile_from_above(TAILS)

    _encloses(peer.distribution.probability_above, x, TAILS, peer.u_error)


def the_quantile_function_undoes_the_cdf(peer: Peer) -> None:
    x = peer.distribution.quantile(np.linspace(0.01, 0.99, 99))
    # A hair below, so that a step is met from its own side.
    back = peer.distribution.quantile(peer.distribution.cdf(x) * (1 - 1e-12))

    scale = np.abs(x) + np.ptp(x)
    assert np.all(np.abs(back - x) <= 1e-8 * scale)


def draws_grow_with_u(peer: Peer) -> None:
    tails = np.geomspace(2.0**-53, 0.5, 5_000)
    lower, upper = (drawn(peer.distribution, tails, is_upper) for is_upper in (False, True))
    x = np.concatenate([lower, upper[::-1]])

    # The halves of a table meet at the median, which floats fix to some twenty roundings
    # where the density is flat.
    assert np.all(np.diff(x) >= -32 * np.spacing(np.abs(x[1:])))


def draws_stay_in_the_support(peer: Peer) -> None:
    low, high = peer.distribution.support
    tails = np.array([1e-300, 2.0**-1000, 2.0**-64, 2.0**-53, 1e-12, 0.25, 0.5])

    for is_upper in (False, True):
        x = drawn(peer.distribution, tails, is_upper)
        assert np.all((low <= x) & (x <= high))


def the_ends_of_u_are_the_ends_of_the_support(peer: Peer) -> None:
    assert peer.distribution.support == tuple(peer.distribution.quantile([0.0, 1.0]))
    assert peer.distribution.support == tuple(peer.distribution.quantile_from_above([1, 0]))


def probabilities_run_from_0_to_1(peer: Peer) -> None:
    ends = np.array([-np.inf, np.inf, np.nan])

    np.testing.assert_array_equal(peer.distribution.cdf(ends), [0.0, 1.0, np.nan])
    np.testing.assert_array_equal(
        peer.distribution.probability_above(ends), [1.0, 0.0, np.nan]
    )


def the_two_probabilities_add_up_to_1(peer: Peer) -> None:
    x = peer.distribution.quantile(np.linspace(0.0, 1.0, 41)[1:-1])

    together = peer.distribution.cdf(x) + peer.distribution.probability_above(x)
    np.testing.assert_allclose(together, 1.0, rtol=1e-14)


def moments_are_those_of_the_quantile_function(peer: Peer) -> None:
    made = peer.distribution
    assert np.array_equal(np.sqrt(made.variance), made.standard_deviation, equal_nan=True)
    if not np.isfinite(made.mean):
        _assert_moment_diverges(made, 1)
        return
    weights, x = _grid(peer)
    mean = np.sum(weights * x)
    with np.errstate(over="ignore"):
        spread = np.sqrt(np.sum(weights * (x - mean) ** 2))
    if not np.isfinite(made.variance):
        assert abs(made.mean - mean) <= 1e-7 * abs(mean)
        _assert_moment_diverges(made, 2)
        return
    assert abs(made.mean - mean) <= 1e-7 * max(spread, 1e-12)
    assert abs(made.standard_deviation - spread) <= 1e-6 * max(spread, 1e-12)


def _assert_moment_diverges(distribution: Distribution, order: int) -> None:
    """Assert that each octave of the upper tail adds at least half as much as before."""
    tails = 2.0 ** -np.array([12.0, 24.0, 48.0])
    added = np.abs(drawn(distribution, tails, True)) ** order * tails
    assert np.all(added[1:] > 0.5 * added[:-1])


def _grid(peer: Peer) -> tuple[Any, Any]:
    if peer.is_whole:
        return _grid_of_counts(peer)
    return _grid_of_steps(peer) if peer.has_steps else _grid_of_octaves(peer)


def _grid_of_counts(peer: Peer) -> tuple[Any, Any]:
    """Return whole numbers, as far as tails of 1e-20, and their probabilities."""
    first = float(peer.distribution.quantile(1e-20))
    last = float(peer.distribution.quantile_from_above(1e-20))
    k = np.arange(first, last + 1.0)
    return peer.distribution.cdf(k) - peer.distribution.cdf(k - 1.0), k


def _grid_of_steps(peer: Peer) -> tuple[Any, Any]:
    n = 27_720
    u = (np.arange(n) + 0.5) / n
    return np.full(n, 1 / n), peer.distribution.quantile(u)


def _grid_of_octaves(peer: Peer) -> tuple[Any, Any]:
    """Gauss-Legendre points over the halvings of both tails, the first 64 cut in eight."""
    points, weights = np.polynomial.legendre.leggauss(6)
    lengths = np.concatenate([np.full(512, 1 / 8), np.ones(192)])
    starts = np.cumsum(lengths) - lengths
    places = starts[:, None] + lengths[:, None] * (points + 1) / 2
    tails = 2.0 ** -(1 + places.ravel())
    widths = tails * (lengths[:, None] * weights).ravel() / 2 * np.log(2)
    halves = [drawn(peer.distribution, tails, is_upper) for is_upper in (False, True)]
    return np.concatenate([widths, widths]), np.concatenate(halves)


def arrays_keep_their_shape(peer: Peer) -> None:
    for face in (peer.distribution.quantile, peer.distribution.cdf):
        for shape in ((), (3,), (2, 3), (0,)):
            made = face(np.full(shape, 0.25, np.float32))
            assert (shape, np.dtype(np.float64)) == (made.shape, made.dtype)
        assert isinstance(face(0.25), np.float64)
        assert face([0.25, 0.75]).shape == (2,)


def float32_draws_are_float64_draws_rounded(peer: Peer) -> None:
    tails = np.geomspace(2.0**-33, 0.5, 500).astype(np.float32)

    for is_upper, outside in (
        (False, peer.distribution.cdf),
        (True, peer.distribution.probability_above),
    ):
        x = drawn(peer.distribution, tails, is_upper, Type.FLOAT32)
        assert x.dtype == np.float32
        wide = x.astype(np.float64)
        # The smallest normal float32: gradual underflow is below it.
        rounding = 32 * np.spacing(np.maximum(np.abs(x), np.float32(2.0**-126)))
        ends = outside(wide - rounding), outside(wide + rounding)
        assert np.all(np.minimum(*ends) <= tails * (1 + 2e-5))
        assert np.all(tails * (1 - 2e-5) <= np.maximum(*ends))


def parameters_may_be_traced(peer: Peer) -> None:
    own = peer.distribution.parameters
    symbols = {name: node("parameter", type_=Type.REAL, payload=name) for name in own}
    traced = peer.distribution.with_parameters(
        **{name: Expression(symbol) for name, symbol in symbols.items()}
    )
    values = {symbols[name]: float(value) for name, value in own.items()}

    traced.check(own)
    for is_upper in (False, True):
        expected = drawn(peer.distribution, TAILS, is_upper)
        made = drawn(traced, TAILS, is_upper, values=values)
        np.testing.assert_allclose(made, expected, rtol=1e-13, atol=1e-13)
    if own:
        with pytest.raises(TraceError, match="must have numbers as parameters"):
            traced.quantile(0.5)


def numbers_that_are_no_probabilities_are_refused(peer: Peer) -> None:
    for bad in (-0.1, 1.1, np.nan, np.inf):
        with pytest.raises(ArgumentError, match="`u` must lie between 0 and 1; got "):
            peer.distribution.quantile([0.5, bad])
        with pytest.raises(ArgumentError, match="`q` must lie between 0 and 1; got "):
            peer.distribution.quantile_from_above(bad)
    with pytest.raises(ArgumentError, match="`x` must be a number or an array of numbers"):
        peer.distribution.cdf("0.5")


def parameters_are_checked_by_name(peer: Peer) -> None:
    for name in peer.distribution.parameters:
        with pytest.raises(ArgumentError, match=f"`{name}` must be finite; got nan"):
            peer.distribution.check({name: np.nan})
        with pytest.raises(ArgumentError, match=f"`{name}` must be a number or a traced"):
            peer.distribution.check({name: "much"})  # type: ignore[dict-item]
    with pytest.raises(ArgumentError, match="`size` must be a parameter of `"):
        peer.distribution.check({"size": 1.0})
    assert peer.distribution.check({}) is None


def equal_contents_are_equal(peer: Peer) -> None:
    again = peer.distribution.with_parameters(**peer.distribution.parameters)

    assert peer.distribution == again
    assert hash(peer.distribution) == hash(again)
    assert peer.distribution != Normal(mean=-17, standard_deviation=17)


LAWS: tuple[Callable[[Peer], None], ...] = (
    cdf_undoes_the_quantile_function,
    probability_above_undoes_the_quantile_function_from_above,
    the_quantile_function_undoes_the_cdf,
    draws_grow_with_u,
    draws_stay_in_the_support,
    the_ends_of_u_are_the_ends_of_the_support,
    probabilities_run_from_0_to_1,
    the_two_probabilities_add_up_to_1,
    moments_are_those_of_the_quantile_function,
    arrays_keep_their_shape,
    float32_draws_are_float64_draws_rounded,
    parameters_may_be_traced,
    numbers_that_are_no_probabilities_are_refused,
    parameters_are_checked_by_name,
    equal_contents_are_equal,
)
