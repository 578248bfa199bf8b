"""The error function and its complement."""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import fma, polynomial, where
from mclib.expressions.mathematics.exponential import exp_bounded, exp_parts
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
        # erf(x) = x + x P(x²) on |x| <= 1: relative error below 4e-8.
        small=(
            -0.0005631435,
            0.0049175555,
            -0.026711315,
            0.112801805,
            -0.37612325,
            0.12837912,
        ),
        # erf(x) = 1 - exp(-L(x)) on [1, 4]: absolute error below 1.7e-8.
        large=(0.0011603178, -0.014858306, 0.088888094, 0.6540958, 1.1177362, 0.002583324),
        zero_from=10.2,
        # erfc(x) = exp(-x²) N(x) / D(x) on [0, 10.2]: relative error below 5.9e-9.
        numerator=(0.03288488, 0.22963933, 0.7324859, 1.2392517, 1.0),
        denominator=(0.058286242, 0.40705112, 1.3270147, 2.404062, 2.3676314, 1.0),
    ),
    Type.FLOAT64: _Format(
        one_from=6.0,
        # erf(x) = x + x P(x²) on |x| <= 1: relative error below 7.4e-18.
        small=(
            -7.779472005943964e-10,
            1.3710982203958857e-08,
            -1.6206314154620464e-07,
            1.6447131619599692e-06,
            -1.4924712305578151e-05,
            0.00012055293577062611,
            -0.0008548325929318811,
            0.00522397760611853,
            -0.02686617064311147,
            0.11283791670944185,
            -0.3761263890318352,
            0.12837916709551256,
        ),
        # erf(x) = 1 - exp(-L(x)) on [1, 6]: absolute error below 3.3e-17.
        large=(
            -1.8233921176620993e-11,
            6.708878410420519e-10,
            -1.1220574786772664e-08,
            1.1145592984780953e-07,
            -7.103908912899075e-07,
            2.788278406903686e-06,
            -4.053030821607508e-06,
            -2.6695922100875823e-05,
            0.0002276709650442133,
            -0.0009146447859275617,
            0.0020914585978508418,
            -0.0005763071373009542,
            -0.018871575591379405,
            0.10264124730437872,
            0.6366661432076882,
            1.1283690637770492,
            1.0237732427244143e-06,
        ),
        zero_from=27.5,
        # erfc(x) = exp(-x²) N(x) / D(x) on [0, 27.5]: relative error below 5.2e-17.
        numerator=(
            6.266517308492891e-05,
            0.0011914207243905134,
            0.01109129743231281,
            0.0654015791067331,
            0.2671654290817561,
            0.7813813030026406,
            1.636374638232098,
            2.375849027495677,
            2.1915096221013233,
            1.0,
        ),
        denominator=(
            0.00011107112735237606,
            0.002111738250945904,
            0.019714348412328084,
            0.11697714974122284,
            0.4833122678837233,
            1.4418670042339363,
            3.127478137842018,
            4.848231697311398,
            5.12194237429996,
            3.3198887891968214,
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
    square of x is taken as a float s and what that lacks, l: exp(-s - l) = exp(-s) (1 - l).
    The powers of two come last, so that a small result is rounded once.
    """
    format_ = _FORMATS[x.type]
    size = abs(x)
    size = where(size > format_.zero_from, format_.zero_from, size)
    square = size * size
    lacking = fma(size, size, -square)
    value, lower, upper = exp_parts(-square)
    ratio = polynomial(size, format_.numerator) / polynomial(size, format_.denominator)
    tail = fma(-value, lacking, value) * ratio * lower * upper
    return where(x < 0.0, 2.0 - tail, tail)
