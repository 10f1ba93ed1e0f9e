/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans with one field a line, and plans that name nobody. */
#include "plan_unit.h"

static void field_lines(void **state)
{
    struct plan *p = plan_of(
        "立石区2023年重点工作\n\n一、主要目标\n\n1.生产总值增长6%左右。\n\n牵头单位:区发改局\n\n"
        "责任单位:开发区,全区各专班\n\n2.改善水质\n牵头单位：区生态环境局\n配合单位：区水利局、\n"
        "区农业农村局\n完成时限：2023年底\n3."
        "稳定物价。\n责任单位：\n区市场监管局\n完成时限：\n8月底\n"
        "4.扩大就业。\n牵头领导：何守拙 罗知远　牵头单位：区人社局　责任单位：区直各部门\n"
        "5.建好公园。责任单位：区城管局（牵头）、区财政局；完成时限：持续推进。\n");

    (void)state;
    assert_int_equal(p->items_len, 5);
    assert_item(p, 0, "1 | 生产总值增长6%左右。 |  | 区发改局 | 开发区,全区各专班 | ");
    assert_item(p, 1, "2 | 改善水质 |  | 区生态环境局 | 区水利局,区农业农村局 | 2023-12-31");
    assert_item(p, 2, "3 | 稳定物价。 |  | 区市场监管局 |  | 2023-08-31");
    assert_item(p, 3, "4 | 扩大就业。 | 何守拙,罗知远 | 区人社局 | 区直各部门 | ");
    assert_item(p, 4, "5 | 建好公园。 |  | 区城管局 | 区财政局 | ∞");
    assert_section(p, 0, "一、主要目标");
    assert_int_equal(count_warnings(p, "lead-assumed"), 1);
    plan_free(&p);
}

static void markdown_fields(void **state)
{
    struct plan *p =
        plan_of("# 海霞区2023年实事清单\n\n## 一、教育\n### 1. 新建幼儿园3所\n"
                "- **牵头单位**：区教育局\n- **责任单位**：区住建局、区财政局\n"
                "- **完成时限**：2023年8月底前\n- **工作内容**：在城南建园，新增学位810个。\n\n"
                "### 2. 改造食堂10个\n- 牵头单位：区教育局\n- 完成时限：年底前\n");

    (void)state;
    assert_int_equal(p->items_len, 2);
    assert_item(p, 0,
                "1 | 新建幼儿园3所 在城南建园，新增学位810个。 |  | 区教育局 | 区住建局,区财政局 | "
                "2023-08-31");
    assert_string_equal(p->items[0].title, "新建幼儿园3所");
    assert_item(p, 1, "2 | 改造食堂10个 |  | 区教育局 |  | 2023-12-31");
    assert_section(p, 1, "一、教育");
    plan_free(&p);
}

/* A plan may say that of several responsible units the first one leads. */
static void first_leads(void **state)
{
    struct plan *p = plan_of(
        "2023年责任分解\n1.投资增长10%。\n责任单位:市发改委、市经信局、市科技局（未注明的，"
        "列第一位的为牵头单位，下同）\n2.收入增长。\n责任单位:市人社局、市农业局分别牵头\n");
    struct plan *q =
        plan_of("1.投资增长10%。\n责任单位:市发改委、市经信局\n2.收入增长。\n责任单位:市人社局\n");

    (void)state;
    assert_item(p, 0, "1 | 投资增长10%。 |  | 市发改委 | 市经信局,市科技局 | ");
    assert_item(p, 1, "2 | 收入增长。 |  | 市人社局,市农业局 |  | ");
    plan_free(&p);
    assert_item(q, 0, "1 | 投资增长10%。 |  | 市发改委,市经信局 |  | ");
    plan_free(&q);
}

