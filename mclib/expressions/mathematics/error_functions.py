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
    center: float
    ratio: tuple[float, ...]


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
        center=2.0,
        # erfc(x) = exp(-x²) R(t) / (x + 2) on [0, 10.2]: relative error below 2.1e-8.
        ratio=(
            -4.564094e-05,
            -0.00052727474,
            -0.00072672626,
            0.0030413321,
            0.006435047,
            -0.021502387,
            -0.036435843,
            0.2794715,
            -0.6871609,
            1.0215827,
        ),
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
        center=4.0,
        # erfc(x) = exp(-x²) R(t) / (x + 4) on [0, 27.5]: relative error below 1.9e-17.
        ratio=(
            -2.7447797926376335e-09,
            -1.3782398907998286e-08,
            9.604508883814052e-09,
            1.2421061066144143e-07,
            -8.693045988826172e-08,
            -8.483904866109824e-07,
            1.4325843637132504e-06,
            4.696673638492177e-06,
            -1.8864719771036742e-05,
            -3.6362999167296002e-06,
            0.00017681394346107468,
            -0.00045505236283555013,
            -0.0002809590769843596,
            0.0061120556025896205,
            -0.02637005331583161,
            0.0763815149141797,
            -0.17401093724153302,
            0.33085158787779273,
            -0.5408538313131862,
            0.7732087022652407,
            -0.9765487290808824,
            1.095995661000491,
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
    """Return 1 - erf(x), to 3 ulp down to the smallest subnormal number.

    It is exp(-x²) R(t) / (|x| + c) with t = (|x| - c) / (|x| + c) for x > 0, and 2 less that
    for x < 0. The square of x is taken as a float and what that lacks,
    exp(-(s + l)) = exp(-s) (1 - l); the powers of two come last, so that a small result is
    rounded once.
    """
    format_ = _FORMATS[x.type]
    size = abs(x)
    size = where(size > format_.zero_from, format_.zero_from, size)
    square = size * size
    lacking = fma(size, size, -square)
    value, lower, upper = exp_parts(-square)
    inverse = 1.0 / (size + format_.center)
    t = fma(inverse, -2.0 * format_.center, 1.0)
    ratio = polynomial(t, format_.ratio) * inverse
    tail = fma(-value, lacking, value) * ratio * lower * upper
    return where(x < 0.0, 2.0 - tail, tail)
