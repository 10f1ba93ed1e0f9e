/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of registry and plan statements: each object right once, each rule broken once. */
#include "unit.h"

#include "common/bytes.h"
#include "common/key.h"
#include "common/mem.h"
#include "common/statement.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD                                                                                       \
    "\"v\":1,\"aud\":\"duban.example/log1\",\"unit\":\"office\",\"key\":\"" HASH                   \
    "\",\"seq\":2,\"prev\":\"" HASH                                                                \
    "\",\"id\":\"0190b3c8-0000-7000-8000-000000000000\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","     \
    "\"iat\":\"2026-11-21T10:00:00Z\""

static bool parses(enum statement_kind kind, const char *member, const char *value, struct err *e)
{
    char *text = xasprintf("{" HEAD ",\"%s\":%s}", member, value);
    struct statement *s = NULL;

    e->code[0] = '\0';
    e->text[0] = '\0';
    bool ok = statement_parse(kind, text, strlen(text), &s, e);
    statement_free(&s);
    free(text);
    return ok;
}

static void accept(const char *changes)
{
    struct err e;

    if (!parses(STATEMENT_REGISTRY, "changes", changes, &e))
        fail_msg("%s: %s", e.text, changes);
}

static void refuse(const char *changes, const char *part)
{
    struct err e;

    if (parses(STATEMENT_REGISTRY, "changes", changes, &e))
        fail_msg("accepted: %s", changes);
    if (strcmp(e.code, "schema") != 0 || !strstr(e.text, part))
        fail_msg("[%s] \"%s\" does not say \"%s\" for %s", e.code, e.text, part, changes);
}

static void units(void **state)
{
#define UNIT(more) "{\"set\":\"unit\",\"code\":\"u001\",\"name\":\"市发展改革委\"" more "}"
    (void)state;
    accept("[" UNIT("") "]");
    accept("[" UNIT(",\"aliases\":[{\"name\":\"市发改委\",\"from\":\"2019-01-01\",\"to\":"
                    "\"2022-12-31\"},{\"name\":\"b\"}],\"retired\":\"2023-01-01\"") "]");
    refuse("[]", "changes");
    refuse("[1]", "changes[0].set");
    refuse("[{\"code\":\"u\"}]", "changes[0].set: must be one of: unit");
    refuse("[{\"set\":\"user\",\"code\":\"u\"}]", "changes[0].set");
    refuse("[{\"set\":1}]", "changes[0].set");
    refuse("[{\"set\":\"unit\",\"code\":\"u\"}]", "changes[0].name: is missing");
    refuse("[{\"set\":\"unit\",\"code\":\"U\",\"name\":\"a\"}]", "changes[0].code");
    refuse("[{\"set\":\"unit\",\"code\":\"\",\"name\":\"a\"}]", "changes[0].code");
    refuse("[{\"set\":\"unit\",\"code\":\"abcdefghijklmnopqrstuvwxyz0123456\",\"name\":\"a\"}]",
           "changes[0].code");
    refuse("[" UNIT(",\"retired\":\"2023-02-29\"") "]", "changes[0].retired: must be a date");
    refuse("[" UNIT(",\"retired\":null") "]", "retired");
    refuse("[" UNIT(",\"alias\":[]") "]", "\"alias\"");
    refuse("[" UNIT(",\"aliases\":[{\"name\":\"a\",\"from\":\"2022-01-02\",\"to\":"
                    "\"2022-01-01\"}]") "]",
           "changes[0].aliases[0].to: lies before");
    refuse("[" UNIT("") "," UNIT("") "]", "changes[1].code: is set a second time");
    accept("[" UNIT("") ",{\"set\":\"roster\",\"code\":\"u001\",\"name\":\"a\",\"of\":\"units\","
                        "\"members\":[]}]");
}

