// Checks for the C test programs: named cases, and a non-zero exit at the first fact that is false.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// RUN(accepts_a_connack, "accepts a CONNACK with session present") in main.
#define RUN(function, title)                                                                       \
    do {                                                                                           \
        check_case = (title);                                                                      \
        function();                                                                                \
        printf("ok %s\n", title);                                                                  \
    } while (0)

#define CHECK(fact)                                                                                \
    do {                                                                                           \
        if (!(fact)) { check_fail(__FILE__, __LINE__, #fact); }                                    \
    } while (0)

#define CHECK_INT(actual, expected)                                                                \
    do {                                                                                           \
        const long long check_actual = (long long)(actual);                                        \
        const long long check_expected = (long long)(expected);                                    \
        if (check_actual != check_expected) {                                                      \
            printf("%s is %lld, expected %lld\n", #actual, check_actual, check_expected);          \
            check_fail(__FILE__, __LINE__, #actual " == " #expected);                              \
        }                                                                                          \
    } while (0)

// Both are (pointer, length).
#define CHECK_BYTES(actual, actual_len, expected, expected_len)                                    \
    do {                                                                                           \
        CHECK_INT(actual_len, expected_len);                                                       \
        CHECK((actual_len) == 0 || memcmp((actual), (expected), (size_t)(actual_len)) == 0);       \
    } while (0)

#define CHECK_TEXT(actual, actual_len, literal)                                                    \
    CHECK_BYTES(actual, actual_len, literal, sizeof(literal) - 1)

static const char *check_case = "";

static inline void check_fail(const char *file, int line, const char *fact)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: %s\n  in case: %s\n", file, line, fact, check_case);
    exit(1);
}

// Bytes of a hex literal; spaces are free. Fails the case when it is no hex or does not fit.
static inline size_t check_hex(const char *hex, uint8_t *out, size_t cap)
{
    static const char digits[] = "0123456789abcdef";
    size_t nibbles = 0;
    for (; *hex != 0; hex++) {
        if (*hex == ' ' || *hex == '\n') { continue; }
        const char *digit = strchr(digits, *hex);
        CHECK(digit != NULL && nibbles / 2 < cap);
        const uint8_t value = (uint8_t)(digit - digits);
        out[nibbles / 2] =
            nibbles % 2 == 0 ? (uint8_t)(value << 4) : (uint8_t)(out[nibbles / 2] | value);
        nibbles++;
    }
    CHECK(nibbles % 2 == 0);
    return nibbles / 2;
}
