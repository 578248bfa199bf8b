"""Fit every polynomial and quotient of polynomials in `mclib.expressions.mathematics`.

Run ``python tests/golden/fit_coefficients.py [name ...]``: each table is printed, highest
coefficient first, with the largest error of the fit before rounding. All take 20 seconds.

The fits are minimax: Remez' exchange, on a dense grid, with the error weighted so that it
is relative to the function that the formula is for. Needs mpmath.
"""

import bisect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import mpmath as mp
import numpy as np

mp.mp.dps = 50

Number = Any
"""An mpmath number."""

N_POINTS = 900
N_EXCHANGES = 40


@dataclass(frozen=True)
class Problem:
    """Functions on a grid: where, what, and how much an error there weighs.

    `places` are the grid's points in the coordinate in which the first nodes are those of a
    Chebyshev polynomial.
    """

    points: list[Number]
    values: list[Number]
    weights: list[Number]
    places: list[Number]


@dataclass(frozen=True)
class Fit:
    """Two polynomials, lowest coefficient first, and their quotient's largest error."""

    numerator: list[Number]
    denominator: list[Number]
    error: Number


def polynomial(coefficients: Iterable[Number], x: Number) -> Number:
    """Return the polynomial with these coefficients, lowest first."""
    total = mp.mpf(0)
    for coefficient in reversed(list(coefficients)):
        total = total * x + coefficient
    return total


def errors(
    problem: Problem, numerator: list[Number], denominator: list[Number]
) -> list[Number]:
    """Return the weighted error at every point."""
    return [
        weight * (value - polynomial(numerator, x) / polynomial(denominator, x))
        for x, value, weight in zip(
            problem.points, problem.values, problem.weights, strict=True
        )
    ]


def extremes(error: list[Number], wanted: int) -> list[int]:
    """Return where the error is extreme, alternating in sign; the `wanted` largest."""
    found, start = [], 0
    for end in range(1, len(error) + 1):
        if end == len(error) or mp.sign(error[end]) != mp.sign(error[start]):
            found.append(max(range(start, end), key=lambda k: abs(error[k])))
            start = end
    while len(found) > wanted:
        least = min(range(len(found)), key=lambda k: abs(error[found[k]]))
        if len(found) == wanted + 1 or least in {0, len(found) - 1}:
            found.pop(0 if abs(error[found[0]]) < abs(error[found[-1]]) else -1)
        else:
            before, after = abs(error[found[least - 1]]), abs(error[found[least + 1]])
            first = least - 1 if before < after else least
            del found[first : first + 2]
    return found


def solve(
    problem: Problem, places: list[int], degrees: tuple[int, int], old: list[Number] | None
) -> tuple[list[Number], list[Number], Number]:
    """Return numerator, denominator and levelled error at `places`.

    The error's product with the unknown denominator is taken with the `old` one; without
    one the error is zero: interpolation.
    """
    top, bottom = degrees
    size = top + bottom + (1 if old is None else 2)
    matrix, right = mp.matrix(size, size), mp.matrix(size, 1)
    for row, place in enumerate(places):
        x, value = problem.points[place], problem.values[place]
        for k in range(top + 1):
            matrix[row, k] = x**k
        for k in range(1, bottom + 1):
            matrix[row, top + k] = -value * x**k
        if old is not None:
            weighted = polynomial(old, x) / problem.weights[place]
            matrix[row, size - 1] = weighted if row % 2 == 0 else -weighted
        right[row] = value
    solution = list(mp.lu_solve(matrix, right))
    numerator = solution[: top + 1]
    denominator = [mp.mpf(1), *solution[top + 1 : top + bottom + 1]]
    return numerator, denominator, mp.mpf(0) if old is None else solution[-1]


