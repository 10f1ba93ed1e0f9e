/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans with their owners in brackets and sentences: every layout in words of our own. */
#include "plan_unit.h"

static void labelled(void **state)
{
    struct plan *p = plan_of(
        "临溪县2024年重点任务分工方案\n\n一、产业发展\n\n"
        "1. 新建厂房 12 万平方米。〔牵头领导：何守拙、罗知远；牵头单位：县工信局、县发改局；"
        "责任单位：县住建局，各镇（街道）〕\n\n"
        "2、培育智能工厂。【牵头领导：何守拙】【牵头单位：县工信局】【配合单位：县科技局】"
        "【完成时限：11月底前】\n"
        "3．办好农民夜校（二期）。(牵头单位:县农业农村局。配合单位:县财政局。完成时限:长期坚持)\n");

    (void)state;
    assert_string_equal(p->title, "临溪县2024年重点任务分工方案");
    assert_string_equal(p->from, "2024-01-01");
    assert_string_equal(p->to, "2024-12-31");
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0,
                "1 | 新建厂房12万平方米。 | 何守拙,罗知远 | 县工信局,县发改局 | "
                "县住建局,各镇（街道） | ");
    assert_item(p, 1, "2 | 培育智能工厂。 | 何守拙 | 县工信局 | 县科技局 | 2024-11-30");
    assert_item(p, 2, "3 | 办好农民夜校（二期）。 |  | 县农业农村局 | 县财政局 | ∞");
    assert_section(p, 0, "一、产业发展");
    assert_int_equal(p->items[1].line, 7);
    assert_int_equal(p->warnings_len, 0);
    plan_free(&p);
    assert_null(p);
}

/* What scans and page breaks do to brackets, labels and names. */
static void broken(void **state)
{
    struct plan *p = plan_of(
        "## 一、交通\n\n1. 打通断头路。〔牵头\n\n领导：苏既明；牵头单位：市住建局；责任单位：市\n\n"
        "财政局、各县（市、区）人民政府]\n\n"
        "2.建设物流中心（B 型）。〔牵头单位：市商务局;各县(市、区)人民政府〕\n\n"
        "3. 整治河道，改善水质。  "
        "\n〔牵头单位：市水利局\n\n局、市生态环境局；责任单位：市财政局等，"
        "沿河各镇〕\n\n4. 建好码头。（牵头单位：市交通局；责任单位：市水利局\n");

    (void)state;
    assert_int_equal(p->items_len, 4);
    assert_item(p, 0, "1 | 打通断头路。 | 苏既明 | 市住建局 | 市财政局,各县（市、区）人民政府 | ");
    assert_item(p, 1, "2 | 建设物流中心（B型）。 |  | 市商务局 | 各县（市、区）人民政府 | ");
    assert_item(p, 2, "3 | 整治河道，改善水质。 |  | 市水利局,市生态环境局 | 市财政局,沿河各镇 | ");
    assert_item(p, 3, "4 | 建好码头。 |  | 市交通局 | 市水利局 | ");
    assert_section(p, 3, "一、交通");
    assert_int_equal(count_warnings(p, "list-open"), 1);
    plan_free(&p);
}

static void verbs(void **state)
{
    struct plan *p = plan_of(
        "青禾市2025年工作分工\n（一）做强制造业。培育企业5家。（市工信局牵头，市科技局、市财政局"
        "等配合，9月底前完成）\n（二）发展旅游。（由市文旅局会同市商务局负责）\n"
        "（三）稳定就业。（市人社局、市教育局按职责分工负责）\n"
        "（四）改善民生。（财政局牵头，民政局、卫健委等市直有关部门及各县区按职责分工负责）\n"
        "（五）减轻负担。（市农业农村局和市财政局负责，持续推进）\n");

    (void)state;
    assert_int_equal(p->items_len, 5);
    assert_item(p, 0,
                "1 | 做强制造业。培育企业5家。 |  | 市工信局 | 市科技局,市财政局 | 2025-09-30");
    assert_string_equal(p->items[0].title, "做强制造业");
    assert_string_equal(p->items[0].no, "（一）");
    assert_item(p, 1, "2 | 发展旅游。 |  | 市文旅局 | 市商务局 | ");
    assert_item(p, 2, "3 | 稳定就业。 |  | 市人社局,市教育局 |  | ");
    assert_item(p, 3, "4 | 改善民生。 |  | 财政局 | 民政局,卫健委,市直有关部门,各县区 | ");
    assert_item(p, 4, "5 | 减轻负担。 |  | 市农业农村局,市财政局 |  | ∞");
    plan_free(&p);
}

