/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts inside a receipt: every byte at every place of eight comes out as JSON wants it. */
#include "unit.h"

#include "daemon/receive/receipt.h"

static void escaped(const char *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c == '\n')
            buf_add_str(out, "\\n");
        else if (c < 0x20 || c == '"' || c == '\\')
            buf_addf(out, "\\u%04x", c);
        else
            buf_add(out, s + i, 1);
    }
}

static void test_every_byte(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 23; at++) {
            char text[24] = "督查室 said \x80\xff ok 1";
            struct buf got = {0}, wanted = {0};

            text[at] = (char)c;
            receipt_escape(text, 23, &got);
            escaped(text, 23, &wanted);
            assert_int_equal(got.len, wanted.len);
            assert_memory_equal(got.data, wanted.data, wanted.len);
            buf_free(&got);
            buf_free(&wanted);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_byte)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
