/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of tasks, targets in texts, names for the registry, warnings in groups, encodings. */
#include "plan_unit.h"

#include "plan/json.h"
#include "plan/registry_names.h"
#include "plan/targets.h"

static void printed_numbers(void **state)
{
    static const struct {
        const char *printed, *wanted;
    } list[] = {
        {"1", "1"},         {"6.(1)", "6.1"},   {"（一）1", "1.1"},
        {"15-10", "15-10"}, {"第三条", "3"},    {"C01.2", "01.2"},
        {"十一", "11"},     {"二十三、", "23"}, {"一百零二", "102"},
        {"③", "3"},         {"(12)", "12"},     {"１２", "12"},
        {"3.②", "3.2"},     {"1.1.1", "1.1.1"}, {"(其中: 出口)", ""},
        {"—", ""},          {"", ""},           {"15—10", "15.10"},
        {"2 - 3", "2.-.3"},
    };

    (void)state;
    for (size_t k = 0; k < LEN(list); k++) {
        char out[32];
        bool ok = plan_number_normalise(list[k].printed, out, sizeof(out));
        assert_int_equal(ok, list[k].wanted[0] != '\0');
        if (ok)
            assert_string_equal(out, list[k].wanted);
    }
    char small[3];
    assert_false(plan_number_normalise("1234", small, sizeof(small)));
}

static void repeated_numbers(void **state)
{
    struct plan *p = plan_of("一、甲\n1.做甲一。（市水利局牵头）\n2.做甲二。（市水利局牵头）\n"
                             "三、乙\n1.做乙一。（市水利局牵头）\n1.做乙二。（市水利局牵头）\n");

    (void)state;
    assert_int_equal(p->items_len, 4);
    assert_string_equal(p->items[0].number, "1.1");
    assert_string_equal(p->items[1].number, "1.2");
    assert_string_equal(p->items[2].number, "3.1");
    assert_string_equal(p->items[3].number, "3.1-b");
    assert_string_equal(p->items[3].no, "1");
    assert_int_equal(count_warnings(p, "number-repeated"), 1);
    plan_free(&p);
}