static void verbs_and_dates(void **state)
{
    struct plan *p =
        plan_of("某省关于重点工作部门分工的意见\n某政发〔2020〕6号\n一、宏观\n（一）预期目标。\n"
                "1."
                "稳就业。（人社厅牵头，教育厅、财政厅等14部门按职责分工负责。6月底前出台政策，年内"
                "持续推进）\n"
                "2.支持创业。（6月底前出台办法，人社厅牵头，教育厅、各市、县（区）人民政府配合）\n"
                "3.推进项目（含市教育局牵头建设的学校）。（发改厅牵头 财政厅配合）\n"
                "4."
                "改善服务。（责任单位：市教育局（牵头）、各区、县政府、市财政局；责任人：王守正；完"
                "成时限：2024年起）\n");

    (void)state;
    assert_int_equal(p->items_len, 4);
    assert_item(p, 0, "1 | 稳就业。 |  | 人社厅 | 教育厅,财政厅 | 2020-12-31∞");
    assert_item(p, 1, "2 | 支持创业。 |  | 人社厅 | 教育厅,各市、县（区）人民政府 | 2020-06-30");
    assert_item(p, 2, "3 | 推进项目（含市教育局牵头建设的学校）。 |  | 发改厅 | 财政厅 | ");
    assert_item(p, 3, "4 | 改善服务。 | 王守正 | 市教育局 | 各区、县政府,市财政局 | ∞");
    assert_section(p, 0, "一、宏观,（一）预期目标");
    plan_free(&p);
}

static void bare_lines(void **state)
{
    struct plan *p =
        plan_of("2024年任务\n1.新建学校2所。\n市教育局、市财政局\n2.扩建医院1所。\n市卫健委\n"
                "3.【市水利局（牵头）、市财政局】治理河道3条。\n");

    (void)state;
    assert_item(p, 0, "1 | 新建学校2所。 |  | 市教育局 | 市财政局 | ");
    assert_item(p, 1, "2 | 扩建医院1所。 |  | 市卫健委 |  | ");
    assert_item(p, 2, "3 | 治理河道3条。 |  | 市水利局 | 市财政局 | ");
    plan_free(&p);
}

static void unlabelled(void **state)
{
    struct plan *p =
        plan_of("南屏县2023年任务分解\n一、工业\n1.新增规上企业8家。（县工信局、县统计局）\n"
                "2.建设污水厂（一期）。（县住建局）\n3.修好村道。（县交通局，各乡镇）\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "1 | 新增规上企业8家。 |  | 县工信局 | 县统计局 | ");
    assert_item(p, 1, "2 | 建设污水厂（一期）。 |  | 县住建局 |  | ");
    assert_item(p, 2, "3 | 修好村道。 |  | 县交通局 | 各乡镇 | ");
    plan_free(&p);
}

static void several_brackets(void **state)
{
    struct plan *p = plan_of("1."
                             "打造夜市5条，（责任单位：市商务局）办促销活动30场。（责任单位：市文旅"
                             "局；配合单位：各区县）\n"
                             "2.健全制度（试行）。(牵头单位：市司法局)(完成时限：2024年6月)\n");

    (void)state;
    assert_item(p, 0, "1 | 打造夜市5条，办促销活动30场。 |  | 市商务局,市文旅局 | 各区县 | ");
    assert_item(p, 1, "2 | 健全制度（试行）。 |  | 市司法局 |  | 2024-06-30");
    plan_free(&p);
}

static void sentences(void **state)
{
    struct plan *p =
        plan_of("星河市2024年要点\n1.改造小区20个。由市住建局牵头，市城管局、各街道配合。\n"
                "2.建设服务中心，由市民政局负责，上半年开工。\n"
                "3.制定方案。市工信局负责制定标准，3月底前出台；市财政局负责落实资金。\n"
                "4.发挥党委领导、政府负责、社会协同的作用。\n");

    (void)state;
    assert_item(p, 0, "1 | 改造小区20个。 |  | 市住建局 | 市城管局,各街道 | ");
    assert_item(p, 1,
                "2 | 建设服务中心，由市民政局负责，上半年开工。 |  | 市民政局 |  | 2024-06-30");
    assert_item(p, 2,
                "3 | 制定方案。市工信局负责制定标准，3月底前出台；市财政局负责落实资金。 |  | "
                "市工信局,市财政局 |  | 2024-03-31");
    assert_item(p, 3, "4 | 发挥党委领导、政府负责、社会协同的作用。 |  |  |  | ");
    assert_int_equal(count_warnings(p, "no-lead"), 1);
    plan_free(&p);
}

static void sub_items(void **state)
{
    struct plan *p =
        plan_of("一、目标\n6. 各项指标达到要求。\n(1)安全生产。〔牵头单位：市应急局〕\n"
                "(2)节能减排。〔牵头单位：市发改委〕\n"
                "7.建设项目：\n（1）开工水厂2座；\n（2）完工管网50公里。（市水务局牵头）\n"
                "8.落实政策（一）：（1）减税；（2）降费。（市税务局负责）\n");

    (void)state;
    assert_int_equal(p->items_len, 5);
    assert_item(p, 0, "6 | 各项指标达到要求。 |  |  |  | ");
    assert_item(p, 1, "6.1 | 安全生产。 |  | 市应急局 |  | ");
    assert_string_equal(p->items[1].no, "6.(1)");
    assert_string_equal(p->items[1].parent, "6");
    assert_item(p, 2, "6.2 | 节能减排。 |  | 市发改委 |  | ");
    assert_section(p, 2, "一、目标");
    assert_item(p, 3, "7 | 建设项目：（1）开工水厂2座；（2）完工管网50公里。 |  | 市水务局 |  | ");
    assert_item(p, 4, "8 | 落实政策（一）：（1）减税；（2）降费。 |  | 市税务局 |  | ");
    plan_free(&p);
}

static void one_paragraph(void **state)
{
    struct plan *p =
        plan_of("云水县2022年重点工作分工 一、稳增长 1.生产总值增长6%左右。（牵头单位：县发改局；"
                "责任单位：县统计局）2.投资增长10.5%以上。（牵头单位：县发改局）二、惠民生 "
                "3.新建公厕15座。（牵头单位：县城管局；完成时限：10月底前）");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "1 | 生产总值增长6%左右。 |  | 县发改局 | 县统计局 | ");
    assert_item(p, 1, "2 | 投资增长10.5%以上。 |  | 县发改局 |  | ");
    assert_item(p, 2, "3 | 新建公厕15座。 |  | 县城管局 |  | 2022-10-31");
    assert_section(p, 2, "二、惠民生");
    plan_free(&p);
}

