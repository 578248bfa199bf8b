"""The op table: everything a graph may be made of, one line each.

A signature is read left to right: the types of the arguments, then the type of the result.

    F  any float (`real`, `float32`, `float64`)     B  boolean
    I  any integer (`int32`, `int64`)               R  real, before lowering only
    N  any float or integer                         A  anything
    =  the payload's or the creator's choice (checked by `verify`)

The same letter in one signature stands for the same type. *Machine* ops are what an engine
must render; all others are rewritten into machine ops by lowering, so that every engine
runs the same operations by construction. `where` evaluates both sides; nothing traps: a
division by zero is an infinity or NaN, as IEEE 754 has it. A number is *tame* that is known
to be finite and to lie between 2**-60 and 2**60 in size: an engine need not look for
special cases then, and gives the same bits sooner.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Op:
    """One operation: its name, types and meaning.

    Attributes
    ----------
    name : str
        What it is called in graphs, sources and displays.
    signature : str
        Argument types and result type, such as ``"N N -> B"``.
    meaning : str
        One line, with the arguments called a, b, c.
    machine : bool
        Whether engines render it.
    """

    name: str
    signature: str
    meaning: str
    machine: bool

    @property
    def argument_types(self) -> tuple[str, ...]:
        """Letters of the arguments; ``...`` stands for any number of anything."""
        return tuple(self.signature.split("->")[0].split())

    @property
    def result_type(self) -> str:
        """Letter of the result."""
        return self.signature.split("->")[1].strip()

    def __repr__(self) -> str:
        return self.name


def _table(rows: Iterable[tuple[str, str, str]], *, machine: bool) -> dict[str, Op]:
    return {row[0]: Op(*row, machine) for row in rows}


MACHINE_OPS = _table(
    (
        ("constant", "-> =", "the number in the payload"),
        (
            "argument",
            "-> =",
            "a number that is the same in every trial, computed before the run",
        ),
        ("block", "-> int64", "index of the canonical block of 1,024 trials"),
        ("lane", "-> int32", "index of the lane within the block, 0 to 31"),
        ("step", "-> int32", "how often the loop of the payload has gone round"),
        ("state", "-> =", "what the loop of the payload carries in that place"),
        (
            "loop",
            "... -> =",
            "payload: identity and length; a: start values, then next values",
        ),
        ("result", "A -> =", "the payload's number of what the loop or call a gives"),
        (
            "formal",
            "-> =",
            "what the caller of a subroutine hands over in the payload's place",
        ),
        ("call", "... -> =", "the payload's subroutine, for these arguments"),
        ("add", "N N -> N", "a + b; integers wrap"),
        ("subtract", "N N -> N", "a - b; integers wrap"),
        ("multiply", "N N -> N", "a * b; integers wrap"),
        ("divide", "F F -> F", "a / b; payload: whether all three are tame"),
        ("fused_multiply_add", "F F F -> F", "a * b + c, rounded once"),
        (
            "square_root",
            "F -> F",
            "square root of a, correctly rounded; payload: whether a is tame",
        ),
        ("negative", "N -> N", "-a"),
        ("absolute", "F -> F", "|a|"),
        ("floor", "F -> F", "largest whole number not above a"),
        ("less", "N N -> B", "a < b; integers signed; false with NaN"),
        ("less_equal", "N N -> B", "a <= b; integers signed; false with NaN"),
        ("equal", "N N -> B", "a == b; false with NaN"),
        ("logical_and", "B B -> B", "a and b"),
        ("logical_or", "B B -> B", "a or b"),
        ("logical_xor", "B B -> B", "a or b, not both"),
        ("logical_not", "B -> B", "not a"),
        ("bit_and", "I I -> I", "bits set in both"),
        ("bit_or", "I I -> I", "bits set in either"),
        ("bit_xor", "I I -> I", "bits set in one only"),
        ("shift_left", "I I -> I", "a moved up by b bits, zeros in"),
        ("shift_right", "I I -> I", "a moved down by b bits, zeros in"),
        ("shift_right_signed", "I I -> I", "a moved down by b bits, sign bit in"),
        ("where", "B A A -> A", "b where a, else c; both are computed"),
        ("float_bits", "F -> I", "the bits of a float as an integer of its width"),
        ("from_bits", "I -> F", "the float with these bits"),
        ("zero_extend", "int32 -> int64", "a with zeros above"),
        ("truncate", "int64 -> int32", "the low half of a"),
        ("to_float", "I -> F", "signed a as a float, rounded to nearest"),
        ("to_integer", "F -> I", "a towards zero; a must lie within the signed range"),
        ("widen", "float32 -> float64", "a, exactly"),
        ("narrow", "float64 -> float32", "a, rounded to nearest"),
        ("load", "int32 -> =", "element a of the payload's table; a must lie within it"),
        (
            "pick",
            "int32 A A A A -> A",
            "one of b, c, d, e by a = 0, 1, 2, 3; a is a loop's step",
        ),
        ("shift_lanes", "A -> A", "a of the lane that is payload places further on"),
        (
            "first_lane",
            "B A A -> A",
            "lane 0's b where a, else c; a and c are the same in all lanes",
        ),
        (
            "lesser",
            "F F -> F",
            "the smaller of a and b; b where a is NaN; of two zeros either",
        ),
        (
            "greater",
            "F F -> F",
            "the larger of a and b; b where a is NaN; of two zeros either",
        ),
    ),
    machine=True,
)

MODEL_OPS = _table(
    (
        ("parameter", "-> R", "a number that the user may change between runs"),
        (
            "tail",
            "... -> R",
            "distance of this draw's uniform from the nearer end, in (0, 1/2]",
        ),
        ("side", "... -> B", "whether this draw's uniform lies in the upper half"),
        ("ceiling", "R -> R", "smallest whole number not below a"),
        ("truncated", "R -> R", "a without its fraction"),
        ("rounded", "R -> R", "nearest whole number, halves to even"),
        ("remainder", "R R -> R", "a - floor(a / b) * b, with the sign of b"),
        ("minimum", "R R -> R", "the smaller; NaN if either is"),
        ("maximum", "R R -> R", "the larger; NaN if either is"),
        ("exp", "R -> R", "e to the power a"),
        ("expm1", "R -> R", "exp(a) - 1, accurate near 0"),
        ("log", "R -> R", "natural logarithm"),
        ("log1p", "R -> R", "log(1 + a), accurate near 0"),
        ("sin", "R -> R", "sine of a radians"),
        ("cos", "R -> R", "cosine of a radians"),
        ("tan", "R -> R", "tangent of a radians"),
        ("arctan", "R -> R", "angle in radians whose tangent is a"),
        ("tanh", "R -> R", "hyperbolic tangent"),
        ("erf", "R -> R", "error function"),
        ("erfc", "R -> R", "1 - erf(a), accurate in the upper tail"),
        ("power", "R R -> R", "a to the power b"),
        (
            "normal_quantile",
            "R B -> R",
            "standard normal quantile, a from the nearer end, upper half if b",
        ),
        ("lookup", "R -> R", "element floor(a) of the payload's table, the ends held"),
        (
            "tabulated",
            "R B -> R",
            "quantile in the payload's table, a from the nearer end, upper half if b",
        ),
        (
            "tabulated_draw",
            "R B R -> R",
            "the same where a and b are those of a draw itself, else c",
        ),
    ),
    machine=False,
)

OPS = MACHINE_OPS | MODEL_OPS
