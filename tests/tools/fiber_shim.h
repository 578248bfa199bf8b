// CUDA's words for a C++ compiler on the host.
//
// Every lane of a warp is a fiber. The 32 take turns, each running until it hands its value
// to a shuffle, so that after one round all of them have: the next round reads. Warps share
// nothing in these programs and run one after the other.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>

#define __global__
#define __device__
#define __constant__ static const
#define __forceinline__ inline
#define __launch_bounds__(threads)

struct Index {
    unsigned int x;
};
static Index threadIdx, blockIdx, blockDim, gridDim;

template <class To, class From> static inline To bit_copy(From value)
{
    static_assert(sizeof(To) == sizeof(From), "as many bits as before");
    To copy;
    memcpy(&copy, &value, sizeof copy);
    return copy;
}

namespace fibers {

constexpr unsigned int lanes = 32;
constexpr size_t stack_bytes = 1 << 18;

struct Fiber {
    ucontext_t context;
    bool is_done;
    unsigned int n_shuffles;
};

static Fiber warp[lanes];
static char stacks[lanes][stack_bytes];
static uint64_t handed[lanes];
static ucontext_t scheduler;
static unsigned int current;
static void (*body)();

[[noreturn]] static inline void fail(const char *reason)
{
    fprintf(stderr, "fiber_shim: %s\n", reason);
    abort();
}

static void enter()
{
    body();
    warp[current].is_done = true;
    swapcontext(&warp[current].context, &scheduler);
}

static inline void wait_for_the_warp()
{
    swapcontext(&warp[current].context, &scheduler);
}

static inline uint64_t shuffle(unsigned int mask, uint64_t value, unsigned int source)
{
    if (mask != 0xffffffffu) fail("a shuffle without all 32 lanes");
    const unsigned int lane = current;
    handed[lane] = value;
    const unsigned int number = ++warp[lane].n_shuffles;
    wait_for_the_warp();
    if (warp[source % lanes].n_shuffles != number) fail("lanes meet at different shuffles");
    const uint64_t received = handed[source % lanes];
    wait_for_the_warp();
    return received;
}

static void run_warp(unsigned int first_thread)
{
    for (unsigned int lane = 0; lane < lanes; ++lane) {
        Fiber &fiber = warp[lane];
        fiber.is_done = false;
        fiber.n_shuffles = 0;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks[lane];
        fiber.context.uc_stack.ss_size = stack_bytes;
        fiber.context.uc_link = &scheduler;
        makecontext(&fiber.context, enter, 0);
    }
    for (unsigned int n_done = 0; n_done < lanes;) {
        if (n_done != 0) fail("some lanes of a warp have left, others wait for them");
        for (unsigned int lane = 0; lane < lanes; ++lane) {
            current = lane;
            threadIdx.x = first_thread + lane;
            swapcontext(&scheduler, &warp[lane].context);
            n_done += warp[lane].is_done;
        }
    }
}

static void launch(unsigned int grid, unsigned int block, void (*program)())
{
    body = program;
    gridDim.x = grid;
    blockDim.x = block;
    for (blockIdx.x = 0; blockIdx.x < grid; ++blockIdx.x)
        for (unsigned int thread = 0; thread < block; thread += lanes) run_warp(thread);
}

} // namespace fibers

template <class T> static inline T __shfl_sync(unsigned int mask, T value, unsigned int source)
{
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = fibers::shuffle(mask, bits, source);
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Warps run one after the other, and lanes take turns at shuffles only.
#define __shared__ static
static inline void __syncwarp() { fibers::shuffle(0xffffffffu, 0, 0); }
template <class T> static inline T atomicAdd(T *address, T value)
{
    const T before = *address;
    *address += value;
    return before;
}

struct double2 { double x, y; };
struct float4 { float x, y, z, w; };

template <class T> static inline T __ldg(const T *address) { return *address; }

static inline float __fadd_rn(float a, float b) { return a + b; }
static inline float __fsub_rn(float a, float b) { return a - b; }
static inline float __fmul_rn(float a, float b) { return a * b; }
static inline float __fdiv_rn(float a, float b) { return a / b; }
static inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
static inline float __fsqrt_rn(float a) { return std::sqrt(a); }
static inline double __dadd_rn(double a, double b) { return a + b; }
static inline double __dsub_rn(double a, double b) { return a - b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline double __ddiv_rn(double a, double b) { return a / b; }
static inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
static inline double __dsqrt_rn(double a) { return std::sqrt(a); }

// The hardware's estimates are wrong in their last places; these are wrong on purpose.
static inline unsigned long long wide_product_of(unsigned int a, unsigned int b)
{
    return (unsigned long long)a * b;
}
static inline float reciprocal_estimate_of(float a)
{
    return bit_copy<float>(bit_copy<unsigned int>(1 / a) + 1);
}
static inline float root_estimate_of(float a)
{
    return bit_copy<float>(bit_copy<unsigned int>((float)(1 / std::sqrt((double)a))) - 1);
}
static inline double reciprocal_estimate_of(double a)
{
    return bit_copy<double>(bit_copy<uint64_t>(1 / a) & ~0xffffffffull);
}
static inline double root_estimate_of(double a)
{
    return bit_copy<double>(bit_copy<uint64_t>(1 / std::sqrt(a)) & ~0xffffffffull);
}

static inline unsigned int __float_as_uint(float a) { return bit_copy<unsigned int>(a); }
static inline float __uint_as_float(unsigned int a) { return bit_copy<float>(a); }
static inline long long __double_as_longlong(double a) { return bit_copy<long long>(a); }
static inline double __longlong_as_double(long long a) { return bit_copy<double>(a); }

static inline float __double2float_rn(double a) { return (float)a; }
static inline float __int2float_rn(int a) { return (float)a; }
static inline double __int2double_rn(int a) { return a; }
static inline float __ll2float_rn(long long a) { return (float)a; }
static inline double __ll2double_rn(long long a) { return (double)a; }
static inline int __float2int_rz(float a) { return (int)a; }
static inline int __double2int_rz(double a) { return (int)a; }
static inline long long __float2ll_rz(float a) { return (long long)a; }
static inline long long __double2ll_rz(double a) { return (long long)a; }
