"""Counts from finite lots whose numbers differ from trial to trial: by walking.

The probabilities of neighboring counts have a simple ratio. From the end nearer to u on
a trial steps from count to count and adds up what it passes, until it has passed the tail.
Probabilities are carried as logarithms: at the end they may be less than a float can hold.
"""

from collections.abc import Callable
from typing import Any

from mclib.distributions.iterated import log_gamma
from mclib.expressions.expression import Expression
from mclib.expressions.functions import exp, log, maximum, minimum, where
from mclib.expressions.loops import scan
from mclib.expressions.probability import Probability

_HAIR = 1e-13


def walked_count(
    log_first: Any, ratio: Callable[[Any], Any], n_steps: Any, p: Probability
) -> Expression:
    """Return how many steps away from its end a count lies.

    Parameters
    ----------
    log_first : traced value
        The logarithm of the probability of the end.
    ratio : callable
        From the number of steps to the ratio of the next probability to that one's.
    n_steps : traced value
        From one end to the other.
    p : Probability
        Where; in its upper half steps are counted from the upper end.

    Notes
    -----
    It takes as many steps as the count lies from its end, at most 1,048,576. From below the
    count is the first at which the sum reaches u; from above the first at which it is more
    than 1 - u. A sum that differs from the tail by its rounding alone is taken as the tail.
    """
    wanted = where(p.side, p.tail * (1.0 + _HAIR), p.tail * (1.0 - _HAIR))

    def further(state: tuple[Expression, ...]) -> tuple[Expression, ...]:
        steps, log_of_share, passed = state
        following = log_of_share + log(ratio(steps))
        return steps + 1.0, following, passed + exp(following)

    def is_there(state: tuple[Expression, ...]) -> Expression:
        steps, _, passed = state
        # Written so that numbers that are none have no steps.
        return ~((passed < wanted) & (steps < n_steps))  # type: ignore[no-any-return]

    steps, _, _ = scan(further, (0.0, log_first, exp(log_first)), until=is_there)
    return steps  # type: ignore[no-any-return]


def walked_sample(n_drawn: Any, n_marked: Any, n_pieces: Any, p: Probability) -> Expression:
    """Return the quantile of a hypergeometric count; see `walked_count`.

    From above it is the unmarked pieces that are counted.
    """
    marked = where(p.side, n_pieces - n_marked, n_marked)
    others = n_pieces - marked
    low = maximum(n_drawn - others, 0.0)
    high = minimum(n_drawn, marked)
    steps = walked_count(
        log_ways(marked, low)
        + log_ways(others, n_drawn - low)
        - log_ways(n_pieces, n_drawn),
        lambda k: (
            (marked - low - k)
            * (n_drawn - low - k)
            / ((low + k + 1.0) * (others - n_drawn + low + k + 1.0))
        ),
        high - low,
        p,
    )
    return where(p.side, n_drawn - low - steps, low + steps)  # type: ignore[no-any-return]


def walked_chances(n: Any, a: Any, b: Any, p: Probability) -> Expression:
    """Return the quantile of a beta-binomial count; see `walked_count`.

    From above it is what doesn't come true that is counted.
    """
    own, other = where(p.side, b, a), where(p.side, a, b)
    total = own + other
    log_first = log_gamma(n + other) + log_gamma(total)
    log_first = log_first - log_gamma(n + total) - log_gamma(other)
    steps = walked_count(
        log_first,
        lambda k: (n - k) * (k + own) / ((k + 1.0) * (n - k - 1.0 + other)),
        n,
        p,
    )
    return where(p.side, n - steps, steps)  # type: ignore[no-any-return]


def log_ways(n: Any, k: Any) -> Any:
    """Return the logarithm of the ways to choose `k` of `n` pieces."""
    return log_gamma(n + 1.0) - log_gamma(k + 1.0) - log_gamma(n - k + 1.0)
