"""What CUDA C has no word for: functions of a few instructions, written into the source.

A product of two 32-bit numbers in full is one instruction; compilers make two of it when it
is written as a product of 64-bit numbers. A division or square root of *tame* numbers (see
`mclib.expressions.ops`) is what CUDA's own division does where it finds no special case:
the hardware's estimate, refined until it is correctly rounded. Without the question for
special cases a normal draw takes 12 instructions fewer.

A compiler that knows no PTX, such as the one that builds these programs for the host in
tests, must define ``wide_product_of``, ``reciprocal_estimate_of`` and
``root_estimate_of``, of which the estimates may be wrong by some units in the last place.
"""

_WIDE_PRODUCT = """\
static __device__ __forceinline__ unsigned long long
wide_product(const unsigned int a, const unsigned int b)
{
#ifdef __CUDA_ARCH__
    unsigned long long product;
    asm("mul.wide.u32 %0, %1, %2;" : "=l"(product) : "r"(a), "r"(b));
    return product;
#else
    return wide_product_of(a, b);
#endif
}
"""

_ESTIMATE = """\
static __device__ __forceinline__ {type} {name}_estimate(const {type} x)
{{
#ifdef __CUDA_ARCH__
    {type} y;
    asm("{instruction}.approx.ftz.{width} %0, %1;" : "={letter}"(y) : "{letter}"(x));
    return y;
#else
    return {name}_estimate_of(x);
#endif
}}
"""


def _estimate(name: str, instruction: str, type_: str) -> str:
    width, letter = {"float": ("f32", "f"), "double": ("f64", "d")}[type_]
    return _ESTIMATE.format(
        name=name, instruction=instruction, type=type_, width=width, letter=letter
    )


_TAME_QUOTIENTS = {
    "float": """\
static __device__ __forceinline__ float tame_quotient(const float a, const float b)
{
    const float y = reciprocal_estimate(b);
    const float z = __fmaf_rn(__fmaf_rn(-b, y, 1.0f), y, y);
    const float q = __fmul_rn(a, z);
    const float r = __fmaf_rn(__fmaf_rn(-b, q, a), z, q);
    return __fmaf_rn(__fmaf_rn(-b, r, a), z, r);
}
""",
    "double": """\
static __device__ __forceinline__ double tame_quotient(const double a, const double b)
{
    const double x = reciprocal_estimate(b);
    const double d = __fma_rn(-b, x, 1.0);
    const double y = __fma_rn(x, __fma_rn(d, d, d), x);
    const double z = __fma_rn(y, __fma_rn(-b, y, 1.0), y);
    const double q = __dmul_rn(a, z);
    return __fma_rn(z, __fma_rn(-b, q, a), q);
}
""",
}
_TAME_ROOTS = {
    "float": """\
static __device__ __forceinline__ float tame_root(const float x)
{
    const float y = root_estimate(x);
    const float s = __fmul_rn(x, y);
    return __fmaf_rn(__fmaf_rn(-s, s, x), __fmul_rn(y, 0.5f), s);
}
""",
    "double": """\
static __device__ __forceinline__ double tame_root(const double x)
{
    const double w = root_estimate(x);
    const double d = __fma_rn(x, -__dmul_rn(w, w), 1.0);
    const double y = __fma_rn(__fma_rn(d, 0.375, 0.5), __dmul_rn(w, d), w);
    const double s = __dmul_rn(x, y);
    return __fma_rn(__fma_rn(s, -s, x), __dmul_rn(y, 0.5), s);
}
""",
}


def wide_product() -> str:
    """Return the function that multiplies two 32-bit numbers in full."""
    return _WIDE_PRODUCT


def tame_quotient(type_: str) -> str:
    """Return the function that divides tame numbers of the C type `type_`."""
    return _estimate("reciprocal", "rcp", type_) + "\n" + _TAME_QUOTIENTS[type_]


def tame_root(type_: str) -> str:
    """Return the function that takes the root of a tame number of the C type `type_`."""
    return _estimate("root", "rsqrt", type_) + "\n" + _TAME_ROOTS[type_]