static void gaps(void **state)
{
    struct plan *p = plan_of("全年共5项重点任务。\n1.甲。（市水利局牵头）\n2.乙。（市水利局牵头）\n"
                             "5.丙。（市水利局牵头）\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_int_equal(count_warnings(p, "number-gap"), 1);
    assert_int_equal(count_warnings(p, "count-announced"), 1);
    plan_free(&p);
}

static void targets(void **state)
{
    static const struct {
        const char *text, *wanted; /* name op value unit; … */
    } list[] = {
        {"生产总值增长 6% 左右。", "生产总值增长~6%;"},
        {"铺设草坪320万平方米，建站1250个以上。", "铺设草坪=320万平方米;建站>=1250个;"},
        {"网办事项超 900 项。", "网办事项>900项;"},
        {"年销售过 12 亿元的企业", "销售>=12亿元;"},
        {"全流程控制在 75 个工作日内", "全流程<=75个工作日;"},
        {"就业率不低于97.5%", "就业率>=97.5%;"},
        {"外资翻番", "外资=2倍;"},
        {"建设3—5座充电站", "建设range3-5座;"},
        {"投放1,250辆", "投放=1250辆;"},
        {"城乡收入比达到1.95", "城乡收入比=1.95;"},
        {"力争30%以上的村社增收", "村社增收>=30%;"},
        {"到2025年，建成5G基站1.7万个。", "建成5G基站=1.7万个;"},
        {"完善“10分钟便民圈”，第3届，2025年，110千伏", ""},
        {"《2个方案》", ""},
    };

    (void)state;
    for (size_t k = 0; k < LEN(list); k++) {
        struct plan_pool *pool = pool_new();
        struct buf out = {0};
        struct text t;
        size_t n;
        text_fold(pool, list[k].text, strlen(list[k].text), &t);
        struct plan_target *v = targets_find(pool, &t, 0, t.n, &n);
        buf_add_str(&out, "");
        for (size_t m = 0; m < n; m++)
            buf_addf(&out, "%s%s%s%s;", v[m].name, v[m].op, v[m].value,
                     v[m].unit == NULL ? "" : v[m].unit);
        assert_string_equal(out.data == NULL ? "" : out.data, list[k].wanted);
        buf_free(&out);
        pool_free(&pool);
    }
}

static void groups(void **state)
{
    static const char *const yes[] = {
        "各县（市、区）人民政府", "市安委会成员单位", "市政府各部门",
        "市政府各位副市长",       "各有关部门",       "沿线县（市、区）人民政府",
        "市属开发区管委会",       "市有关部门",       "All districts",
        "Relevant departments"};
    static const char *const no[] = {"市教育局", "望岚区人民政府", "国网云台供电公司",
                                     "韩牧野",   "Finance Bureau", "市委组织部"};

    (void)state;
    for (size_t k = 0; k < LEN(yes); k++)
        if (!plan_name_is_group(yes[k]))
            fail_msg("%s is a group", yes[k]);
    for (size_t k = 0; k < LEN(no); k++)
        if (plan_name_is_group(no[k]))
            fail_msg("%s is no group", no[k]);
}

static void near_names(void **state)
{
    static const char *const yes[][2] = {{"市退役军人局", "市退役军人事务局"},
                                         {"市旅游发展集团", "市旅游发展集团有限公司"},
                                         {"云台黄河河务局", "云台黄河水务局"},
                                         {"市安委会成员单位", "市安全生产委员会成员单位"},
                                         {"市工信局", "市工业和信息化局"}};
    static const char *const no[][2] = {{"市教育局", "市教育局"},
                                        {"市政府办公室", "市政协办公室"},
                                        {"市水利局", "市水务集团"},
                                        {"松渡县人民政府", "松江县人民政府"},
                                        {"市第一人民医院", "市第二人民医院"},
                                        {"市公安局", "市公安局交警支队"}};

    (void)state;
    for (size_t k = 0; k < LEN(yes); k++)
        if (!plan_names_near(yes[k][0], yes[k][1]) || !plan_names_near(yes[k][1], yes[k][0]))
            fail_msg("%s is near %s", yes[k][0], yes[k][1]);
    for (size_t k = 0; k < LEN(no); k++)
        if (plan_names_near(no[k][0], no[k][1]))
            fail_msg("%s is not near %s", no[k][0], no[k][1]);
}

static void registry(void **state)
{
    struct plan *p = plan_of(
        "1.甲。（牵头领导：韩牧野；牵头单位：市教育局；责任单位：市退役军人局、各县（市、区））\n"
        "2.乙。（牵头领导：沈砚秋、韩牧野；牵头单位：市退役军人事务局；责任单位：市教育局）\n");
    struct registry_names *r = registry_names_new(p);

    (void)state;
    assert_int_equal(r->units_len, 4);
    assert_string_equal(r->units[0].name, "市教育局");
    assert_int_equal(r->units[0].count, 2);
    assert_true(r->units[0].leads);
    assert_false(r->units[1].leads);
    assert_true(r->units[2].group);
    assert_int_equal(r->units[3].near, 1);
    assert_int_equal(r->units[0].near, REGISTRY_NAMES_NONE);
    assert_int_equal(r->leaders_len, 2);
    assert_string_equal(r->leaders[1].name, "沈砚秋");
    registry_names_free(&r);
    assert_int_equal(count_warnings(p, "near-duplicate-unit"), 1);
    plan_free(&p);
}

static void grouped(void **state)
{
    struct plan *p =
        plan_of("1.甲。（市教育局牵头）\n2.乙。\n3.丙。（市水利局牵头）\n4.丁。\n5.戊。\n6.己。\n"
                "7.庚。（各县区负责）\n8.辛。（市水利局牵头）\n9.壬。（市水利局牵头）\n");
    char *text = plan_warnings_grouped(p);

    (void)state;
    assert_string_equal(text, "no-lead × 4 (lines 2, 4, 5 …): item 2 names no lead unit: nobody "
                              "will owe a report\n"
                              "lead-group × 1 (line 7): the lead of item 7 is a group: 各县区\n");
    free(text);
    plan_free(&p);
}

static void encodings(void **state)
{
    static const char gb[] = "1.\xd7\xf6\xca\xc2\xa1\xa3\xa3\xa8\xca\xd0\xcb\xae\xc0\xfb\xbe\xd6"
                             "\xc7\xa3\xcd\xb7\xa3\xa9\n";
    struct err e = {{0}, {0}};
    struct plan *p = plan_parse(gb, sizeof(gb) - 1, &e);
    char *large = malloc(PLAN_TEXT_MAX + 1);

    (void)state;
    assert_non_null(p);
    assert_item(p, 0, "1 | 做事。 |  | 市水利局 |  | ");
    plan_free(&p);
    p = plan_of("\xEF\xBB\xBF"
                "1.做事。（市水利局牵头）\r\n");
    assert_item(p, 0, "1 | 做事。 |  | 市水利局 |  | ");
    plan_free(&p);
    assert_null(plan_parse("1.\0", 3, &e));
    assert_code(e, "plan-encoding");
    assert_null(plan_parse("\xff\xfe\x00", 2, &e));
    assert_code(e, "plan-encoding");
    assert_non_null(large);
    memset(large, ' ', PLAN_TEXT_MAX + 1);
    assert_null(plan_parse(large, PLAN_TEXT_MAX + 1, &e));
    assert_code(e, "plan-size");
    free(large);
    p = plan_of("");
    assert_int_equal(p->items_len, 0);
    assert_string_equal(p->warnings[0].code, "no-items");
    plan_free(&p);
}

static void json(void **state)
{
    struct plan *p =
        plan_of("某市2024年任务\n1.做事3件。（牵头单位：市水利局；完成时限：6月底）\n");
    struct buf out = {0};
    json_t *head, *item;
    char *nl;

    (void)state;
    assert_true(plan_json_write(p, &out));
    nl = strchr(out.data, '\n');
    head = json_loadb(out.data, (size_t)(nl - out.data), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(head, "kind")), "plan");
    assert_string_equal(json_string_value(json_object_get(head, "to")), "2024-12-31");
    assert_true(json_is_null(json_object_get(head, "issuer")));
    item = json_loads(nl + 1, JSON_DISABLE_EOF_CHECK, NULL);
    assert_string_equal(json_string_value(json_object_get(item, "deadline")), "2024-06-30");
    assert_string_equal(json_string_value(json_object_get(item, "deadline_source")), "bracket");
    assert_int_equal(json_array_size(json_object_get(item, "targets")), 1);
    assert_int_equal(json_integer_value(json_object_get(item, "line")), 2);
    json_decref(head);
    json_decref(item);
    buf_free(&out);
    plan_free(&p);
}

