// PTX's types and operations that C++ has no word for; after fiber_shim.h.
#pragma once

typedef uint8_t b8; typedef uint16_t b16; typedef uint32_t b32; typedef uint64_t b64;
typedef bool pred;
typedef uint16_t u16; typedef uint32_t u32; typedef uint64_t u64;
typedef int16_t s16; typedef int32_t s32; typedef int64_t s64;
typedef float f32; typedef double f64;

template <class To, class From> static inline To view(From bits)
{
    To value;
    static_assert(sizeof value <= sizeof bits, "no bits are made up");
    memcpy(&value, &bits, sizeof value);
    return value;
}

template <class T> static inline T load(u64 address)
{
    T value;
    memcpy(&value, (const void *)address, sizeof value);
    return value;
}
template <class T> static inline void store(u64 address, T value)
{
    memcpy((void *)address, &value, sizeof value);
}
// A shift by the width or more leaves nothing, or only signs.
template <class T> static inline T shift_left(T a, u32 by)
{
    return by < 8 * sizeof a ? a << by : 0;
}
template <class T> static inline T shift_right(T a, u32 by)
{
    return by < 8 * sizeof a ? a >> by : a < 0 ? (T)-1 : 0;
}
// NaN gives way to a number, and -0 lies below +0.
template <class T> static inline T greater(T a, T b)
{
    if (a != a) return b;
    if (b != b) return a;
    return a > b || (a == b && !std::signbit(a)) ? a : b;
}
template <class T> static inline T lesser(T a, T b)
{
    if (a != a) return b;
    if (b != b) return a;
    return a < b || (a == b && std::signbit(a)) ? a : b;
}
template <class T> static inline T insert_bits(T a, T b, u32 from, u32 length)
{
    const T ones = length < 8 * sizeof a ? ((T)1 << length) - 1 : ~(T)0;
    return (b & ~(ones << from)) | ((a & ones) << from);
}
// Each nibble of the selector names one of the eight bytes of b and a, or its sign.
static inline b32 permute_bytes(b32 a, b32 b, b32 selector)
{
    const u64 both = (u64)b << 32 | a;
    b32 made = 0;
    for (u32 k = 0; k < 4; ++k) {
        const u32 nibble = selector >> 4 * k & 15;
        u32 byte = (u32)(both >> 8 * (nibble & 7)) & 255;
        if (nibble & 8) byte = byte & 128 ? 255 : 0;
        made |= byte << 8 * k;
    }
    return made;
}
static inline b32 reversed_bits(b32 a)
{
    b32 made = 0;
    for (u32 k = 0; k < 32; ++k) made = made << 1 | (a >> k & 1);
    return made;
}