static void rosters_and_posts(void **state)
{
#define ROSTER(of, members)                                                                        \
    "[{\"set\":\"roster\",\"code\":\"g\",\"name\":\"n\",\"of\":\"" of "\",\"members\":" members "}]"
#define POST(role, more)                                                                           \
    "[{\"set\":\"post\",\"code\":\"p\",\"name\":\"n\",\"role\":\"" role "\"" more "}]"
    (void)state;
    accept(ROSTER("posts", "[]"));
    accept(ROSTER("units", "[{\"code\":\"u040\",\"from\":\"2022-01-01\"}]"));
    refuse(ROSTER("tasks", "[]"), "changes[0].of: must be one of: units, posts");
    refuse(ROSTER("units", "[\"u1\"]"), "changes[0].members[0]");
    refuse("[{\"set\":\"roster\",\"code\":\"g\",\"name\":\"n\",\"of\":\"units\"}]", "members");
    accept(POST("chief", ""));
    accept(POST("contact", ",\"unit\":\"u1\",\"holders\":[{\"name\":\"某\",\"from\":\"2022-01-01\"}"
                           "],\"delegates\":[{\"name\":\"b\",\"key\":\"" HASH "\"}]"));
    refuse(POST("contact", ""), "changes[0].unit");
    refuse(POST("head", ""), "changes[0].unit");
    refuse(POST("boss", ""), "changes[0].role");
    refuse(POST("chief", ",\"holders\":[{\"from\":\"2022-01-01\"}]"), "holders[0].name");
    refuse(POST("chief", ",\"delegates\":[{\"name\":\"b\",\"key\":\"12\"}]"), "delegates[0].key");
}

static void calendars_and_rules(void **state)
{
#define CALENDAR(off, work)                                                                        \
    "[{\"set\":\"calendar\",\"code\":\"cn\",\"name\":\"n\",\"source\":\"s\",\"from\":"             \
    "\"2022-01-01\",\"to\":\"2022-12-31\",\"off\":[" off "],\"work\":[" work "]}]"
#define RULE(more)                                                                                 \
    "[{\"set\":\"rule\",\"code\":\"r\",\"name\":\"n\",\"cadence\":\"quarterly\",\"of\":\"next\","  \
    "\"time\":\"17:30\",\"calendar\":\"cn\",\"zone\":\"Asia/Shanghai\"" more "}]"
    (void)state;
    accept(CALENDAR("\"2022-01-31\",\"2022-02-01\"", "\"2022-01-29\""));
    accept(CALENDAR("", ""));
    refuse(CALENDAR("\"2023-01-01\"", ""), "changes[0].off[0]: lies outside");
    refuse(CALENDAR("", "\"2021-12-31\""), "changes[0].work[0]: lies outside");
    refuse(CALENDAR("\"2022-01-31\",\"2022-01-31\"", ""), "changes[0].off[1]: is listed");
    refuse(CALENDAR("\"2022-01-31\"", "\"2022-01-31\""), "changes[0].work[0]: is listed");
    refuse(CALENDAR("\"2022-1-31\"", ""), "changes[0].off[0]: must be a date");
    accept(RULE(",\"working_day\":5"));
    accept(RULE(",\"working_day\":-1,\"shift\":\"none\""));
    accept(RULE(",\"day\":25,\"shift\":\"previous\""));
    refuse(RULE(""), "either");
    refuse(RULE(",\"day\":5,\"working_day\":5,\"shift\":\"none\""), "either");
    refuse(RULE(",\"day\":5"), "shift");
    refuse(RULE(",\"working_day\":5,\"shift\":\"next\""), "shift");
    refuse(RULE(",\"working_day\":0"), "working_day");
    refuse(RULE(",\"working_day\":251"), "working_day");
    refuse(RULE(",\"day\":32,\"shift\":\"none\""), "day: a month has no such day");
    accept(RULE(",\"day\":-1,\"month\":-1,\"shift\":\"none\""));
    accept(RULE(",\"weekday\":2,\"week\":-1,\"shift\":\"after\",\"shift_days\":2"));
    refuse(RULE(",\"weekday\":2"), "shift");
    refuse(RULE(",\"weekday\":8,\"shift\":\"none\""), "weekday");
    refuse(RULE(",\"weekday\":2,\"day\":2,\"shift\":\"none\""), "either");
    refuse(RULE(",\"day\":5,\"week\":1,\"shift\":\"none\""), "week");
    refuse(RULE(",\"day\":5,\"month\":0,\"shift\":\"none\""), "month");
    refuse(RULE(",\"day\":5,\"shift\":\"after\""), "shift_days");
    refuse(RULE(",\"day\":5,\"shift\":\"next\",\"shift_days\":2"), "shift_days");
    refuse(RULE(",\"working_day\":5,\"every\":2,\"from\":\"2022-01-01\""), "every");
    accept(RULE(",\"working_day\":5,\"owes\":\"asked\",\"asked\":[\"u001\",\"g01\"]"));
    refuse(RULE(",\"working_day\":5,\"owes\":\"leads\",\"asked\":[\"u001\"]"), "asked");
    accept(RULE(",\"working_day\":5,\"starts\":[{\"unit\":\"u001\",\"from\":\"2022-07-01\"}]"));
    refuse(RULE(",\"working_day\":5,\"starts\":[{\"unit\":\"u001\"}]"), "starts[0].from");
    accept(RULE(",\"working_day\":5,\"except\":[{\"period\":\"2022Q1\"},{\"period\":"
                "\"2022Q2\",\"due\":\"2022-07-08\",\"time\":\"12:00\"}]"));
    refuse(RULE(",\"working_day\":5,\"except\":[{\"period\":\"Q1\"}]"), "except[0].period");
    refuse(RULE(",\"day\":0,\"shift\":\"none\""), "day");
    refuse(RULE(",\"day\":1,\"shift\":\"back\""), "shift");
    refuse("[{\"set\":\"rule\",\"code\":\"r\",\"name\":\"n\",\"cadence\":\"hourly\"}]", "cadence");
    refuse("[{\"set\":\"rule\",\"code\":\"r\",\"name\":\"n\",\"cadence\":\"monthly\",\"of\":"
           "\"this\",\"day\":1,\"time\":\"24:00\",\"shift\":\"none\",\"calendar\":\"cn\",\"zone\":"
           "\"Asia/Shanghai\"}]",
           "time: must be a time HH:MM");
}

