"""The same options on a device by others: by hand with cuRAND, numba, JAX and PyTorch.

Each function takes a number of paths and returns the mean payoff. The kernel by hand is
what a good CUDA programmer writes: a thread steps through paths, draws four normals at a
time from cuRAND's Philox, and a block adds up in shared memory.
"""

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import workloads as w

Run = Callable[[int], float]

_BY_HAND = r"""
#include <curand_kernel.h>

__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ double exponential(double x) { return exp(x); }
__device__ __forceinline__ void four(curandStatePhilox4_32_10_t* s, float* z)
{
    const float4 n = curand_normal4(s);
    z[0] = n.x; z[1] = n.y; z[2] = n.z; z[3] = n.w;
}
__device__ __forceinline__ void four(curandStatePhilox4_32_10_t* s, double* z)
{
    const double2 a = curand_normal2_double(s), b = curand_normal2_double(s);
    z[0] = a.x; z[1] = a.y; z[2] = b.x; z[3] = b.y;
}

extern "C" __global__ void by_hand(const long long n_paths, const int n_steps,
                                   const T drift, const T spread, double* out)
{
    const long long thread = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    const long long n_threads = gridDim.x * (long long)blockDim.x;
    curandStatePhilox4_32_10_t state;
    curand_init(7, thread, 0, &state);
    double s1 = 0.0, s2 = 0.0;
    if (n_steps == 1) {
        for (long long path = 4 * thread; path < n_paths; path += 4 * n_threads) {
            T z[4];
            four(&state, z);
            for (int k = 0; k < 4; ++k) {
                const T price = T(100) * exponential(drift + spread * z[k]);
                const T value = price > T(100) ? price - T(100) : T(0);
                s1 += value;
                s2 += double(value) * value;
            }
        }
    } else {
        for (long long path = thread; path < n_paths; path += n_threads) {
            T price = T(100), total = T(0);
            for (int step = 0; step < n_steps; step += 4) {
                T z[4];
                four(&state, z);
                for (int k = 0; k < 4; ++k) {
                    price *= exponential(drift + spread * z[k]);
                    total += price;
                }
            }
            const T mean = total / T(n_steps);
            const T value = mean > T(100) ? mean - T(100) : T(0);
            s1 += value;
            s2 += double(value) * value;
        }
    }
    __shared__ double sums[2][256];
    sums[0][threadIdx.x] = s1;
    sums[1][threadIdx.x] = s2;
    for (int half = 128; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half)
            for (int k = 0; k < 2; ++k) sums[k][threadIdx.x] += sums[k][threadIdx.x + half];
    }
    if (threadIdx.x < 2) atomicAdd(&out[threadIdx.x], sums[threadIdx.x][0]);
}
"""

_STEPS = {"european": 1, "asian": w.N_STEPS}
_NUMBERS = {"european": (w.DRIFT, w.SPREAD), "asian": (w.STEP_DRIFT, w.STEP_SPREAD)}


def by_hand(work: str, precision: str) -> Run:
    """Return the kernel by hand, with cuRAND's device functions."""
    import cupy

    type_ = {"float32": "float", "float64": "double"}[precision]
    folder = Path(cupy.cuda.get_cuda_path() or "/usr/local/cuda") / "include"
    # `--use_fast_math` is left out: it would be another exponential.
    module = cupy.RawModule(
        code=f"#define T {type_}\n{_BY_HAND}", options=(f"-I{folder}", "-std=c++17")
    )
    kernel, real = module.get_function("by_hand"), np.dtype(precision).type
    grid = 8 * cupy.cuda.Device().attributes["MultiProcessorCount"]
    drift, spread = map(real, _NUMBERS[work])

    def run(n_paths: int) -> float:
        sums = cupy.zeros(2)
        numbers = (np.int64(n_paths), np.int32(_STEPS[work]), drift, spread)
        kernel((grid,), (256,), (*numbers, sums))
        return float(sums[0]) / n_paths

    return run


