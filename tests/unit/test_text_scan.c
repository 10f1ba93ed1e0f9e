/* SPDX-License-Identifier: BSD-2-Clause */
/* Every byte at every place of a text of every length up to three words, against one look at each.
 */
#include "unit.h"

#include "common/text_scan.h"

#define MOST 24

static unsigned kinds(const char *s, size_t n)
{
    unsigned k = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        k |= c < 0x20 || c == 0x7F ? TEXT_CONTROL : 0U;
        k |= c == '\\' ? TEXT_BACKSLASH : 0U;
        k |= c > 0x7F ? TEXT_WIDE : 0U;
    }
    return k;
}

static size_t escape(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (unsigned char)s[i] >= 0x20 && s[i] != '"' && s[i] != '\\')
        i++;
    return i;
}

static void compare(const char *s, size_t n)
{
    assert_int_equal(text_scan_kinds(s, n), kinds(s, n));
    assert_int_equal(text_scan_escape(s, n), escape(s, n));
}

static void test_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n <= MOST; n++)
        for (size_t at = 0; at < n; at++)
            for (int c = 0; c < 256; c++) {
                char text[MOST + 1];

                memset(text, 'a', sizeof text);
                text[n] = '\\'; /* behind the end: not looked at */
                text[at] = (char)c;
                compare(text, n);
            }
}

/* A mark beside another: the borrow of the lower byte must not hide or make one. */
static void test_neighbours(void **state)
{
    static const unsigned char edge[] = {0x00, 0x01, 0x1F, 0x20, 0x21, '"',  '#',
                                         '[',  '\\', ']',  0x7E, 0x7F, 0x80, 0xFF};

    (void)state;
    for (size_t i = 0; i < sizeof edge; i++)
        for (size_t j = 0; j < sizeof edge; j++)
            for (size_t at = 0; at < 9; at++) {
                char text[MOST];

                memset(text, ' ', sizeof text);
                text[at] = (char)edge[i];
                text[at + 1] = (char)edge[j];
                compare(text, sizeof text);
                compare(text, at + 1);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_byte),
                                       cmocka_unit_test(test_neighbours)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