static void ladders(void **state)
{
#define LADDER(steps)                                                                              \
    "[{\"set\":\"ladder\",\"code\":\"l\",\"name\":\"n\",\"calendar\":\"cn\",\"hold\":5,"           \
    "\"steps\":[" steps "]}]"
#define REMIND(n) "{\"level\":0,\"before\":" n ",\"time\":\"09:00\",\"to\":[\"contact\"]}"
#define RAISE(l, n) "{\"level\":" l ",\"after\":" n ",\"to\":[\"leader\",\"chief\"]}"
    (void)state;
    accept(LADDER(REMIND("3") "," REMIND("1") "," RAISE("1", "0") "," RAISE("2", "1")));
    refuse(LADDER(""), "steps");
    refuse(LADDER(REMIND("3") "," REMIND("3")), "steps[1].level: the ladder has");
    refuse(LADDER(RAISE("1", "0") "," RAISE("1", "1")), "steps[1].level: the ladder has");
    refuse(LADDER(RAISE("0", "0")), "steps[0].level");
    refuse(LADDER("{\"level\":1,\"before\":1,\"time\":\"09:00\",\"to\":[\"chief\"]}"), "level");
    refuse(LADDER("{\"level\":1,\"to\":[\"chief\"]}"), "level");
    refuse(LADDER("{\"level\":0,\"before\":1,\"to\":[\"chief\"]}"), "time");
    accept(LADDER("{\"level\":1,\"after\":1,\"time\":\"09:00\",\"to\":[\"chief\"]}"));
    accept(LADDER("{\"level\":1,\"after\":\"90m\",\"repeat\":\"6wh\",\"rounds\":3,"
                  "\"answer\":1,\"to\":[\"chief\"]}"));
    refuse(LADDER("{\"level\":1,\"after\":\"90m\",\"time\":\"09:00\",\"to\":[\"chief\"]}"), "time");
    refuse(LADDER("{\"level\":1,\"after\":\"90x\",\"to\":[\"chief\"]}"), "after");
    refuse(LADDER("{\"level\":1,\"after\":\"0m\",\"to\":[\"chief\"]}"), "after");
    refuse(LADDER("{\"level\":1,\"after\":0,\"repeat\":1,\"to\":[\"chief\"]}"), "rounds");
    refuse(LADDER("{\"level\":0,\"before\":\"2h\",\"answer\":1,\"to\":[\"chief\"]}"), "level");
    refuse(LADDER("{\"level\":1,\"after\":1,\"to\":[]}"), "to");
    refuse(LADDER("{\"level\":1,\"after\":1,\"to\":[\"boss\"]}"), "steps[0].to[0]");
    refuse(LADDER("{\"level\":10,\"after\":1,\"to\":[\"chief\"]}"), "level");
}

