// Rounding and square roots for chips without an FPU, one routine for all: libc's take 1.6 KB more
// and bring errno along. Results are exactly those IEEE 754 asks for; a NaN comes out quiet.

#include <stdint.h>
#include <string.h>

double sqrt(double x);
double floor(double x);
double ceil(double x);
double trunc(double x);
double rint(double x);
float sqrtf(float x);
float floorf(float x);
float ceilf(float x);
float truncf(float x);
float rintf(float x);

enum direction { DOWN, UP, ZERO, NEAREST };

enum { FRACTION_BITS = 52, BIAS = 1023 };

static const uint64_t sign = UINT64_C(1) << 63;

// Whether the fraction makes the magnitude one unit greater. odd: of the integer below it.
static int rounds_up(enum direction to, int negative, uint64_t fraction, uint64_t unit, int odd)
{
    switch (to) {
    case DOWN:
        return negative;
    case UP:
        return !negative;
    case NEAREST:
        return fraction > unit / 2 || (fraction == unit / 2 && odd);
    case ZERO:
        break;
    }
    return 0;
}

__attribute__((noinline)) static double integral(double x, enum direction to)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int exponent = (int)(bits >> FRACTION_BITS & 0x7FF) - BIAS;
    const int negative = (bits & sign) != 0;
    if (exponent >= FRACTION_BITS) { return exponent > BIAS ? x + x : x; }
    if (exponent < 0) {
        // Of 0.5 and more the half is the top bit of what counts; all below is less than half.
        const uint64_t size = bits & ~sign;
        const uint64_t half = (uint64_t)(BIAS - 1) << FRACTION_BITS;
        const uint64_t one = (uint64_t)BIAS << FRACTION_BITS;
        const uint64_t fraction = size == half ? 1 : size > half ? 2 : 0;
        const int up = size != 0 && rounds_up(to, negative, fraction, 2, 0);
        bits = (bits & sign) | (up ? one : 0);
    } else {
        const uint64_t unit = UINT64_C(1) << (FRACTION_BITS - exponent);
        const uint64_t fraction = bits & (unit - 1);
        bits -= fraction;
        // With exponent 0 the unit's bit is the exponent's lowest, which is set: 1 is odd.
        if (fraction != 0 && rounds_up(to, negative, fraction, unit, (bits & unit) != 0)) {
            bits += unit; // a carry goes into the exponent, as it should
        }
    }
    memcpy(&x, &bits, sizeof x);
    return x;
}

double floor(double x)
{
    return integral(x, DOWN);
}

double ceil(double x)
{
    return integral(x, UP);
}

double trunc(double x)
{
    return integral(x, ZERO);
}

double rint(double x)
{
    return integral(x, NEAREST);
}

// A digit at a time: the largest q whose square does not exceed the fraction, and one bit more to
// round by.
__attribute__((noinline)) static double root(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x == 0 || x != x || bits == (uint64_t)(2 * BIAS + 1) << FRACTION_BITS) { return x + x; }
    if ((bits & sign) != 0) { return (x - x) / (x - x); }
    int exponent = (int)(bits >> FRACTION_BITS) - BIAS;
    uint64_t rest = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    if (exponent == -BIAS) {
        exponent++;
        while (rest >> FRACTION_BITS == 0) {
            rest <<= 1;
            exponent--;
        }
    } else {
        rest |= UINT64_C(1) << FRACTION_BITS;
    }
    if ((exponent & 1) != 0) { rest <<= 1; }
    exponent = (exponent - (exponent & 1)) / 2;
    rest <<= 1;
    uint64_t q = 0;
    uint64_t twice = 0;
    for (uint64_t digit = UINT64_C(1) << (FRACTION_BITS + 1); digit != 0; digit >>= 1) {
        const uint64_t taken = twice + digit;
        if (taken <= rest) {
            twice = taken + digit;
            rest -= taken;
            q += digit;
        }
        rest <<= 1;
    }
    if (rest != 0) { q += q & 1; }
    bits = (q >> 1) + ((uint64_t)(BIAS - 1 + exponent) << FRACTION_BITS);
    memcpy(&x, &bits, sizeof x);
    return x;
}

double sqrt(double x)
{
    return root(x);
}

// A float is a double exactly, and so is its integral part; a root rounded twice is right, for a
// double has more than twice a float's digits.
float floorf(float x)
{
    return (float)integral((double)x, DOWN);
}

float ceilf(float x)
{
    return (float)integral((double)x, UP);
}

float truncf(float x)
{
    return (float)integral((double)x, ZERO);
}

float rintf(float x)
{
    return (float)integral((double)x, NEAREST);
}

float sqrtf(float x)
{
    return (float)root((double)x);
}
