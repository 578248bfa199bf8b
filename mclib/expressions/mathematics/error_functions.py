"""The error function and its complement."""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import fma, polynomial, where
from mclib.expressions.mathematics.exponential import exp_bounded, exp_of_sum
from mclib.expressions.mathematics.signs import with_sign_of


@dataclass(frozen=True, slots=True)
class _Format:
    one_from: float
    small: tuple[float, ...]
    large: tuple[float, ...]
    zero_from: float
    numerator: tuple[float, ...]
    denominator: tuple[float, ...]


_FORMATS = {
    Type.FLOAT32: _Format(
        one_from=4.0,
        # erf(x) = x + x P(x²) on |x| <= 1: relative error below 6e-9.
        small=(
            7.853864e-05,
            -0.0008010194,
            0.0051883277,
            -0.026853813,
            0.112835854,
            -0.37612626,
            0.12837917,
        ),
        # erf(x) = 1 - exp(-L(x)) on [1, 4]: absolute error below 2.4e-8.
        large=(
            0.0011603174,
            -0.014858298,
            0.08888806,
            0.65409595,
            1.1177362,
            0.0025833447,
        ),
        zero_from=10.2,
        # erfc(x) = exp(-x²) N(x) / D(x) on [0, 10.2]: relative error below 3.9e-8.
        numerator=(
            0.03288499,
            0.22963984,
            0.7324869,
            1.2392527,
            1.0,
        ),
        denominator=(
            0.05828644,
            0.407052,
            1.3270166,
            2.4040647,
            2.3676324,
            1.0,
        ),
    ),
    Type.FLOAT64: _Format(
        one_from=6.0,
        # erf(x) = x + x P(x²) on |x| <= 1: relative error below 2.6e-17.
        small=(
            -7.779470788236941e-10,
            1.3710981610985288e-08,
            -1.6206314028582954e-07,
            1.6447131604194812e-06,
            -1.4924712304387006e-05,
            0.00012055293577003146,
            -0.0008548325929316983,
            0.0052239776061185,
            -0.026866170643111465,
            0.11283791670944185,
            -0.3761263890318352,
            0.12837916709551256,
        ),
        # erf(x) = 1 - exp(-L(x)) on [1, 6]: absolute error below 5.2e-17.
        large=(
            -1.8236468058251054e-11,
            6.709777689675899e-10,
            -1.1222040449541055e-08,
            1.1147056659812109e-07,
            -7.104911390621679e-07,
            2.788777747605846e-06,
            -4.0549021042571845e-06,
            -2.6690539867150567e-05,
            0.00022765895646614695,
            -0.0009146239308721443,
            0.0020914304967117998,
            -0.0005762780641244653,
            -0.01887159823507914,
            0.10264126014113129,
            0.6366661382114621,
            1.128369064970113,
            1.0236415349767894e-06,
        ),
        zero_from=27.5,
        # erfc(x) = exp(-x²) N(x) / D(x) on [0, 27.5]: relative error below 9.7e-17.
        numerator=(
            6.266517308567958e-05,
            0.0011914207244022304,
            0.011091297432402822,
            0.06540157910716826,
            0.26716542908319035,
            0.7813813030059301,
            1.6363746382372357,
            2.37584902750072,
            2.191509622103761,
            1.0,
        ),
        denominator=(
            0.00011107112735370657,
            0.002111738250966672,
            0.01971434841248829,
            0.11697714974200452,
            0.4833122678863445,
            1.441867004240142,
            3.127478137852317,
            4.848231697322893,
            5.1219423743077535,
            3.3198887891992594,
            1.0,
        ),
    ),
}


def erf(x: Expression) -> Expression:
    """Return the error function, to 1.5 ulp."""
    format_ = _FORMATS[x.type]
    size = abs(x)
    size = where(size > format_.one_from, format_.one_from, size)
    near = fma(size, polynomial(size * size, format_.small), size)
    far = 1.0 - exp_bounded(-polynomial(size, format_.large))
    return with_sign_of(where(size < 1.0, near, far), x)


def erfc(x: Expression) -> Expression:
    """Return 1 - erf(x), to 6 ulp (0.8 on average) down to the smallest subnormal number.

    It is exp(-x²) times a quotient of polynomials for x > 0, and 2 less that for x < 0. The
    square of x is taken as a float and what that lacks; the powers of two come last, so
    that a small result is rounded once.
    """
    format_ = _FORMATS[x.type]
    size = abs(x)
    size = where(size > format_.zero_from, format_.zero_from, size)
    square = size * size
    lacking = fma(size, size, -square)
    value, lower, upper = exp_of_sum(-square, -lacking)
    ratio = polynomial(size, format_.numerator) / polynomial(size, format_.denominator)
    tail = value * ratio * lower * upper
    return where(x < 0.0, 2.0 - tail, tail)