static char *key_change(const char *id, const char *spki, const char *alg, const char *more)
{
    return xasprintf("[{\"set\":\"key\",\"key\":\"%s\",\"spki\":\"%s\",\"alg\":\"%s\",\"for\":"
                     "\"u001\"%s}]",
                     id, spki, alg, more);
}

static void keys(void **state)
{
    (void)state;
    for (int alg = KEY_ECDSA_P256; alg <= KEY_SM2; alg++) {
        struct key *k = NULL;
        struct err e;
        struct buf spki = {0};
        char id[65];
        size_t n = 0;
        assert_true(key_generate((enum key_alg)alg, &k, &e));
        const char *name = key_alg_name((enum key_alg)alg);
        const uint8_t *der = key_spki(k, &n);
        base64_encode(der, n, &spki);
        hex_encode(key_id(k), DIGEST_SIZE, id);
        char *good = key_change(id, spki.data, name,
                                ",\"operator\":true,\"until\":\"2027-01-01T00:00:00Z\"");
        char *other = key_change(HASH, spki.data, name, "");
        char *wrong = key_change(id, spki.data, alg ? "ecdsa-p256" : "sm2", "");
        char *cut = key_change(id, "MFkw", name, "");
        accept(good);
        refuse(other, "changes[0].key: is not the SHA-256");
        refuse(wrong, "changes[0].alg");
        refuse(cut, "changes[0].spki");
        free(good);
        free(other);
        free(wrong);
        free(cut);
        buf_free(&spki);
        key_free(&k);
    }
    refuse("[{\"set\":\"key\",\"key\":\"" HASH
           "\",\"spki\":\"AAAA\",\"alg\":\"rsa\",\"for\":\"u\"}]",
           "changes[0].alg: must be one of: ecdsa-p256, ed25519, sm2");
}

/* The first statement of a log also says where its test clock begins. */
static void genesis_clock(void)
{
    const char *changes = "[{\"set\":\"login\",\"login\":\"a\",\"for\":\"*\"},"
                          "{\"set\":\"clock\",\"to\":\"2022-04-02T09:00:00+08:00\"}]";
    char *text = xasprintf("{" HEAD ",\"changes\":%s}", changes);
    char *seq = strstr(text, "\"seq\":2");
    struct statement *s = NULL;
    struct err e;

    assert_non_null(seq);
    seq[strlen("\"seq\":")] = '1';
    assert_true(statement_parse(STATEMENT_REGISTRY, text, strlen(text), &s, &e));
    statement_free(&s);
    free(text);
}

static void clients_logins_clock(void **state)
{
#define CLIENT(more)                                                                               \
    "[{\"set\":\"client\",\"certificate\":\"" HASH "\",\"name\":\"u001\",\"for\":\"u001\"" more "}]"
    (void)state;
    accept(CLIENT(""));
    accept(CLIENT(",\"operator\":false,\"deliver\":[\"u2\",\"office\"],\"revoked\":\"lost\""));
    refuse(CLIENT(",\"deliver\":[\"U2\"]"), "changes[0].deliver[0]");
    refuse(CLIENT(",\"operator\":1"), "operator");
    refuse(CLIENT(",\"until\":\"2027-01-01\""), "until: must be an instant");
    refuse(CLIENT(",\"revoked\":\"\""), "revoked");
    accept("[{\"set\":\"login\",\"login\":\"u001_contact\",\"for\":\"u001\"}]");
    accept("[{\"set\":\"login\",\"login\":\"all\",\"for\":\"*\"}]");
    refuse("[{\"set\":\"login\",\"login\":\"a b\",\"for\":\"*\"}]", "login");
    refuse("[{\"set\":\"login\",\"login\":\"a\",\"for\":\"**\"}]", "for");
    accept("[{\"set\":\"clock\",\"to\":\"2022-04-11T17:31:00+08:00\"}]");
    accept("[{\"set\":\"clock\",\"by\":3600000000}]");
    refuse("[{\"set\":\"clock\"}]", "either");
    refuse("[{\"set\":\"clock\",\"by\":1,\"to\":\"2022-04-11T17:31:00+08:00\"}]", "either");
    refuse("[{\"set\":\"clock\",\"by\":0}]", "by");
    genesis_clock();
    refuse("[{\"set\":\"clock\",\"by\":1},{\"set\":\"login\",\"login\":\"a\",\"for\":\"*\"}]",
           "alone");
}

