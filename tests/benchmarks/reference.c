/* The three workloads in C: what a patient programmer gets from a compiler.

   Philox4x32-10, uniforms and normal draws follow the library's draw contract (version 1),
   so that the results can be compared trial by trial; the arithmetic is free to be
   contracted and reordered (-ffast-math). Loops go over LANES numbers side by side, in
   arrays that stay in the first-level cache, for the compiler to turn into vectors.

   Compiled twice: with -DREAL_IS_FLOAT for float32, without it for float64. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LANES 128
#define ROWS 4
#define N_STEPS 252
#define N_YEARS 5
#define N_INPUTS 10

#define INLINE static inline __attribute__((always_inline))
#define EACH_LANE for (int lane = 0; lane < LANES; lane++)

static const double LOG_2 = 0.6931471805599453;

#ifdef REAL_IS_FLOAT

#define SQUARE_ROOT sqrtf
#define NEAREST rintf
typedef float real;
typedef int32_t whole;
typedef uint32_t bits;
enum { FRACTION_BITS = 23, BIAS = 127 };
static const bits TWO_THIRDS = 0x3F2AAAABu;
static const real LOG_2_HIGH = 0.693145751953125f, LOG_2_LOW = 1.42860682030941723212e-6f;
static const real LOGARITHM[] = {
    0.14026165533982282f, -0.15388543735959728f, 0.13995833884572892f,
    -0.16415957620703234f, 0.20011168277262614f, -0.25007819297485734f,
    0.3333319811032056f, -0.4999993606482512f,
};
static const real NUMERATOR[] = {
    -0.005467028068435063f, 29.766132644889204f, 69.68496072671338f, 5.894146912503276f,
};
static const real DENOMINATOR[] = {
    20.944561789396936f, 50.979190538294766f, 22.857593659415553f, 1.0f,
};
static const real EXPONENTIAL[] = {
    0.001381457f, 0.008368724f, 0.04166839f, 0.16666521f, 0.49999994f,
};

#else

#define SQUARE_ROOT sqrt
#define NEAREST rint
typedef double real;
typedef int64_t whole;
typedef uint64_t bits;
enum { FRACTION_BITS = 52, BIAS = 1023 };
static const bits TWO_THIRDS = 0x3FE5555555555555ull;
static const real LOG_2_HIGH = 6.93147180369123816490e-01;
static const real LOG_2_LOW = 1.90821492927058770002e-10;
static const real LOGARITHM[] = {
    -0.10394609873218481, 0.1089001224372242, -0.07760596545769767, 0.08575944541712313,
    -0.1004918835543568, 0.11150504965556318, -0.12497793832671787, 0.14284211542443598,
    -0.16666716109144133, 0.20000026176314778, -0.24999999534611458, 0.33333333182076313,
    -0.5000000000109339,
};
static const real NUMERATOR[] = {
    0.7409473047157937, 16.931936680858573, 87.10465439906785,
    132.49158403060486, 61.634217715019616, 5.213338031009152,
};
static const real DENOMINATOR[] = {
    0.5238981423893645, 11.977586298362823, 62.638063539197994, 106.8070556857176,
    74.54280134124589, 19.032026662048153, 1.0,
};
static const real EXPONENTIAL[] = {
    2.50000481829652e-08, 2.7630262956374025e-07, 2.755758648978181e-06,
    2.4801493061245948e-05, 0.00019841269506368204, 0.0013888888943662959,
    0.008333333333494595, 0.04166666666653005, 0.16666666666666413, 0.5000000000000011,
};

#endif

#define POLYNOMIAL(x, table) polynomial(x, table, sizeof(table) / sizeof(real))

INLINE real polynomial(real x, const real *table, int n)
{
    real sum = table[0];
    for (int k = 1; k < n; k++)
        sum = sum * x + table[k];
    return sum;
}

INLINE bits bits_of(real x)
{
    bits b;
    memcpy(&b, &x, sizeof b);
    return b;
}

INLINE real from_bits(bits b)
{
    real x;
    memcpy(&x, &b, sizeof x);
    return x;
}

INLINE real exponential(real x)
{
    real k = NEAREST(x * (real)1.4426950408889634);
    real f = x - k * LOG_2_HIGH - k * LOG_2_LOW;
    real power = from_bits((bits)((whole)k + BIAS) << FRACTION_BITS);
    return power * (1 + f + f * f * POLYNOMIAL(f, EXPONENTIAL));
}

/* A draw is its tail (distance from the nearer end) with the sign of its side. */
INLINE real normal(real draw)
{
    bits b = bits_of(draw) & ((bits)-1 >> 1);
    whole k = (whole)(b - TWO_THIRDS) >> FRACTION_BITS;
    real f = from_bits(b - ((bits)k << FRACTION_BITS)) - 1;
    real minus_w = f * f * POLYNOMIAL(f, LOGARITHM) + f + (real)(k + 1) * (real)LOG_2;
    real s = SQUARE_ROOT((real)LOG_2 - minus_w);
    real z = minus_w * POLYNOMIAL(s, NUMERATOR) / POLYNOMIAL(s, DENOMINATOR);
    return from_bits(bits_of(z) ^ (bits_of(draw) & ~((bits)-1 >> 1)));
}

