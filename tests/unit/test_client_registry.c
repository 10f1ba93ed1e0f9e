/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry as text: what is written is what is read; what differs is what is signed. */
#include "unit.h"

#include "client/app.h"
#include "client/plan_payload.h"
#include "client/registry_diff.h"
#include "client/registry_draft.h"
#include "client/registry_text.h"
#include "client/resolve.h"

static const char TEXT[] =
    "# a comment\n"
    "post \"u001-contact\" {\n  name = \"联络员\" role = \"contact\" unit = \"u001\"\n"
    "  holder \"张三\" { from = \"2022-01-01\" to = \"2022-06-30\" }\n"
    "  holder \"张三 \" { from = \"2023-01-01\" }\n  holder \"\" { from = \"2024-01-01\" }\n}\n"
    "unit \"u001\" {\n  name = \"市发展改革委 \\\"$HOME \\${X}\\\"\"\n"
    "  alias \"市发改委\" { from = \"2019-01-01\" to = \"2022-12-31\" }\n}\n"
    "roster \"g01\" { name = \"各县\" of = \"units\" member \"u001\" { from = \"2022-01-01\" } }\n"
    "roster \"g02\" { name = \"各位\" of = \"posts\" }\n"
    "calendar \"cn\" { name = \"c\" source = \"s\" from = \"2022-01-01\" to = \"2022-12-31\"\n"
    "  off = { \"2022-01-03\", \"2022-01-31\" } work = { \"2022-01-29\" } }\n"
    "rule \"quarterly\" { name = \"r\" cadence = \"quarterly\" of = \"next\" working-day = -5 time "
    "= "
    "\"17:30\" shift = \"none\" calendar = \"cn\" zone = \"Asia/Shanghai\" }\n"
    "ladder \"standard\" { name = \"l\" calendar = \"cn\" hold = 5\n"
    "  step { level = 0 before = 3 time = \"09:00\" to = { \"contact\" } }\n"
    "  step { level = 1 after = 0 to = { \"contact\", \"head\", \"office\" } } }\n"
    "contact \"u001-contact\" { name = \"张三\" phone = \"555-0101\" }\n"
    "login \"u001\" { for = \"u001\" }\n";

static json_t *parse(const char *text, size_t *blanks)
{
    json_t *objects = NULL;
    struct err e = {0};

    if (!registry_text_parse("test.conf", text, &objects, blanks, &e))
        fail_msg("%s: %s", e.code, e.text);
    return objects;
}

static json_t *find(json_t *objects, const char *wanted)
{
    char name[160];
    size_t i;
    json_t *o;

    json_array_foreach(objects, i, o)
    {
        if (registry_text_name(o, name, sizeof name) && strcmp(name, wanted) == 0)
            return o;
    }
    fail_msg("no %s", wanted);
    return NULL;
}

static void test_reading(void **state)
{
    size_t blanks;
    json_t *objects = parse(TEXT, &blanks);

    assert_int_equal(json_array_size(objects), 9);
    assert_int_equal(blanks, 1); /* the holder to fill in */
    assert_string_equal(app_str(json_array_get(objects, 0), "set"), "unit"); /* before its posts */
    json_t *unit = find(objects, "unit/u001");
    assert_string_equal(app_str(unit, "name"), "市发展改革委 \"$HOME ${X}\"");
    assert_string_equal(app_str(json_array_get(json_object_get(unit, "aliases"), 0), "to"),
                        "2022-12-31");
    json_t *holders = json_object_get(find(objects, "post/u001-contact"), "holders");
    assert_int_equal(json_array_size(holders), 2);
    assert_string_equal(app_str(json_array_get(holders, 1), "name"), "张三");
    assert_int_equal(app_int(find(objects, "rule/quarterly"), "working_day", 0), -5);
    assert_null(json_object_get(find(objects, "rule/quarterly"), "day"));
    assert_non_null(json_object_get(find(objects, "roster/g02"), "members"));
    json_t *steps = json_object_get(find(objects, "ladder/standard"), "steps");
    assert_int_equal(json_array_size(steps), 2);
    assert_int_equal(app_int(json_array_get(steps, 1), "after", -1), 0);
    assert_null(json_object_get(json_array_get(steps, 1), "before"));
    json_decref(objects);
    (void)state;
}

