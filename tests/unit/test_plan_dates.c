/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates as plans print them. */
#include "plan_unit.h"

#include "plan/dates.h"

struct wanted {
    const char *text;
    const char *date; /* "" = none, "∞" = continuous, "?" = a phrase without a year */
};

static const char *name_of(const struct dates_found *f, char out[PLAN_DATE_SIZE])
{
    dates_format(&f->last, out);
    if (f->continuous)
        return "∞";
    return f->no_year ? "?" : out;
}

static void fields(void **state)
{
    static const struct wanted list[] = {
        {"2025年年底", "2025-12-31"},
        {"2023年6月底", "2023-06-30"},
        {"2024年2月底前", "2024-02-29"},
        {"2022年12月31日前", "2022-12-31"},
        {"２０２２年９月３０日", "2022-09-30"},
        {"二〇二三年五月", "2023-05-31"},
        {"6月底", "2022-06-30"},
        {"十月底前", "2022-10-31"},
        {"9月30日前", "2022-09-30"},
        {"3月上旬", "2022-03-10"},
        {"8月中旬", "2022-08-20"},
        {"上半年", "2022-06-30"},
        {"一季度", "2022-03-31"},
        {"第三季度末", "2022-09-30"},
        {"2023年第二季度", "2023-06-30"},
        {"年底前", "2022-12-31"},
        {"年内", "2022-12-31"},
        {"全年", "2022-12-31"},
        {"2025年", "2025-12-31"},
        {"2023-2025年", "2025-12-31"},
        {"1-6月", "2022-06-30"},
        {"“十四五”末", "2025-12-31"},
        {"2021年11月底前完成试点，12月底前推开", "2021-12-31"},
        {"2023年6月；12月", "2023-12-31"},
        {"2022-09-30", "2022-09-30"},
        {"2022.9.30", "2022-09-30"},
        {"2022/9", "2022-09-30"},
        {"30/09/2022", "2022-09-30"},
        {"12/25/2022", "2022-12-25"},
        {"31 December 2024", "2024-12-31"},
        {"Dec. 3, 2024", "2024-12-03"},
        {"by end of June 2024", "2024-06-30"},
        {"February 2024", "2024-02-29"},
        {"Q3 2024", "2024-09-30"},
        {"2024 H1", "2024-06-30"},
        {"end-2024", "2024-12-31"},
        {"mid-2024", "2024-06-30"},
        {"2024", "2024-12-31"},
        {"持续推进", "∞"},
        {"长期坚持", "∞"},
        {"每月25日前", "∞"},
        {"常态化", "∞"},
        {"ongoing", "∞"},
        {"汛期前", ""},
        {"尽快", ""},
        {"2022年13月", "2022-12-31"},
        {"", ""},
    };

    (void)state;
    for (size_t k = 0; k < LEN(list); k++) {
        struct plan_pool *pool = plan_of("")->pool;
        struct dates_found found;
        struct text t;
        char out[PLAN_DATE_SIZE];
        text_fold(pool, list[k].text, strlen(list[k].text), &t);
        dates_field(&t, 0, t.n, 2022, &found);
        if (strcmp(name_of(&found, out), list[k].date) != 0)
            fail_msg("%s: %s, wanted %s", list[k].text, name_of(&found, out), list[k].date);
        pool_free(&pool);
    }
}

/* In running text only a phrase that sets an end counts. */
static void texts(void **state)
{
    static const struct wanted list[] = {
        {"年底前做到开证明不出门。", "2022-12-31"},
        {"6月底前完成编制，10月底前实施。", "2022-10-31"},
        {"2022年8月底前开工。", "2022-08-31"},
        {"上半年完成主体工程。", "2022-06-30"},
        {"力争到2022年，达到30家。", "2022-12-31"},
        {"新增车位300个。", ""},
        {"持续推进废弃矿山修复。", ""},
        {"编制《国土空间规划（2021-2035年）》。", ""},
        {"到2035年基本实现现代化。", ""},
        {"较2020年底下降5%。", ""},
        {"推动三年内见效。", ""},
        {"每年6月底前报告。", ""},
        {"改造2000年底前建成的小区。", ""},
        {"建设1.2万亩良田，12个月完工。", ""},
    };
    const struct date from = {2022, 1, 1}, to = {2022, 12, 31};

    (void)state;
    for (size_t k = 0; k < LEN(list); k++) {
        struct plan_pool *pool = plan_of("")->pool;
        struct dates_found found;
        struct text t;
        char out[PLAN_DATE_SIZE];
        text_fold(pool, list[k].text, strlen(list[k].text), &t);
        dates_text(&t, 0, t.n, 2022, &from, &to, &found);
        if (strcmp(name_of(&found, out), list[k].date) != 0)
            fail_msg("%s: %s, wanted %s", list[k].text, name_of(&found, out), list[k].date);
        pool_free(&pool);
    }
}

static void without_a_year(void **state)
{
    struct plan *p =
        plan_of("某市三年行动计划（2023—2025年）\n1.建设甲。（市水利局牵头，12月底前完成）\n"
                "2.建设乙。（市水利局牵头，2024年6月底前完成）\n");

    (void)state;
    assert_string_equal(p->items[0].deadline, "");
    assert_string_equal(p->items[0].deadline_raw, "12月底前完成");
    assert_string_equal(p->items[1].deadline, "2024-06-30");
    assert_int_equal(count_warnings(p, "deadline-unclear"), 1);
    plan_free(&p);
}

static void periods(void **state)
{
    static const struct {
        const char *title, *from, *to;
    } list[] = {
        {"某市2022年政府工作报告重点工作", "2022-01-01", "2022-12-31"},
        {"某市三年行动计划（2023—2025年）", "2023-01-01", "2025-12-31"},
        {"某市“十四五”规划", "2021-01-01", "2025-12-31"},
        {"某市“十三五”规划", "2016-01-01", "2020-12-31"},
        {"某市第十四个五年规划和二〇三五年远景目标纲要", "2021-01-01", "2025-12-31"},
        {"某市2024年下半年重点任务", "2024-07-01", "2024-12-31"},
        {"某市2024年第一季度工作清单", "2024-01-01", "2024-03-31"},
        {"Delivery Plan 2023-2025", "2023-01-01", "2025-12-31"},
        {"某市重点任务分工方案", "", ""},
    };

    (void)state;
    for (size_t k = 0; k < LEN(list); k++) {
        char text[400];
        struct plan *p;
        snprintf(text, sizeof(text), "%s\n\n1.做事。（市水利局牵头）\n", list[k].title);
        p = plan_of(text);
        assert_string_equal(p->title, list[k].title);
        assert_string_equal(p->from, list[k].from);
        assert_string_equal(p->to, list[k].to);
        plan_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(texts),
        cmocka_unit_test(without_a_year),
        cmocka_unit_test(periods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
