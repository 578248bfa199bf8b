"""Trigonometry: reduction by multiples of pi / 2 in three parts, then polynomials.

With k a whole number, r = x - k pi / 2 is taken in three steps, the parts of pi / 2 each as
long as a float. The first step is exact, since k times the leading part and the difference
are multiples of the same power of two; so r keeps its digits near multiples of pi / 2.
All parts are positive, so that zero keeps its sign.

The reduction holds for |x| < 2^50 (float64) and |x| < 2^20 (float32). Floats beyond are
taken to be multiples of the period: their sine and tangent are 0 and their cosine is 1.
Infinity has no angle: NaN.
"""

from dataclasses import dataclass

from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression, lift
from mclib.expressions.machine import bits, fma, polynomial, where
from mclib.expressions.mathematics.signs import flip_sign, with_sign_of


@dataclass(frozen=True, slots=True)
class _Format:
    limit: float
    rounder: float
    two_over_pi: float
    half_pi: tuple[float, float, float]
    sine: tuple[float, ...]
    cosine: tuple[float, ...]
    arctangent: tuple[float, ...]


_FORMATS = {
    Type.FLOAT32: _Format(
        limit=2.0**20,
        rounder=1.5 * 2.0**23,
        two_over_pi=0.63661975,
        half_pi=(1.570796251296997, 7.549789415861596e-08, 5.390302529957765e-15),
        # sin(r) = r + r³ S(r²) on |r| <= 0.8604: relative error below 1e-8.
        sine=(
            -0.00019450173,
            0.008331643,
            -0.16666646,
        ),
        # cos(r) = 1 - r²/2 + r⁴ C(r²) on |r| <= 0.8604: relative error below 3.1e-10.
        cosine=(
            2.4358576e-05,
            -0.0013886611,
            0.04166663,
        ),
        # arctan(t) = t + t³ A(t²) on |t| <= 1: relative error below 2.3e-8.
        arctangent=(
            0.0029207035,
            -0.016367972,
            0.04321193,
            -0.0755222,
            0.10666007,
            -0.14211056,
            0.19993773,
            -0.33333153,
        ),
    ),
    Type.FLOAT64: _Format(
        limit=2.0**50,
        rounder=1.5 * 2.0**52,
        two_over_pi=0.6366197723675814,
        half_pi=(1.5707963267948966, 6.123233995736765e-17, 1.0828566739219139e-32),
        # sin(r) = r + r³ S(r²) on |r| <= 0.8604: relative error below 2.3e-17.
        sine=(
            1.5863693511508383e-10,
            -2.5050148085315203e-08,
            2.7557309528213164e-06,
            -0.00019841269816982284,
            0.008333333333305304,
            -0.16666666666666557,
        ),
        # cos(r) = 1 - r²/2 + r⁴ C(r²) on |r| <= 0.8604: relative error below 5.3e-19.
        cosine=(
            -1.133589184761857e-11,
            2.087523007429949e-09,
            -2.755731044524261e-07,
            2.480158727489516e-05,
            -0.0013888888888848895,
            0.04166666666666644,
        ),
        # arctan(t) = t + t³ A(t²) on |t| <= 1: relative error below 4.5e-17.
        arctangent=(
            1.3225063692396648e-05,
            -0.00015216068290645432,
            0.0008313207017566995,
            -0.002884914333447591,
            0.007196493453176333,
            -0.013900543898209205,
            0.02198483358063556,
            -0.029903840331905202,
            0.03664189817538939,
            -0.04219178268678076,
            0.04722321932279031,
            -0.05253518463087819,
            0.058805277933395836,
            -0.06666404053874722,
            0.07692279838833745,
            -0.09090907002952502,
            0.11111111007024052,
            -0.14285714282575046,
            0.1999999999995146,
            -0.3333333333333307,
        ),
    ),
}


_LAST_BIT = {Type.INT32: 31, Type.INT64: 63}


def sin(x: Expression) -> Expression:
    """Return the sine of `x` radians, to 2 ulp.

    With r = x - k pi / 2 it is sin(r), cos(r), -sin(r), -cos(r) for k = 0, 1, 2, 3.
    """
    sine, cosine, k = _reduced(x, 0)
    return flip_sign(where(_is_odd(k), cosine, sine), _second_bit_as_sign(k))


def cos(x: Expression) -> Expression:
    """Return the cosine of `x` radians, to 2 ulp: the sine a quarter further on."""
    sine, cosine, k_plus_one = _reduced(x, 1)
    value = where(_is_odd(k_plus_one), cosine, sine)
    return flip_sign(value, _second_bit_as_sign(k_plus_one))


def tan(x: Expression) -> Expression:
    """Return the tangent of `x` radians, to 3 ulp.

    With r = x - k pi / 2 it is sin(r) / cos(r) for an even k and -cos(r) / sin(r) for an
    odd one.
    """
    sine, cosine, k = _reduced(x, 0)
    is_odd = _is_odd(k)
    quotient = where(is_odd, cosine, sine) / where(is_odd, sine, cosine)
    return where(is_odd, -quotient, quotient)


def arctan(x: Expression) -> Expression:
    """Return the angle in radians whose tangent is `x`, to 2 ulp.

    Beyond 1 it is pi / 2 + arctan(-1 / |x|).
    """
    high, low, _ = _FORMATS[x.type].half_pi
    size = abs(x)
    is_large = size > 1.0
    t = where(is_large, -1.0, size) / where(is_large, size, 1.0)
    bend = _bend(t * t, _FORMATS[x.type].arctangent)
    start = where(is_large, high, lift(0.0, x.type))
    rest = where(is_large, low, lift(0.0, x.type))
    return with_sign_of((start + t) + fma(t, bend, rest), x)


def _reduced(x: Expression, bias: int) -> tuple[Expression, Expression, Expression]:
    """Return sin(r), cos(r) and an integer whose two last bits are those of k + `bias`."""
    format_ = _FORMATS[x.type]
    held = where(abs(x) < format_.limit, x, x * 0.0)
    rounder = format_.rounder + bias
    shifted = fma(held, format_.two_over_pi, rounder)
    k, r = shifted - rounder, held
    for part in format_.half_pi:
        r = fma(k, -part, r)
    square = r * r
    sine = fma(r, _bend(square, format_.sine), r)
    bend = fma(square, polynomial(square, format_.cosine), -0.5)
    cosine = fma(square, bend, 1.0)
    return sine, cosine, bits(shifted)


def _bend(square: Expression, coefficients: tuple[float, ...]) -> Expression:
    """Return u P(u); its leading term apart, since that one's rounding weighs most."""
    rest = (square * square) * polynomial(square, coefficients[:-1])
    return fma(square, coefficients[-1], rest)


def _is_odd(k: Expression) -> Expression:
    return (k << _LAST_BIT[k.type]) < 0


def _second_bit_as_sign(k: Expression) -> Expression:
    return (k >> 1) << _LAST_BIT[k.type]