/* Text out of a PDF: lines broken anywhere, blank lines between all of them, page numbers. */
static void wrapped(void **state)
{
    struct plan *p = plan_of(
        "清溪县2023年目标任务责任分解\n\n   1. 加快推进县域高中改造提升，新建教学楼2栋，改扩\n\n"
        "建运动场3个，新增学位1500个。（牵头领导：谢知\n\n微；牵头单位：县教育局；责任单位：县财政"
        "局）\n\n"
        "   2. 加强道路交通安全设施建设，整治隐患路段45处，\n\n— 2 —\n\n"
        "3.5万名驾驶员接受教育。（牵头单位：县公安局；责\n\n任单位：县交通运输局）\n\n"
        "   3. 深化殡葬领域综合治理，建成公益性公墓12处，全\n\n"
        "面推行惠民殡葬政策，减轻群众负担，倡导文明节俭新\n\n风尚。（牵头单位：县民政局）\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0,
                "1 | 加快推进县域高中改造提升，新建教学楼2栋，改扩建运动场3个，新增学位1500个。 | "
                "谢知微 | 县教育局 | 县财政局 | ");
    assert_item(p, 1,
                "2 | 加强道路交通安全设施建设，整治隐患路段45处，3.5万名驾驶员接受教育。 |  | "
                "县公安局 | 县交通运输局 | ");
    assert_item(p, 2,
                "3 | 深化殡葬领域综合治理，建成公益性公墓12处，全面推行惠民殡葬政策，减轻群众负担，"
                "倡导文明节俭新风尚。 |  | 县民政局 |  | ");
    plan_free(&p);
}

/* A covering letter and the foot of a web page around a plan. */
static void surroundings(void **state)
{
    struct plan *p = plan_of(
        "首页 > "
        "文件\n\n某市人民政府文件\n\n某政发〔2022〕8号\n\n某市人民政府关于印发《某市2022年重点任务"
        "分工方案》"
        "的通知\n\n发布日期：2022-03-20 字号：[大 中 小]\n\n各县（市、区）人民政府：\n\n"
        "现将《某市2022年重点任务分工方案》印发给你们。\n\n一、加强领导。确保12月底前完成。\n\n"
        "二、强化督查。市政府督查室负责跟踪督办，每季度通报一次。\n\n三、及时报送。请于每月25日前报"
        "送。\n\n"
        "附件：1.任务分工方案\n2.其他\n\n某市人民政府\n2022年3月18日\n（此件公开发布）\n\n附件1\n\n"
        "某市2022年重点任务分工方案\n\n一、产业\n\n1.建厂房。（牵头单位：市工信局）\n\n"
        "2.引项目。（牵头单位：市商务局）\n\n3.修道路。（牵头单位：市交通局）\n\n"
        "抄送：市委各部门。\n\n打印本页 关闭窗口\n主办：某市人民政府办公室\n");

    (void)state;
    assert_string_equal(p->number, "某政发〔2022〕8号");
    assert_string_equal(p->issued, "2022-03-18");
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "1 | 建厂房。 |  | 市工信局 |  | ");
    assert_item(p, 2, "3 | 修道路。 |  | 市交通局 |  | ");
    assert_section(p, 2, "一、产业");
    plan_free(&p);
}