static void test_round_trip(void **state)
{
    size_t blanks;
    json_t *first = parse(TEXT, &blanks);
    struct buf text = {0}, again = {0};

    registry_text_write(first, &text);
    json_t *second = parse(text.data, &blanks);
    assert_int_equal(blanks, 0);
    assert_true(json_equal(first, second));
    registry_text_write(second, &again);
    assert_string_equal(text.data, again.data);
    json_decref(first);
    json_decref(second);
    buf_free(&text);
    buf_free(&again);
    (void)state;
}

static void fails(const char *text, const char *part)
{
    json_t *objects = NULL;
    size_t blanks;
    struct err e = {0};

    assert_false(registry_text_parse("bad.conf", text, &objects, &blanks, &e));
    assert_code(e, "config");
    if (!strstr(e.text, "bad.conf") || !strstr(e.text, part))
        fail_msg("“%s” does not say “%s”", e.text, part);
}

static void test_errors_name_the_place(void **state)
{
    fails("unit \"x\" { name = \"a\" colour = \"red\" }", "line 1");
    fails("\n\nunit \"X 1\" { name = \"a\" }", "line 3");
    fails("unit \"x\" { }", "x");
    fails("unit \"x\" { name = \"a\" }\nunit \"x\" { name = \"b\" }", "line 2");
    fails("unit \"x\" {\n name = \"a\"\n", "line");
    fails("calendar \"c\" { name = \"a\" from = \"2022-01-01\" to = \"2022-02-30\" }", "c");
    fails("frob \"x\" { }", "frob");
    (void)state;
}

static void test_difference(void **state)
{
    size_t blanks;
    json_t *now = parse(TEXT, &blanks), *wanted = parse(TEXT, &blanks);
    struct registry_diff d;
    struct buf lines = {0};
    size_t i;
    json_t *o;

    json_array_foreach(now, i, o) json_object_set_new(o, "entry", json_integer(7));
    /* the order of days and an empty list mean nothing */
    json_array_insert_new(json_object_get(find(now, "calendar/cn"), "off"), 0, json_string("x"));
    json_array_remove(json_object_get(find(now, "calendar/cn"), "off"), 0);
    json_object_set_new(find(now, "unit/u001"), "deliver", json_array());
    json_array_append_new(now,
                          json_pack("{s:s,s:s,s:s}", "set", "unit", "code", "u900", "name", "n"));
    registry_diff_make(now, wanted, &d, &lines);
    assert_int_equal(d.added + d.changed, 0);
    assert_int_equal(d.unchanged, 9);
    assert_int_equal(d.others, 1);
    registry_diff_clear(&d);

    json_object_set_new(find(wanted, "unit/u001"), "name", json_string("新名"));
    json_object_set_new(find(wanted, "contact/u001-contact"), "phone", json_string("555-0199"));
    json_array_append_new(wanted,
                          json_pack("{s:s,s:s,s:s}", "set", "unit", "code", "u002", "name", "乙"));
    registry_diff_make(now, wanted, &d, &lines);
    assert_int_equal(d.added, 1);
    assert_int_equal(d.changed, 2);
    assert_int_equal(json_array_size(d.changes), 2);
    assert_int_equal(json_array_size(d.contacts), 1);
    assert_null(json_object_get(json_array_get(d.contacts, 0), "set"));
    assert_non_null(strstr(lines.data, "~ unit/u001 name: "));
    assert_non_null(strstr(lines.data, "+ unit/u002 乙"));
    registry_diff_clear(&d);
    buf_free(&lines);
    json_decref(now);
    json_decref(wanted);
    (void)state;
}