static void articles(void **state)
{
    struct plan *p = plan_of(
        "绿洲县2025年任务清单\n第一条 加强谋划。牵头单位：县发改局。配合单位：县财政局。"
        "完成时限：2025年12月。\n第二条 加强防汛。牵头单位：县应急局。完成时限：汛期前。\n");

    (void)state;
    assert_int_equal(p->items_len, 2);
    assert_item(p, 0, "1 | 加强谋划。 |  | 县发改局 | 县财政局 | 2025-12-31");
    assert_item(p, 1, "2 | 加强防汛。 |  | 县应急局 |  | ");
    assert_string_equal(p->items[0].no, "第一条");
    assert_int_equal(count_warnings(p, "deadline-unclear"), 1);
    plan_free(&p);
}

static void leaders_in_headings(void **state)
{
    struct plan *p =
        plan_of("一、扩大内需（牵头领导：卓远山）\n1.建充电桩。（牵头单位：市发改委）\n"
                "2.办展会。（牵头领导：李沐川；牵头单位：市商务局）\n");

    (void)state;
    assert_int_equal(p->items_len, 2);
    assert_item(p, 0, "1 | 建充电桩。 | 卓远山 | 市发改委 |  | ");
    assert_item(p, 1, "2 | 办展会。 | 李沐川 | 市商务局 |  | ");
    plan_free(&p);
}

static void nobody_named(void **state)
{
    struct plan *p = plan_of(
        "望岚区三年行动计划（2023—2025年）\n\n一、创新\n\n（一）建设平台\n\n"
        "1.完善体系。建设实验室，到2025年新增10家以上。\n\n2."
        "引育人才，\n每年100名。其中：（1）博士；（2）硕士。\n\n"
        "（二）支持企业\n\n3.减轻负担。\n\n分享\n\n版权所有 © 某网站\n\n联系电话 0635-1234567\n");

    (void)state;
    assert_string_equal(p->from, "2023-01-01");
    assert_string_equal(p->to, "2025-12-31");
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "1 | 完善体系。建设实验室，到2025年新增10家以上。 |  |  |  | 2025-12-31");
    assert_item(p, 1, "2 | 引育人才，每年100名。其中：（1）博士；（2）硕士。 |  |  |  | ");
    assert_item(p, 2, "3 | 减轻负担。 |  |  |  | ");
    assert_section(p, 2, "一、创新,（二）支持企业");
    assert_int_equal(p->warnings_len, 1);
    assert_string_equal(p->warnings[0].code, "no-owners");
    plan_free(&p);
}

static void english_records(void **state)
{
    struct plan *p = plan_of(
        "Harbour District Action Plan 2023-2025\n\nPriority 1: Transport\n"
        "1.1 Extend the tram line. Lead: Transport Department. Support: Port Authority. Deadline: "
        "March 2025.\n1.2 Repair 12 bridges by the end of 2024. Lead: Works Department.\n"
        "Priority 2: Safety\n2.1 Install street lights (Lead: Roads Department; Deadline: "
        "30/09/2024).\n");

    (void)state;
    assert_string_equal(p->to, "2025-12-31");
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0,
                "1.1 | Extend the tram line. |  | Transport Department | Port Authority | "
                "2025-03-31");
    assert_item(
        p, 1, "1.2 | Repair 12 bridges by the end of 2024. |  | Works Department |  | 2024-12-31");
    assert_item(p, 2, "2.1 | Install street lights. |  | Roads Department |  | 2024-09-30");
    assert_section(p, 2, "Priority 2: Safety");
    plan_free(&p);
}

static void traditional(void **state)
{
    struct plan *p =
        plan_of("某市2023年重點工作分工\n1.建設醫院。（牽頭單位：市衛生局；責任單位：市財政局；"
                "完成時限：6月底前）\n");

    (void)state;
    assert_item(p, 0, "1 | 建設醫院。 |  | 市衛生局 | 市財政局 | 2023-06-30");
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(field_lines),         cmocka_unit_test(markdown_fields),
        cmocka_unit_test(first_leads),         cmocka_unit_test(articles),
        cmocka_unit_test(leaders_in_headings), cmocka_unit_test(nobody_named),
        cmocka_unit_test(english_records),     cmocka_unit_test(traditional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
