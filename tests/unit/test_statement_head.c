/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads: the kinds, and the members that every statement begins with. */
#include "statement_fixture.h"

#include "common/json.h"
#include "common/statement_kinds.h"

/* The head with one member replaced (value NULL: left out). */
static char *head_with(const char *name, const char *value)
{
    json_error_t error;
    json_t *j = json_loads("{" HEAD ",\"reports\":[" REPORT "]}", 0, &error);

    assert_non_null(j);
    json_object_del(j, name);
    if (value) {
        json_t *v = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(v);
        json_object_set_new(j, name, v);
    }
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return text;
}

static void refuse_member(const char *name, const char *value)
{
    char *text = head_with(name, value);

    refuse(STATEMENT_REPORT, text, "schema", name);
    free(text);
}

static void accept_member(const char *name, const char *value)
{
    char *text = head_with(name, value);
    struct err e;
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    if (!s)
        fail_msg("%s: %s", text, e.text);
    statement_free(&s);
    free(text);
}

static void kinds(void **state)
{
    enum statement_kind kind;

    (void)state;
    for (int k = STATEMENT_REPORT; k < STATEMENT_KINDS; k++) {
        assert_true(statement_kind_of(statement_type_of((enum statement_kind)k), &kind));
        assert_int_equal(kind, k);
    }
    assert_string_equal(statement_type_of(STATEMENT_REPORT),
                        "application/vnd.duban.report.v1+json");
    assert_false(statement_kind_of("application/json", &kind));
    assert_false(statement_kind_of("application/vnd.duban.report.v2+json", &kind));
    assert_int_equal(statement_payload_max(STATEMENT_REPORT), 262144);
    assert_int_equal(statement_payload_max(STATEMENT_PLAN), 2097152);
    assert_int_equal(statement_payload_max(STATEMENT_REGISTRY), 2097152);
}

static void heads_one_by_one(void **state)
{
    static const char *const names[] = {"v",    "aud", "unit",  "key", "seq",
                                        "prev", "id",  "nonce", "iat", "reports"};
    (void)state;
    for (size_t i = 0; i < LEN(names); i++) {
        refuse_member(names[i], NULL);
        refuse_member(names[i], "null");
        refuse_member(names[i], "true");
        refuse_member(names[i], "{}");
    }
    refuse_member("v", "2");
    refuse_member("v", "\"1\"");
    refuse_member("aud", "\"\"");
    refuse_member("aud", "\"a\\nb\"");
    refuse_member("unit", "\"\"");
    refuse_member("unit", "\"a\\u0007\"");
    refuse_member("unit", "\"a\\u0085\"");
    refuse_member("key", "\"" KEY "0\"");
    refuse_member("key", "\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"");
    refuse_member("prev", "\"00\"");
    refuse_member("seq", "0");
    refuse_member("seq", "-1");
    refuse_member("seq", "\"1\"");
    refuse_member("id", "\"0190b3c8-0000-7000-8000-00000000000\"");
    refuse_member("id", "\"0190b3c8-0000-7000-c000-000000000000\"");
    refuse_member("id", "\"0190b3c8-0000-0000-8000-000000000001\"");
    refuse_member("id", "\"0190b3c8-0000-9000-8000-000000000001\"");
    refuse_member("id", "\"0190b3c80000-7000-8000-000000000000x\"");
    refuse_member("nonce", "\"AAAAAAAAAAAAAAA\"");
    refuse_member("nonce", "\"AAAAAAAAAAAAAAAAAAAAA=\"");
    refuse_member("iat", "\"2026-11-21\"");
    refuse_member("iat", "\"2026-11-21T10:00:00\"");
    refuse_member("extra", "1");
    refuse_member("reports", "[]");
    refuse_member("reports", "[1]");
    accept_member("seq", "9007199254740992");
    accept_member("id", "\"00000000-0000-0000-0000-000000000000\"");
    accept_member("id", "\"FFFFFFFF-ffff-ffff-ffff-ffffffffffff\"");
    accept_member("id", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"");
    accept_member("iat", "\"2026-11-21T18:00:00.5+08:00\"");
    accept_member("unit", "\"市发展改革委\"");
    refuse(STATEMENT_REPORT, "{" HEAD ",\"v\":1,\"reports\":[" REPORT "]}", "malformed", "line 1");
    refuse(STATEMENT_REPORT, "{\"seq\":9007199254740993}", "malformed", "2^53");
    refuse(STATEMENT_REPORT, "[]", "schema", "object");
    refuse(STATEMENT_REPORT, "1", "schema", "object");
    refuse(STATEMENT_REPORT, "", "malformed", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(heads_one_by_one),
    };
    return cmocka_run_group_tests_name("statement_head", tests, NULL, NULL);
}