static void test_split(void **state)
{
    json_t *changes = json_array();

    for (int i = 0; i < 25; i++)
        json_array_append_new(changes, json_pack("{s:i}", "n", i));
    json_t *parts = registry_diff_split(changes, 10, 1 << 20);
    assert_int_equal(json_array_size(parts), 3);
    json_decref(parts);
    parts = registry_diff_split(changes, 1000, 40);
    assert_true(json_array_size(parts) > 5);
    json_decref(parts);
    json_decref(changes);
    (void)state;
}

/* ---- owners and the draft ------------------------------------------------------------------- */

static void test_owners(void **state)
{
    size_t blanks;
    json_t *objects = parse(
        "unit \"u001\" { name = \"市发展改革委\" alias \"市发改委\" { to = \"2022-12-31\" } }\n"
        "unit \"u002\" { name = \"市财政局\" }\n"
        "roster \"g01\" { name = \"各县（市、区）\" of = \"units\" }\n"
        "post \"leader-01\" { name = \"常务副市长\" role = \"leader\" holder \"李四\" { } }\n",
        &blanks);
    struct resolve_map *m = resolve_new(objects, "2022-05-01");

    assert_string_equal(resolve_unit(m, "市发展 改革委"), "u001");
    assert_string_equal(resolve_unit(m, "市发改委"), "u001");
    assert_string_equal(resolve_unit(m, "各县(市、区)"),
                        "g01"); /* NFKC: brackets of either width */
    assert_string_equal(resolve_leader(m, "李四"), "leader-01");
    assert_string_equal(resolve_leader(m, "leader-01"), "leader-01");
    assert_null(resolve_unit(m, "李四"));
    assert_null(resolve_leader(m, "市财政局"));
    resolve_free(&m);
    m = resolve_new(objects, "2023-05-01");
    assert_null(resolve_unit(m, "市发改委")); /* no longer its name */
    resolve_free(&m);
    json_decref(objects);
    (void)state;
}

static const char PLAN[] =
    "2022年重点工作任务\n\n一、任务\n\n"
    "1."
    "建设试验平台。（牵头领导：李四；牵头单位：市退役军人事务局；责任单位：市财政局、各县（市、区）"
    "）\n\n"
    "2.第二项工作。（牵头领导：王五；牵头单位：市财政局；责任单位：市退役军人局）\n";

static void test_draft(void **state)
{
    struct err e = {0};
    struct plan *p = plan_parse(PLAN, strlen(PLAN), &e);
    assert_non_null(p);
    struct registry_names *names = registry_names_new(p);
    json_t *objects =
        json_pack("[{s:s,s:s,s:s}]", "set", "unit", "code", "u007", "name", "市财政局");
    struct resolve_map *known = resolve_new(objects, "2022-05-01");
    struct registry_draft_counts n;
    struct buf text = {0};
    size_t blanks;

    registry_draft_make(names, known, objects, "plan.txt", &text, &n);
    assert_int_equal(n.leaders, 2);
    assert_int_equal(n.unit_groups, 1);
    assert_int_equal(n.units, 2);
    json_t *draft = parse(text.data, &blanks);
    assert_string_equal(app_str(find(draft, "unit/u008"), "name"), "市退役军人事务局");
    assert_string_equal(app_str(find(draft, "post/leader-01"), "name"), "李四");
    find(draft, "post/u008-contact");
    find(draft, "post/u008-head");
    find(draft, "post/chief");
    find(draft, "post/office");
    find(draft, "roster/g01");
    /* the two spellings stand beside each other, with a remark */
    assert_non_null(strstr(text.data, "市退役军人局\" { }"));
    /* nothing is missing once it is applied */
    json_array_extend(objects, draft);
    resolve_free(&known);
    known = resolve_new(objects, "2022-05-01");
    buf_clear(&text);
    registry_draft_make(names, known, objects, "plan.txt", &text, &n);
    assert_int_equal(n.units + n.unit_groups + n.leaders + n.leader_groups, 0);
    json_decref(draft);
    json_decref(objects);
    resolve_free(&known);
    registry_names_free(&names);
    plan_free(&p);
    buf_free(&text);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_errors_name_the_place),
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_draft),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