INLINE real signed_tail(uint64_t high, uint64_t low)
{
#ifdef REAL_IS_FLOAT
    (void)low;
    int32_t word = (int32_t)high;
    real tail = (real)(word ^ (word >> 31)) * 0x1p-32f + 0x1p-33f;
    return from_bits(bits_of(tail) | ((bits)word & 0x80000000u));
#else
    int64_t word = (int64_t)(high << 32 | (low & 0xFFFFFFFFu));
    uint64_t folded = (uint64_t)(word ^ (word >> 63)) >> 12;
    real tail = from_bits(folded | 0x4330000000000000ull) * 0x1p-52 + (0x1p-53 - 1);
    return from_bits(bits_of(tail) | ((bits)word & 0x8000000000000000ull));
#endif
}

/* The four draws of a counter: words after ten rounds, their low parts after seven. */
INLINE void draws(
    uint64_t seed, uint64_t c0, uint64_t c1, uint64_t c2, uint64_t c3, real out[ROWS])
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    uint64_t low[ROWS] = {0};
    for (int turn = 0; turn < 10; turn++) {
        uint64_t p0 = (c0 & 0xFFFFFFFFu) * 0xD2511F53u;
        uint64_t p1 = (c2 & 0xFFFFFFFFu) * 0xCD9E8D57u;
        c0 = (p1 >> 32) ^ c1 ^ k0;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ k1;
        c3 = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
        if (turn == 6) {
            low[0] = c0;
            low[1] = c1;
            low[2] = c2;
            low[3] = c3;
        }
    }
    out[0] = signed_tail(c0, low[0]);
    out[1] = signed_tail(c1, low[1]);
    out[2] = signed_tail(c2, low[2]);
    out[3] = signed_tail(c3, low[3]);
}

/* Four draws for each lane: an input's for four trials, or a noise's for four steps. */
INLINE void fill(
    uint64_t seed, uint32_t stream, uint64_t first, uint32_t four, real out[ROWS][LANES])
{
    EACH_LANE {
        uint64_t own = first + lane;
        real z[ROWS];
        draws(seed, own, own >> 32, four, stream, z);
        for (int row = 0; row < ROWS; row++)
            out[row][lane] = z[row];
    }
}

/* The library's statistics: sums of four powers around a pivot, minimum and maximum. */
typedef struct {
    real pivot, power[4], low, high;
} sums;

INLINE void count(sums *all, const real *x, int n)
{
    real s1 = 0, s2 = 0, s3 = 0, s4 = 0, low = x[0], high = x[0], pivot = x[0];
    for (int i = 0; i < n; i++) {
        real d = x[i] - pivot, d2 = d * d;
        s1 += d;
        s2 += d2;
        s3 += d2 * d;
        s4 += d2 * d2;
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
    }
    *all = (sums){pivot, {s1, s2, s3, s4}, low, high};
}

/* What is kept: the mean, and enough of the rest that none of it is optimized away. */
typedef struct {
    double total, others, low, high;
} record;

INLINE void merge(record *all, const sums *some, int n)
{
    all->total += (double)some->pivot * n + (double)some->power[0];
    all->others += (double)some->power[1] + (double)some->power[2] + (double)some->power[3];
    all->low = fmin(all->low, (double)some->low);
    all->high = fmax(all->high, (double)some->high);
}