/* The notice before a plan counts 一、二、 too; the frame of a plan asks nobody for a report. */
static void frame(void **state)
{
    struct plan *p = plan_of(
        "安和区人民政府文件\n\n安政发〔2023〕4号\n\n安和区人民政府\n关于印发《安和区2023年任务分解"
        "表》"
        "的通知\n\n现将《安和区2023年任务分解表》印发给你们，请认真落实。\n\n"
        "一、提高认识。各单位要重视。\n二、加强调度。每月25日前报送进展。\n\n安和区人民政府\n\n"
        "2023年2月1日\n\n安和区2023年任务分解表\n\n一、推进项目建设。开工40个。（责任单位：区发改局"
        "）\n"
        "二、优化环境。（责任单位：区行政审批局）\n\n抄送：区委各部门。\n\n安和区政府办公室 "
        "2023年2月1日印发\n");
    struct plan *q =
        plan_of("一、总体要求\n（一）坚持实干。\n二、主要任务\n（一）抓项目。（市发改委牵头）\n"
                "（二）抓招商。（市商务局牵头）\n三、保障措施\n（一）加强领导。各级要重视。\n");

    (void)state;
    assert_string_equal(p->title, "安和区2023年任务分解表");
    assert_string_equal(p->number, "安政发〔2023〕4号");
    assert_string_equal(p->issuer, "安和区人民政府");
    assert_string_equal(p->issued, "2023-02-01");
    assert_int_equal(p->items_len, 2);
    assert_item(p, 0, "1 | 推进项目建设。开工40个。 |  | 区发改局 |  | ");
    assert_item(p, 1, "2 | 优化环境。 |  | 区行政审批局 |  | ");
    plan_free(&p);
    assert_int_equal(q->items_len, 2);
    assert_item(q, 0, "1 | 抓项目。 |  | 市发改委 |  | ");
    plan_free(&q);
}

static void paragraphs_without_numbers(void **state)
{
    struct plan *p = plan_of("松岚新区2023年重点工作分工\n\n创新驱动\n建设科创中心一期。（牵头单位"
                             "：科技局，责任单位：财政局）\n"
                             "引进人才20名。（牵头单位：组织部）\n生态环保\n改造管网8公里。（牵头单"
                             "位：建设局；完成时限：8月31日）\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "0.x1 | 建设科创中心一期。 |  | 科技局 | 财政局 | ");
    assert_item(p, 1, "0.x2 | 引进人才20名。 |  | 组织部 |  | ");
    assert_item(p, 2, "0.x3 | 改造管网8公里。 |  | 建设局 |  | 2023-08-31");
    assert_null(p->items[0].no);
    assert_section(p, 2, "生态环保");
    plan_free(&p);
}

static void english(void **state)
{
    struct plan *p = plan_of(
        "Riverton City Work Plan 2024\n\n"
        "1. Open two health centres. (Lead: Health Bureau; Responsible: Finance Bureau, Works "
        "Department; Deadline: end of September 2024)\n"
        "2. Renew 40 km of water mains.\nLead: Water Authority\n"
        "Supporting: Works Department and Finance Bureau\nDeadline: 30 November 2024\n"
        "3. Keep crime low. (Leader: Deputy Mayor Ann Holt; Lead: Police Department; Deadline: "
        "ongoing)\n");

    (void)state;
    assert_string_equal(p->title, "Riverton City Work Plan 2024");
    assert_string_equal(p->to, "2024-12-31");
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0,
                "1 | Open two health centres. |  | Health Bureau | Finance Bureau,Works Department "
                "| 2024-09-30");
    assert_item(p, 1,
                "2 | Renew 40 km of water mains. |  | Water Authority | Works Department,Finance "
                "Bureau | 2024-11-30");
    assert_item(p, 2, "3 | Keep crime low. | Deputy Mayor Ann Holt | Police Department |  | ∞");
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labelled),
        cmocka_unit_test(broken),
        cmocka_unit_test(verbs),
        cmocka_unit_test(verbs_and_dates),
        cmocka_unit_test(bare_lines),
        cmocka_unit_test(unlabelled),
        cmocka_unit_test(several_brackets),
        cmocka_unit_test(sentences),
        cmocka_unit_test(sub_items),
        cmocka_unit_test(one_paragraph),
        cmocka_unit_test(wrapped),
        cmocka_unit_test(surroundings),
        cmocka_unit_test(frame),
        cmocka_unit_test(paragraphs_without_numbers),
        cmocka_unit_test(english),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