static bool plan(const char *more, const char *tasks, struct err *e)
{
    char *value = xasprintf("{\"handle\":\"p1\",\"title\":\"t\",\"from\":\"2022-01-01\",\"to\":"
                            "\"2022-12-31\",\"source_sha256\":\"" HASH "\"%s,\"tasks\":[%s]}",
                            more, tasks);
    bool ok = parses(STATEMENT_PLAN, "plan", value, e);

    free(value);
    return ok;
}

static void refuse_plan(const char *more, const char *tasks, const char *part)
{
    struct err e;

    if (plan(more, tasks, &e))
        fail_msg("accepted: %s %s", more, tasks);
    if (strcmp(e.code, "schema") != 0 || !strstr(e.text, part))
        fail_msg("[%s] \"%s\" does not say \"%s\"", e.code, e.text, part);
}

static void plans(void **state)
{
#define TASK(number) "{\"task\":\"" number "\",\"kind\":\"task\",\"text\":\"x\\ny\"}"
    struct err e;

    (void)state;
    if (!plan("", TASK("1"), &e))
        fail_msg("%s", e.text);
    if (!plan(",\"number\":\"n\",\"issuer\":\"i\",\"issued\":\"2022-01-05\",\"rule\":\"quarterly\","
              "\"ladder\":\"standard\"",
              TASK("1") "," TASK(
                  "i1") ",{\"task\":\"6.1\",\"no\":\"6.(1)\",\"kind\":\"indicator\","
                        "\"section\":[\"一\",\"二\"],\"title\":\"t\",\"text\":\"x\",\"leaders\":["
                        "\"leader-01\"],\"leads\":[\"u001\"],\"units\":[],\"deadline\":"
                        "\"2022-06-30\",\"deadline_raw\":\"6月底\",\"deadline_source\":\"text\","
                        "\"continuous\":false,\"targets\":[{\"name\":\"产值\",\"op\":\">=\","
                        "\"value\":\"5.5\",\"unit\":\"亿元\"}],\"baseline\":\"1\",\"target\":\"2\","
                        "\"nature\":\"约束性\"}",
              &e))
        fail_msg("%s", e.text);
    refuse_plan("", "", "plan.tasks");
    refuse_plan("", TASK("1") "," TASK("2") "," TASK("1"), "plan.tasks[2].task: the same number");
    refuse_plan("", TASK("（一）"), "plan.tasks[0].task");
    refuse_plan("", TASK("p1/1"), "plan.tasks[0].task");
    refuse_plan("", "{\"task\":\"1\",\"kind\":\"goal\",\"text\":\"x\"}", "kind");
    refuse_plan("", "{\"task\":\"1\",\"kind\":\"task\"}", "plan.tasks[0].text: is missing");
    refuse_plan("", "{\"task\":\"1\",\"kind\":\"task\",\"text\":\"x\",\"leads\":[\"市发改委\"]}",
                "plan.tasks[0].leads[0]");
    refuse_plan("", "{\"task\":\"1\",\"kind\":\"task\",\"text\":\"x\",\"deadline\":\"2022\"}",
                "deadline");
    refuse_plan("",
                "{\"task\":\"1\",\"kind\":\"task\",\"text\":\"x\",\"targets\":[{\"name\":\"a\","
                "\"op\":\"=\",\"value\":5}]}",
                "targets[0].value");
    refuse_plan("", "{\"task\":\"1\",\"kind\":\"task\",\"text\":\"x\",\"lead\":[]}", "\"lead\"");
    refuse_plan(",\"rule\":\"\"", TASK("1"), "plan.rule");
    refuse_plan(",\"issued\":\"5 January\"", TASK("1"), "plan.issued");
    refuse_plan(",\"year\":2022", TASK("1"), "\"year\"");
    assert_false(parses(STATEMENT_PLAN, "plan", "[]", &e));
    assert_code(e, "schema");
    assert_false(parses(STATEMENT_PLAN, "plan",
                        "{\"handle\":\"P 1\",\"title\":\"t\",\"from\":\"2022-01-01\",\"to\":"
                        "\"2022-12-31\",\"source_sha256\":\"" HASH "\",\"tasks\":[" TASK("1") "]}",
                        &e));
    assert_non_null(strstr(e.text, "plan.handle"));
    assert_false(parses(STATEMENT_PLAN, "plan",
                        "{\"handle\":\"p1\",\"title\":\"t\",\"from\":\"2023-01-01\",\"to\":"
                        "\"2022-12-31\",\"source_sha256\":\"" HASH "\",\"tasks\":[" TASK("1") "]}",
                        &e));
    assert_non_null(strstr(e.text, "plan.to"));
}

