/* SPDX-License-Identifier: BSD-2-Clause */
/* The one duban name of a certificate: exactly one, of its form, nothing hidden in it. */
#include "unit.h"

#include <openssl/x509v3.h>

#include "daemon/net/certificate.h"

/* One general name: its tag number and its bytes. */
struct part {
    int tag;
    const char *bytes;
    int n; /* -1 = up to the NUL */
};

#define URI 6
#define DNS 2

/* GeneralNames by hand, so that bytes that OpenSSL would not write can be tried too. */
static size_t encode(const struct part *parts, size_t count, uint8_t *out)
{
    size_t at = 0;
    uint8_t body[2000];

    for (size_t i = 0; i < count; i++) {
        size_t n = parts[i].n < 0 ? strlen(parts[i].bytes) : (size_t)parts[i].n;
        body[at++] = (uint8_t)(0x80 | parts[i].tag);
        assert_true(n < 256);
        if (n >= 128)
            body[at++] = 0x81;
        body[at++] = (uint8_t)n;
        memcpy(body + at, parts[i].bytes, n);
        at += n;
    }
    assert_true(at < 65536);
    out[0] = 0x30;
    out[1] = 0x82;
    out[2] = (uint8_t)(at >> 8);
    out[3] = (uint8_t)at;
    size_t head = 4;
    if (at < 128) {
        out[1] = (uint8_t)at;
        head = 2;
    } else if (at < 256) {
        out[1] = 0x81;
        out[2] = (uint8_t)at;
        head = 3;
    }
    memcpy(out + head, body, at);
    return head + at;
}

static bool parse(const struct part *parts, size_t count, char name[CERTIFICATE_NAME_MAX])
{
    uint8_t der[2100];
    size_t n = encode(parts, count, der);

    return certificate_name_parse(der, n, name);
}

static void test_good(void **state)
{
    static const struct {
        struct part parts[3];
        size_t n;
        const char *name;
    } cases[] = {
        {{{URI, "urn:duban:unit:u001", -1}}, 1, "unit:u001"},
        {{{URI, "urn:duban:post:u001-head", -1}}, 1, "post:u001-head"},
        {{{URI, "urn:duban:operator", -1}}, 1, "operator"},
        {{{DNS, "a.example", -1}, {URI, "urn:duban:unit:1", -1}, {URI, "http://x/", -1}},
         3,
         "unit:1"},
        {{{URI, "urn:dubanx", -1}, {URI, "urn:duban:a:b:c", -1}}, 2, "a:b:c"},
    };
    char name[CERTIFICATE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        if (!parse(cases[i].parts, cases[i].n, name))
            fail_msg("case %zu refused", i);
        assert_string_equal(name, cases[i].name);
    }
}

static void test_bad(void **state)
{
    static const struct {
        struct part parts[2];
        size_t n;
    } cases[] = {
        {{{0, NULL, 0}}, 0},
        {{{DNS, "urn:duban:unit:u001", -1}}, 1},
        {{{URI, "urn:duban:unit:u001", -1}, {URI, "urn:duban:unit:u002", -1}}, 2},
        {{{URI, "urn:duban:unit:u001", -1}, {URI, "urn:duban:unit:u001", -1}}, 2},
        {{{URI, "urn:duban:unit:u001", -1}, {URI, "urn:duban:", -1}}, 2},
        {{{URI, "urn:duban:unit:u001\0", 20}}, 1},
        {{{URI, "urn:duban:unit:u001\0.evil", 25}}, 1},
        {{{URI, "urn:duban:\0unit:u001", 20}}, 1},
        {{{URI, "urn:duban:", -1}}, 1},
        {{{URI, "urn:duban::u001", -1}}, 1},
        {{{URI, "urn:duban:unit:", -1}}, 1},
        {{{URI, "urn:duban:a:b:c:d", -1}}, 1},
        {{{URI, "urn:duban:unit:U001", -1}}, 1},
        {{{URI, "urn:duban:unit:u001 ", -1}}, 1},
        {{{URI, "urn:duban:unit:u001\n", -1}}, 1},
        {{{URI, "urn:duban:unit:u/1", -1}}, 1},
        {{{URI, "urn:duban:unit:\xe5\xb1\x80", -1}}, 1},
        {{{URI, "URN:DUBAN:unit:u001", -1}}, 1},
        {{{URI, " urn:duban:unit:u001", -1}}, 1},
        {{{URI, "urn:duban:unit:a23456789012345678901234567890123", -1}}, 1},
    };
    char name[CERTIFICATE_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        if (parse(cases[i].parts, cases[i].n, name))
            fail_msg("case %zu was taken as %s", i, name);
        assert_string_equal(name, "");
    }
}

/* No prefix of a good extension is one, and nothing may follow. */
static void test_cut(void **state)
{
    static const struct part parts[] = {{URI, "urn:duban:unit:u001", -1}};
    char name[CERTIFICATE_NAME_MAX];
    uint8_t der[100];
    size_t n = encode(parts, 1, der);

    (void)state;
    for (size_t i = 0; i < n; i++)
        assert_false(certificate_name_parse(der, i, name));
    assert_true(certificate_name_parse(der, n, name));
    der[n] = 0;
    assert_false(certificate_name_parse(der, n + 1, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