def remez(problem: Problem, top: int, bottom: int = 0) -> Fit:
    """Return the minimax quotient of degrees `top` and `bottom`."""
    low, high = problem.places[0], problem.places[-1]
    n_unknown = top + bottom + 1
    nodes = [
        low + (high - low) * (1 - mp.cos(mp.pi * (k + mp.mpf(1) / 2) / n_unknown)) / 2
        for k in range(n_unknown)
    ]
    last = len(problem.points) - 1
    first = [min(last, bisect.bisect(problem.places, node)) for node in nodes]
    numerator, denominator, _ = solve(problem, first, (top, bottom), None)
    error = errors(problem, numerator, denominator)
    for _ in range(N_EXCHANGES):
        reference = extremes(error, n_unknown + 1)
        if len(reference) <= n_unknown:
            break
        level = mp.mpf(0)
        for _ in range(10):
            numerator, denominator, new = solve(
                problem, reference, (top, bottom), denominator
            )
            if abs(new - level) <= abs(new) * mp.mpf("1e-8"):
                break
            level = new
        error = errors(problem, numerator, denominator)
        largest = max(map(abs, error))
        if largest <= abs(new) * mp.mpf("1.001"):
            return Fit(numerator, denominator, largest)
    message = f"the exchange for degrees {top} and {bottom} did not settle."
    raise ArithmeticError(message)


def chebyshev(low: Number, high: Number) -> list[Number]:
    """Return points between `low` and `high`, denser towards both."""
    angles = (mp.pi * (k + mp.mpf(1) / 2) / N_POINTS for k in range(N_POINTS))
    return [(low + high) / 2 - (high - low) / 2 * mp.cos(angle) for angle in angles]


def smooth(
    low: Number,
    high: Number,
    function: Callable[[Number], Number],
    weight: Callable[[Number], Number],
) -> Problem:
    """Return the problem of a function that has no scale of its own."""
    points = chebyshev(mp.mpf(low), mp.mpf(high))
    return Problem(
        points, [function(x) for x in points], [weight(x) for x in points], points
    )


def exp_problem() -> Problem:
    """(exp(f) - 1 - f) / f², relative to exp."""
    bound = mp.log(2) / 2 * mp.mpf("1.0002")
    return smooth(
        -bound,
        bound,
        lambda f: (mp.expm1(f) - f) / f**2,
        lambda f: f**2 / mp.exp(f),
    )


def log_problem() -> Problem:
    """(log(1 + f) - f) / f², relative to log(1 + f)."""
    bound = mp.mpf("1.0001") / 3
    return smooth(
        -bound,
        bound,
        lambda f: (mp.log1p(f) - f) / f**2,
        lambda f: abs(f**2 / mp.log1p(f)),
    )


def power_problem() -> Problem:
    """(2 artanh(s) / s - 2 - 2 s² / 3) / s⁴ in s², relative to 2 artanh(s)."""

    def ratio(u: Number) -> Number:
        return 2 * mp.atanh(mp.sqrt(u)) / mp.sqrt(u)

    return smooth(
        0,
        mp.mpf("0.0401"),
        lambda u: (ratio(u) - 2 - 2 * u / 3) / u**2,
        lambda u: u**2 / ratio(u),
    )


def _odd_problem(bound: Number, function: Callable[[Number], Number]) -> Problem:
    """(g(r) / r - 1) / r² in r², relative to g."""

    def ratio(u: Number) -> Number:
        return function(mp.sqrt(u)) / mp.sqrt(u)

    return smooth(
        0, mp.mpf(bound) ** 2, lambda u: (ratio(u) - 1) / u, lambda u: u / ratio(u)
    )


def sine_problem() -> Problem:
    """The sine a little beyond pi / 4."""
    return _odd_problem(mp.pi / 4 + mp.mpf("0.075"), mp.sin)


def cosine_problem() -> Problem:
    """(cos(r) - 1 + r² / 2) / r⁴ in r², relative to the cosine."""
    bound = mp.pi / 4 + mp.mpf("0.075")
    return smooth(
        0,
        bound**2,
        lambda u: (mp.cos(mp.sqrt(u)) - 1 + u / 2) / u**2,
        lambda u: u**2 / mp.cos(mp.sqrt(u)),
    )


def arctangent_problem() -> Problem:
    """The arctangent up to 1."""
    return _odd_problem(mp.mpf(1), mp.atan)


def erf_small_problem() -> Problem:
    """erf(x) / x - 1 in x² up to 1, relative to erf."""

    def ratio(u: Number) -> Number:
        return mp.erf(mp.sqrt(u)) / mp.sqrt(u)

    return smooth(0, 1, lambda u: ratio(u) - 1, lambda u: 1 / ratio(u))


def erf_large_problem(high: float) -> Problem:
    """-log erfc(x) from 1 on, weighted with erfc: an absolute error of erf."""
    return smooth(mp.mpf("0.99"), high, lambda x: -mp.log(mp.erfc(x)), mp.erfc)