static void channels(void **state)
{
#define CHANNEL(kind, more)                                                                        \
    "[{\"set\":\"channel\",\"code\":\"c\",\"name\":\"n\",\"kind\":\"" kind "\"" more "}]"
#define URL(url) CHANNEL("webhook", ",\"url\":\"" url "\"")
#define LEADER(more)                                                                               \
    "[{\"set\":\"post\",\"code\":\"l\",\"name\":\"n\",\"role\":\"leader\"" more "}]"
    (void)state;
    accept(CHANNEL("mail", ""));
    accept(CHANNEL("spool", ",\"detail\":\"count\",\"fallback\":\"m\",\"fallback_after\":1"));
    accept(URL("https://10.1.2.3:8443/in?a=b"));
    accept(URL("https://[fd00::1]/"));
    refuse(CHANNEL("fax", ""), "changes[0].kind");
    refuse(CHANNEL("mail", ",\"detail\":\"all\""), "detail");
    refuse(CHANNEL("mail", ",\"url\":\"https://a/\""), "url: a webhook has");
    refuse(CHANNEL("webhook", ""), "url: a webhook has");
    refuse(CHANNEL("mail", ",\"fallback_after\":5"), "fallback: is missing");
    refuse(CHANNEL("mail", ",\"fallback\":\"m\",\"fallback_after\":0"), "fallback_after");
    refuse(URL("http://10.1.2.3/"), "url");
    refuse(URL("https://"), "url");
    refuse(URL("https:///etc"), "url");
    refuse(URL("https://user@host/"), "url");
    refuse(URL("https://a b/"), "url");
    refuse(URL("https://a/\\n"), "url");
    refuse(URL("https://a/#x"), "url");
    refuse(URL("file:///etc/passwd"), "url");
    accept(LEADER(",\"channels\":[\"mail\",\"stream\"],\"lang\":\"en\""));
    refuse(LEADER(",\"channels\":[\"A\"]"), "channels");
    refuse(LEADER(",\"channels\":\"mail\""), "channels");
    refuse(LEADER(",\"lang\":\"de\""), "lang");
}

static void test_alerts(void **state)
{
    static const struct {
        const char *posts, *part;
    } cases[] = {{"[\"office\",\"u001-head\"]", NULL},
                 {"[]", "posts"},
                 {"[\"Office\"]", "posts"},
                 {"[\"a\",\"a\"]", "a second time"},
                 {"\"office\"", "posts"}};
    struct err e;

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        bool ok = parses(STATEMENT_TEST, "posts", cases[i].posts, &e);
        assert_int_equal(ok, cases[i].part == NULL);
        if (!ok)
            assert_non_null(strstr(e.text, cases[i].part));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels),
        cmocka_unit_test(test_alerts),
        cmocka_unit_test(units),
        cmocka_unit_test(rosters_and_posts),
        cmocka_unit_test(calendars_and_rules),
        cmocka_unit_test(ladders),
        cmocka_unit_test(keys),
        cmocka_unit_test(clients_logins_clock),
        cmocka_unit_test(plans),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