/* The plan that is shipped: what the demo relies on. */
static void sample(void **state)
{
    FILE *f = fopen("examples/sample-plan.txt", "rb");
    char *text = malloc(1 << 20);
    struct plan *p;
    struct registry_names *r;
    size_t n, dated = 0, continuous = 0, led = 0;

    (void)state;
    assert_non_null(f);
    assert_non_null(text);
    n = fread(text, 1, 1 << 20, f);
    fclose(f);
    p = plan_parse(text, n, NULL);
    free(text);
    assert_non_null(p);
    assert_string_equal(p->title, "云台市2022年政府工作报告重点工作任务分工方案");
    assert_string_equal(p->number, "云政发〔2022〕3号");
    assert_string_equal(p->issuer, "云台市人民政府");
    assert_string_equal(p->issued, "2022-02-18");
    assert_string_equal(p->from, "2022-01-01");
    assert_int_equal(p->items_len, 187);
    for (size_t k = 0; k < p->items_len; k++) {
        dated += p->items[k].deadline[0] != '\0';
        continuous += p->items[k].continuous;
        led += p->items[k].lead_units.n > 0 && p->items[k].leaders.n > 0;
    }
    assert_int_equal(led, 185);
    assert_true(dated >= 30 && continuous >= 5);
    r = registry_names_new(p);
    assert_true(r->units_len >= 42);
    assert_int_equal(r->leaders_len, 9);
    registry_names_free(&r);
    assert_int_equal(p->warnings_len, 6);
    assert_int_equal(count_warnings(p, "no-lead"), 2);
    assert_int_equal(count_warnings(p, "leader-group"), 3);
    assert_int_equal(count_warnings(p, "near-duplicate-unit"), 1);
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_numbers),
        cmocka_unit_test(repeated_numbers),
        cmocka_unit_test(gaps),
        cmocka_unit_test(targets),
        cmocka_unit_test(groups),
        cmocka_unit_test(near_names),
        cmocka_unit_test(registry),
        cmocka_unit_test(grouped),
        cmocka_unit_test(encodings),
        cmocka_unit_test(json),
        cmocka_unit_test(sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