def erfc_problem(high: float) -> Problem:
    """exp(x²) erfc(x) from 0 on, relative."""
    places = [mp.mpf(k) / (N_POINTS - 1) for k in range(N_POINTS)]
    points = [mp.expm1(place * mp.log1p(high)) for place in places]
    values = [mp.exp(x * x) * mp.erfc(x) for x in points]
    return Problem(points, values, [1 / value for value in values], places)


def normal_problem(z_high: float, w_main: float, beyond: float) -> Problem:
    """z / w with w = -log(2 h), in s = sqrt(-log h), relative; laxer beyond `w_main`."""
    places = [(k + mp.mpf(1) / 2) / N_POINTS for k in range(N_POINTS)]
    z = [2 * mp.expm1(place * mp.log1p(mp.mpf(z_high) / 2)) for place in places]
    w = [-mp.log(mp.erfc(each / mp.sqrt(2))) for each in z]
    points = [mp.sqrt(each + mp.log(2)) for each in w]
    values = [each / below for each, below in zip(z, w, strict=True)]
    weights = [
        (1 if below <= w_main else mp.mpf(beyond)) / value
        for value, below in zip(values, w, strict=True)
    ]
    return Problem(points, values, weights, places)


@dataclass(frozen=True)
class Task:
    """What to fit, the degrees of the quotient, and its largest error once rounded."""

    problem: Callable[[], Problem]
    promise: float
    top: int
    bottom: int = 0

    def fit(self) -> Fit:
        """Return the minimax quotient."""
        return remez(self.problem(), self.top, self.bottom)


TASKS = {
    "exp float32": Task(exp_problem, 3.8e-9, 4),
    "exp float64": Task(exp_problem, 1.1e-17, 9),
    "log float32": Task(log_problem, 1.1e-8, 8),
    "log float64": Task(log_problem, 1.6e-17, 19),
    "power float32": Task(power_problem, 5.8e-11, 2),
    "power float64": Task(power_problem, 1.2e-20, 7),
    "sine float32": Task(sine_problem, 1.0e-8, 2),
    "sine float64": Task(sine_problem, 2.3e-17, 5),
    "cosine float32": Task(cosine_problem, 3.1e-10, 2),
    "cosine float64": Task(cosine_problem, 5.3e-19, 5),
    "arctangent float32": Task(arctangent_problem, 2.3e-8, 7),
    "arctangent float64": Task(arctangent_problem, 4.5e-17, 19),
    "erf small float32": Task(erf_small_problem, 6.0e-9, 6),
    "erf small float64": Task(erf_small_problem, 2.6e-17, 11),
    "erf large float32": Task(lambda: erf_large_problem(4.0), 2.4e-8, 5),
    "erf large float64": Task(lambda: erf_large_problem(6.0), 5.2e-17, 16),
    "erfc float32": Task(lambda: erfc_problem(10.2), 3.9e-8, 4, 5),
    "erfc float64": Task(lambda: erfc_problem(27.5), 9.7e-17, 9, 10),
    "normal quantile float32": Task(lambda: normal_problem(14.2, 23.0, 0.1), 5.6e-8, 3, 4),
    "normal quantile float64": Task(
        lambda: normal_problem(38.6, 36.8, 1e-3), 3.6e-17, 10, 11
    ),
    "normal draw logarithm float32": Task(log_problem, 3.1e-8, 7),
    "normal draw logarithm float64": Task(log_problem, 2.8e-12, 12),
    "normal draw float32": Task(lambda: normal_problem(6.5, 99.0, 1.0), 1.8e-7, 3, 3),
    "normal draw float64": Task(lambda: normal_problem(8.3, 99.0, 1.0), 2.4e-12, 5, 6),
}


def _text(coefficients: list[Number], *, is_single: bool) -> str:
    kind = np.float32 if is_single else np.float64
    numbers = [str(kind(float(each))) for each in reversed(coefficients)]
    return "    (" + ", ".join(numbers) + ")"


def main(names: Iterable[str]) -> None:
    """Print the tables of these names, or all."""
    for name in list(names) or TASKS:
        fit = TASKS[name].fit()
        is_single = name.endswith("32")
        lines = [f"{name}: error {mp.nstr(fit.error, 3)}"]
        lines.append(_text(fit.numerator, is_single=is_single))
        if len(fit.denominator) > 1:
            lines.append(_text(fit.denominator, is_single=is_single))
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