/* numbers: spot, strike, drift, spread, discount. */
void european(
    uint64_t seed, const uint32_t *streams, const double *numbers, int64_t n_trials, record *out)
{
    real spot = numbers[0], strike = numbers[1], drift = numbers[2], spread = numbers[3];
    real discount = numbers[4], x[ROWS][LANES];
    sums some;
    for (int64_t trial = 0; trial < n_trials; trial += ROWS * LANES) {
        fill(seed, streams[0], (uint64_t)trial / ROWS, 0, x);
        for (int row = 0; row < ROWS; row++)
            EACH_LANE {
                real end = spot * exponential(drift + spread * normal(x[row][lane]));
                x[row][lane] = discount * (end > strike ? end - strike : 0);
            }
        count(&some, &x[0][0], ROWS * LANES);
        merge(out, &some, ROWS * LANES);
    }
}

/* numbers: spot, strike, drift and spread of a step, discount. */
void asian(
    uint64_t seed, const uint32_t *streams, const double *numbers, int64_t n_trials, record *out)
{
    real spot = numbers[0], strike = numbers[1], drift = numbers[2], spread = numbers[3];
    real discount = numbers[4], x[ROWS][LANES], price[LANES], total[LANES];
    sums some;
    for (int64_t trial = 0; trial < n_trials; trial += LANES) {
        EACH_LANE {
            price[lane] = spot;
            total[lane] = 0;
        }
        for (uint32_t four = 0; four < N_STEPS / 4; four++) {
            fill(seed, streams[0], (uint64_t)trial, four, x);
            for (int row = 0; row < ROWS; row++)
                EACH_LANE {
                    price[lane] *= exponential(drift + spread * normal(x[row][lane]));
                    total[lane] += price[lane];
                }
        }
        EACH_LANE {
            real mean = total[lane] / N_STEPS;
            total[lane] = discount * (mean > strike ? mean - strike : 0);
        }
        count(&some, total, LANES);
        merge(out, &some, LANES);
    }
}

INLINE real triangular(real draw, const double *of)
{
    real low = of[0], mode = of[1], high = of[2], width = high - low;
    real tail = draw < 0 ? -draw : draw;
    real u = draw < 0 ? 1 - tail : tail, v = draw < 0 ? tail : 1 - tail;
    real rising = low + SQUARE_ROOT(u * (width * (mode - low)));
    real falling = high - SQUARE_ROOT(v * (width * (high - mode)));
    return u < (mode - low) / width ? rising : falling;
}

INLINE real uniform(real draw, const double *of)
{
    real u = draw < 0 ? 1 + draw : draw;
    return (real)of[0] + (real)(of[1] - of[0]) * u;
}

/* streams: of price, growth, interest, volume, exchange, cost, capital, fixed, tax, churn.
   numbers: theirs in the same order: 2 each, the triangular ones 3; logarithms of medians. */
void sheet(
    uint64_t seed, const uint32_t *streams, const double *numbers, int64_t n_trials, record *out)
{
    static _Thread_local real x[N_INPUTS][ROWS][LANES], value[ROWS][LANES];
    const double *price = numbers, *growth = numbers + 2, *interest = numbers + 4;
    const double *volume = numbers + 6, *exchange = numbers + 8, *cost = numbers + 10;
    const double *capital = numbers + 13, *fixed = numbers + 16, *tax = numbers + 18;
    const double *churn = numbers + 20;
    sums some;
    for (int64_t trial = 0; trial < n_trials; trial += ROWS * LANES) {
        for (int number = 0; number < N_INPUTS; number++)
            fill(seed, streams[number], (uint64_t)trial / ROWS, 0, x[number]);
        for (int row = 0; row < ROWS; row++)
            EACH_LANE {
#define NORMAL(number, of) ((real)(of)[0] + (real)(of)[1] * normal(x[number][row][lane]))
                real kept = (1 + NORMAL(1, growth)) * (1 - uniform(x[9][row][lane], churn));
                real rate = 1 / (1 + NORMAL(2, interest)), worth = rate;
                real sold = exponential(NORMAL(3, volume));
                real margin = NORMAL(0, price) * exponential(NORMAL(4, exchange))
                              - triangular(x[5][row][lane], cost);
                real sum = -triangular(x[6][row][lane], capital);
                real paid = uniform(x[7][row][lane], fixed);
                real left = 1 - uniform(x[8][row][lane], tax);
                for (int year = 0; year < N_YEARS; year++) {
                    sum += (margin * sold - paid) * left * worth;
                    sold *= kept;
                    worth *= rate;
                }
                value[row][lane] = sum;
            }
        count(&some, &value[0][0], ROWS * LANES);
        merge(out, &some, ROWS * LANES);
    }
}
