// The firmware's rounding against this computer's, bit by bit.
#include <math.h>

#define sqrt   mcu_sqrt
#define floor  mcu_floor
#define ceil   mcu_ceil
#define trunc  mcu_trunc
#define rint   mcu_rint
#define sqrtf  mcu_sqrtf
#define floorf mcu_floorf
#define ceilf  mcu_ceilf
#define truncf mcu_truncf
#define rintf  mcu_rintf
#include "../port/mcu/math.c"
#undef sqrt
#undef floor
#undef ceil
#undef trunc
#undef rint
#undef sqrtf
#undef floorf
#undef ceilf
#undef truncf
#undef rintf

#include <stdbool.h>

#include "check.h"

enum { ROUNDS = 3000000 };

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void compare(double x)
{
    CHECK(same(mcu_floor(x), floor(x)));
    CHECK(same(mcu_ceil(x), ceil(x)));
    CHECK(same(mcu_trunc(x), trunc(x)));
    CHECK(same(mcu_rint(x), rint(x)));
    CHECK(same(mcu_sqrt(x), sqrt(x)));
    const float f = (float)x;
    CHECK(same((double)mcu_floorf(f), (double)floorf(f)));
    CHECK(same((double)mcu_ceilf(f), (double)ceilf(f)));
    CHECK(same((double)mcu_truncf(f), (double)truncf(f)));
    CHECK(same((double)mcu_rintf(f), (double)rintf(f)));
    CHECK(same((double)mcu_sqrtf(f), (double)sqrtf(f)));
}

int main(void)
{
    static const double edges[] = {
        0,        0.25,      0.5,       0.75,          1,      1.5,
        2.5,      3.5,       0x1p52,    0x1p52 - 0.5,  0x1p53, 0x1p51 + 0.5,
        1e300,    0x1p-1074, 0x1p-1022, 0x1.fffffep-2, 1e-40,  4503599627370497.5,
        INFINITY, NAN};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        for (int step = -1; step <= 1; step++) {
            const double x = step == 0 ? edges[i] : nextafter(edges[i], step * INFINITY);
            compare(x);
            compare(-x);
        }
    }
    uint64_t state = 1;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t bits = state ^ state >> 29;
        // Half of them where a fraction and an integer meet, at exponents from -3 to 60.
        if (i % 2 == 0) {
            bits = (bits & ~(UINT64_C(0x7FF) << 52)) | (uint64_t)(1020 + i / 2 % 64) << 52;
        }
        if (i % 3 == 0) { bits &= ~UINT64_C(0) << (i % 53); }
        double x;
        memcpy(&x, &bits, sizeof x);
        compare(x);
    }
    return 0;
}
