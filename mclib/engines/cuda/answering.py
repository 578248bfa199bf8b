"""Answers to requests about values that lie on the device: one source for all models.

A pass over a run stores a piece of an output on the device, counts what is asked for, and
goes on with the next piece; only counts travel. What is counted is said, in NumPy, by the
request itself (`mclib.statistics.requests`), which is the judge. A thread block is one
warp, which has its own counters and adds them to the device's at the end.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mclib.engines.cuda.devices import import_cupy
from mclib.expressions.dtypes import Type
from mclib.statistics.order_statistics import MOST_KEYS
from mclib.statistics.requests import Counts, KeyBins, KeysWithin, LinearBins, Request
from mclib.statistics.sieves import Sieve, Sifted

LANES = 32
WARPS_PER_MULTIPROCESSOR = 16
"""Enough to keep memory busy; each adds up its counters at the end."""

PLACES = 2304
"""Counters that a warp keeps for itself: 9 kB."""

_KNOWN = (LinearBins, KeyBins, KeysWithin, Sieve)

_SOURCE = """\
static __device__ __forceinline__ bool
is_counted(const long long i, const long long n_trials)
{{
    // Values lie by (block, group, row, lane), trials by (block, group, lane, row).
    const long long row = i >> 5 & 3, lane = i & 31;
    return (i & ~127ll) + 4 * lane + row < n_trials;
}}

static __device__ __forceinline__ unsigned long long key_of(const double x)
{{
    const long long bits = __double_as_longlong(__dadd_rn(x, 0.0));
    return (unsigned long long)bits ^ ((unsigned long long)(bits >> 63) | 1ull << 63);
}}

static __device__ __forceinline__ double
bin_of(const double x, const double low, const double scale, const double top)
{{
    const double bin = __dadd_rn(floor(__dmul_rn(__dsub_rn(x, low), scale)), 1.0);
    const double raised = bin < 0.0 ? 0.0 : bin;
    return raised > top ? top : raised;
}}

extern "C" __global__ void __launch_bounds__({lanes})
linear_bins(const {scalar}* __restrict__ values, const long long n_values,
            const long long n_trials, const double low, const double scale,
            const double top, unsigned long long* __restrict__ counts)
{{
    __shared__ unsigned int mine[{places}];
    const long long lane = threadIdx.x, n_places = (long long)top + 1;
    for (long long place = lane; place < n_places; place += {lanes}) mine[place] = 0u;
    __syncwarp();
    const long long step = (long long)gridDim.x * {lanes};
    #pragma unroll 8
    for (long long i = (long long)blockIdx.x * {lanes} + lane; i < n_values; i += step) {{
        const double bin = bin_of(values[i], low, scale, top);
        // NaN falls into no bin.
        if (bin == bin && is_counted(i, n_trials)) atomicAdd(&mine[(unsigned int)bin], 1u);
    }}
    __syncwarp();
    for (long long place = lane; place < n_places; place += {lanes})
        if (mine[place] != 0u) atomicAdd(&counts[place], (unsigned long long)mine[place]);
}}

extern "C" __global__ void __launch_bounds__({lanes})
many_linear_bins(const {scalar}* __restrict__ values, const long long n_values,
                 const long long n_trials, const double low, const double scale,
                 const double top, unsigned long long* __restrict__ counts)
{{
    const long long step = (long long)gridDim.x * {lanes};
    for (long long i = (long long)blockIdx.x * {lanes} + threadIdx.x; i < n_values;
         i += step) {{
        const double bin = bin_of(values[i], low, scale, top);
        if (bin == bin && is_counted(i, n_trials))
            atomicAdd(&counts[(unsigned int)bin], 1ull);
    }}
}}

extern "C" __global__ void __launch_bounds__({lanes})
key_bins(const {scalar}* __restrict__ values, const long long n_values,
         const long long n_trials, const unsigned long long first,
         const unsigned long long span, const unsigned long long shift,
         unsigned long long* __restrict__ counts)
{{
    const long long step = (long long)gridDim.x * {lanes};
    #pragma unroll 8
    for (long long i = (long long)blockIdx.x * {lanes} + threadIdx.x; i < n_values;
         i += step) {{
        const unsigned long long offset = key_of(values[i]) - first;
        if (offset <= span && is_counted(i, n_trials))
            atomicAdd(&counts[offset >> shift], 1ull);
    }}
}}

extern "C" __global__ void __launch_bounds__({lanes})
keys_counted(const {scalar}* __restrict__ values, const long long n_values,
             const long long n_trials, const unsigned long long first,
             const unsigned long long span, unsigned long long* __restrict__ counts)
{{
    unsigned long long mine = 0ull;
    const long long step = (long long)gridDim.x * {lanes};
    #pragma unroll 8
    for (long long i = (long long)blockIdx.x * {lanes} + threadIdx.x; i < n_values;
         i += step)
        mine += key_of(values[i]) - first <= span && is_counted(i, n_trials);
    if (mine != 0ull) atomicAdd(counts, mine);
}}

extern "C" __global__ void __launch_bounds__({lanes})
keys_within(const {scalar}* __restrict__ values, const long long n_values,
            const long long n_trials, const unsigned long long first,
            const unsigned long long span, const unsigned long long room,
            unsigned long long* __restrict__ found,
            unsigned long long* __restrict__ n_found)
{{
    const long long step = (long long)gridDim.x * {lanes};
    #pragma unroll 8
    for (long long i = (long long)blockIdx.x * {lanes} + threadIdx.x; i < n_values;
         i += step) {{
        const unsigned long long key = key_of(values[i]);
        if (key - first <= span && is_counted(i, n_trials)) {{
            const unsigned long long place = atomicAdd(n_found, 1ull);
            if (place < room) found[place] = key;
        }}
    }}
}}

