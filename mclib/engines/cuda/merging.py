"""Records of neighbouring blocks merged on the device, before they travel.

A processor merges some ten million records a second; a device may make three hundred
million. A warp merges those of 32 neighbouring blocks of one output: each lane holds one,
and takes in that of the lane 1, 2, 4, 8, 16 further on. The formulas are those of
`mclib.statistics.moments`, rendered as a plan's are, so that the tree has the bits that the
processor gives it.
"""

import functools
from collections.abc import Callable

from mclib.engines.cuda.answering import LANES
from mclib.engines.cuda.compiling import compiler
from mclib.engines.cuda.devices import import_cupy
from mclib.engines.cuda.rendering import function_of
from mclib.expressions.dtypes import Type
from mclib.expressions.expression import Expression
from mclib.expressions.machine import where
from mclib.expressions.subroutines import subroutine
from mclib.statistics.moments import FIELDS, merge
from mclib.statistics.records import FAINT

MERGE_LEVELS = LANES.bit_length() - 1
"""Levels of the tree of records that a warp goes up: 32 blocks become one node."""

_SOURCE = """\
{functions}
extern "C" __global__ void __launch_bounds__({lanes})
merge_blocks(const double* __restrict__ records, const long long n_nodes,
             const long long n_outputs, const long long is_single,
             double* __restrict__ nodes)
{{
    const Arguments arguments = {{}};
    const long long lane = threadIdx.x;
    for (long long each = blockIdx.x; each < n_nodes * n_outputs; each += gridDim.x) {{
        const long long node = each / n_outputs, output = each % n_outputs;
        const double* mine =
            records + ((node * {lanes} + lane) * n_outputs + output) * {n_fields};
        {load}
        // Sums that lost digits to underflow must be looked at one by one: NaN goes up.
        if (is_single != 0 && r5 < r6 && r4 < {faint})
            r1 = __longlong_as_double(0x7ff8000000000000ll);
        #pragma unroll 1
        for (long long distance = 1; distance < {lanes}; distance *= 2) {{
            {shuffle}
            double {results};
            {merge}(arguments, {given}, {results});
            {keep}
        }}
        if (lane == 0) {{
            {store}
        }}
    }}
}}
"""


def _merged(*numbers: Expression) -> tuple[Expression, ...]:
    half = len(FIELDS)
    return tuple(merge(numbers[:half], numbers[half:], where=where))


def source() -> str:
    """Return the CUDA C that merges records."""
    routine = subroutine("merge", [Type.FLOAT64] * (2 * len(FIELDS)), _merged)
    name, functions = function_of(routine)
    fields = range(len(FIELDS))
    lines = {
        "load": [f"double r{k} = mine[{k}];" for k in fields],
        "shuffle": [
            f"const double s{k} = __shfl_sync(0xffffffffu, r{k}, lane + distance);"
            for k in fields
        ],
        "keep": [f"r{k} = t{k};" for k in fields],
        "store": [f"nodes[each * {len(FIELDS)} + {k}] = r{k};" for k in fields],
    }
    given = [f"r{k}" for k in fields] + [f"s{k}" for k in fields]
    return _SOURCE.format(
        functions=functions,
        merge=name,
        lanes=LANES,
        n_fields=len(FIELDS),
        faint=float(FAINT).hex(),
        results=", ".join(f"t{k}" for k in fields),
        given=", ".join(given),
        **{key: " ".join(some) for key, some in lines.items()},
    )


@functools.cache
def merge_blocks(arch: str, ordinal: int) -> Callable[..., None]:
    """Return what merges records on a device.

    It takes (records, n_nodes, n_outputs, is_single, nodes): records of 32 blocks for each
    node, and whether their lanes were summed in float32.
    """
    cuda = import_cupy().cuda
    with cuda.Device(ordinal):
        module = cuda.Module()
        module.load(compiler().cubin(source(), arch))
        found: Callable[..., None] = module.get_function("merge_blocks")
    return found