def numba_cuda(work: str, precision: str) -> Run:
    """Return numba's kernel, with its own xoroshiro128+ states."""
    import math

    from numba import cuda, float32, float64
    from numba.cuda.random import (
        create_xoroshiro128p_states,
        xoroshiro128p_normal_float32,
        xoroshiro128p_normal_float64,
    )

    single = precision == "float32"
    real = float32 if single else float64
    normal = xoroshiro128p_normal_float32 if single else xoroshiro128p_normal_float64
    n_steps = _STEPS[work]
    drift, spread = map(np.dtype(precision).type, _NUMBERS[work])
    n_threads = 256 * 2048
    states = create_xoroshiro128p_states(n_threads, seed=1)

    @cuda.jit
    def kernel(states, n_paths, sums):  # type: ignore[no-untyped-def]
        thread = cuda.grid(1)
        own = float64(0.0)
        for _ in range(thread, n_paths, n_threads):
            price, total = real(100.0), real(0.0)
            for _ in range(n_steps):
                price *= math.exp(drift + spread * normal(states, thread))
                total += price
            own += max(total / real(n_steps) - real(100.0), real(0.0))
        cuda.atomic.add(sums, 0, own)

    def run(n_paths: int) -> float:
        sums = cuda.to_device(np.zeros(1))
        kernel[2048, 256](states, n_paths, sums)
        return float(sums.copy_to_host()[0]) / n_paths

    return run


def torch_arrays(work: str, precision: str) -> Run:
    """Return PyTorch's arrays in chunks."""
    # In no lock: it is compared where it is installed.
    torch = importlib.import_module("torch")
    dtype = getattr(torch, precision)
    drift, spread = _NUMBERS[work]
    most = 1 << 24

    def chunk(n: int) -> Any:
        price = torch.full((n,), 100.0, dtype=dtype, device="cuda")
        total = torch.zeros_like(price)
        for _ in range(_STEPS[work]):
            z = torch.randn(n, dtype=dtype, device="cuda")
            price *= torch.exp(drift + spread * z)
            total += price
        value = torch.clamp(total / _STEPS[work] - 100.0, min=0.0)
        return value.sum(dtype=torch.float64)

    def run(n_paths: int) -> float:
        sums = [chunk(min(most, n_paths - k)) for k in range(0, n_paths, most)]
        return float(sum(sums)) / n_paths

    return run


def jax_jit(work: str, precision: str) -> Run:
    """Return a jitted JAX function, which fuses what it can."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    dtype = jnp.dtype(precision)
    drift, spread = _NUMBERS[work]
    size = 1 << 20

    def total(key: Any) -> Any:
        def step(state: Any, own: Any) -> Any:
            price, so_far = state
            z = jax.random.normal(own, (size,), dtype)
            price = price * jnp.exp(jnp.asarray(drift + spread * z, dtype))
            return (price, so_far + price), None

        start = (jnp.full(size, 100.0, dtype), jnp.zeros(size, dtype))
        keys = jax.random.split(key, _STEPS[work])
        (_, so_far), _ = jax.lax.scan(step, start, keys)
        value = jnp.maximum(so_far / _STEPS[work] - 100.0, 0.0)
        return value.sum(dtype=jnp.float64)

    jitted = jax.jit(total)

    def run(n_paths: int) -> float:
        keys = jax.random.split(jax.random.key(1), max(1, n_paths // size))
        sums = [jitted(key) for key in keys]
        return float(sum(sums)) / (len(keys) * size)

    return run


RIVALS: Mapping[str, tuple[str, Callable[[str, str], Run]]] = {
    "by hand with cuRAND": ("cupy", by_hand),
    "numba": ("numba", numba_cuda),
    "PyTorch": ("torch", torch_arrays),
    "JAX": ("jax", jax_jit),
}
"""By name: the package that it needs, and what makes it."""


def available() -> dict[str, Callable[[str, str], Run]]:
    """Return the rivals whose packages are installed."""
    return {
        name: make
        for name, (package, make) in RIVALS.items()
        if importlib.util.find_spec(package) is not None
    }