extern "C" __global__ void __launch_bounds__({lanes})
sift(const {scalar}* __restrict__ values, const long long n_values,
     const long long n_trials, const long long n_ranges,
     const double* __restrict__ lows, const double* __restrict__ highs,
     const unsigned int* __restrict__ kept, const unsigned long long room,
     unsigned long long* __restrict__ found, unsigned long long* __restrict__ n_found,
     unsigned long long* __restrict__ counts)
{{
    const long long step = (long long)gridDim.x * {lanes};
    for (long long range = 0; range < n_ranges; ++range) {{
        const double low = lows[range], high = highs[range];
        const bool is_kept = kept[range] != 0u;
        unsigned long long below = 0ull, within = 0ull;
        #pragma unroll 8
        for (long long i = (long long)blockIdx.x * {lanes} + threadIdx.x; i < n_values;
             i += step) {{
            const double x = values[i];
            const bool counts_here = is_counted(i, n_trials);
            below += counts_here && x >= -1.7976931348623157e308 && x < low;
            if (counts_here && low <= x && x <= high) {{
                ++within;
                if (is_kept) {{
                    const unsigned long long place = atomicAdd(n_found, 1ull);
                    if (place < room) found[place] = key_of(x);
                }}
            }}
        }}
        if (below != 0ull) atomicAdd(&counts[range], below);
        if (within != 0ull) atomicAdd(&counts[n_ranges + range], within);
    }}
}}
"""


def knows(request: Request) -> bool:
    """Whether this module answers such requests."""
    return type(request) in _KNOWN


def source(precision: Type) -> str:
    """Return the CUDA C that answers requests about values of a precision."""
    scalar = "float" if precision is Type.FLOAT32 else "double"
    return _SOURCE.format(scalar=scalar, lanes=LANES, places=PLACES)


class Tally:
    """A request's counters on the device.

    Parameters
    ----------
    request : LinearBins, KeyBins, KeysWithin or Sieve
        What is counted.
    function : callable
        From the name of one of the source's functions to what launches it.
    n_values : int
        Most values that it will be shown.
    """

    def __init__(
        self, request: Request, function: Callable[[str], Any], n_values: int
    ) -> None:
        assert isinstance(request, _KNOWN)
        self.request = request
        self._empty()
        name, self._arguments = self._question(n_values)
        self._function = function(name)

    def _empty(self) -> None:
        cupy = import_cupy()
        match self.request:
            case LinearBins(n_bins=n_bins):
                n_counts = n_bins + 2
            case KeyBins():
                n_counts = self.request.n_bins
            case Sieve(ranges=ranges):
                n_counts = 2 * len(ranges)
            case _:
                n_counts = 0
        self._counts = cupy.zeros(n_counts, np.uint64)
        self._n_found = cupy.zeros(1, np.uint64)
        self._found: Any = None

    def _question(self, n_values: int) -> tuple[str, Sequence[Any]]:
        counts = self._counts
        if isinstance(self.request, LinearBins):
            low, scale, n_bins = self.request.low, self.request.scale, self.request.n_bins
            name = "linear_bins" if n_bins + 2 <= PLACES else "many_linear_bins"
            numbers = (np.float64(each) for each in (low, scale, n_bins + 1))
            return name, (*numbers, counts)
        if isinstance(self.request, Sieve):
            cupy = import_cupy()
            ends = [cupy.asarray(each) for each in np.array(self.request.ranges).T.copy()]
            kept = cupy.asarray(np.array(self.request.kept, np.uint32))
            n_ranges = np.int64(len(self.request.ranges))
            return "sift", (n_ranges, *ends, kept, *self._room(n_values), counts)
        assert isinstance(self.request, KeyBins | KeysWithin)
        first, last = self.request.first, self.request.last
        inside = (np.uint64(first), np.uint64(last - first))
        if isinstance(self.request, KeysWithin):
            return "keys_within", (*inside, *self._room(n_values))
        if self.request.n_bins == 1:
            return "keys_counted", (*inside, counts)
        return "key_bins", (*inside, np.uint64(self.request.shift), counts)

    def _room(self, n_values: int) -> tuple[Any, ...]:
        """Make room for keys; return what a function must know of it."""
        room = min(n_values, MOST_KEYS)
        self._found = import_cupy().empty(room, np.uint64)
        return np.uint64(room), self._found, self._n_found

    def count(
        self, address: int, n_values: int, n_trials: int, grid: int, stream: Any
    ) -> None:
        """Begin to count what lies at an address of the device, the first trials of it."""
        shown = (np.uint64(address), np.int64(n_values), np.int64(n_trials))
        self._function((grid,), (LANES,), (*shown, *self._arguments), stream=stream)

    def answer(self, stream: Any) -> Counts | Sifted | None:
        """Return the answer, or None if there was no room for it; waits for the device."""
        counts: Counts = self._counts.get(stream=stream)
        if self._found is None:
            return counts
        n_found = int(self._n_found.get(stream=stream)[0])
        if n_found > self._found.size:
            return None
        found: Counts = self._found.get(stream=stream)[:n_found]
        if isinstance(self.request, Sieve):
            return Sifted(counts.reshape(2, -1), found)
        return found


@functools.cache
def functions_on(precision: Type, arch: str, ordinal: int) -> Callable[[str], Any]:
    """Return what finds the functions for a precision on a device by name."""
    from mclib.engines.cuda.compiling import compiler

    cuda = import_cupy().cuda
    with cuda.Device(ordinal):
        module = cuda.Module()
        module.load(compiler().cubin(source(precision), arch))
    found: Callable[[str], Any] = module.get_function
    return found
