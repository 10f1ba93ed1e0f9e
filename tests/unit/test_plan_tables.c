/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans in tables: pipes, Markdown, tabs, boxes, HTML, one cell a line; indicators with figures. */
#include "plan_unit.h"

static void pipes(void **state)
{
    struct plan *p = plan_of(
        "镜湖市深化改革三年行动计划(2023—2025年)\n\n一、总体要求\n1.完善体系。要求很高。\n"
        "2.办好学校。各级努力。\n附件:1.镜湖市深化改革三年行动计划(2023-2025年)责任清单(指标事项)\n"
        "2.镜湖市深化改革三年行动计划(2023-2025年)责任清单(任务事项)"
        "\n附件1\n镜湖市深化改革三年行动计划\n"
        "(2023—2025年)责任清单(指标事项)\n序号 | 指标事项 | 牵头部门 | 参与部门 | 完成时限 |\n"
        "1 | 到2025年,研发经费占比达到3%以上。 | 市科技局 | - | 2025年年底 |\n附件2\n"
        "镜湖市深化改革三年行动计划\n(2023—2025年)责任清单(任务事项)\n"
        "序号 | 政策事项 | 牵头部门 | 参与部门 | 完成时限 |\n推动创新,建设中心 | ||||\n"
        "1 | 完善体系。到2025年建成3家。 | 市科技局、市发展改革委 | 市财政局、市科技局 | 持续推进 "
        "|\n"
        "1-1 | 新材料。做强铝材。 | 市应急指挥部(办公室) | — | 2023年6月底 |\n保障措施 | ||||\n"
        "2 | 办好学校。 | 市教育局 | 市有关部门 | 2025年年底 |\n");

    (void)state;
    assert_string_equal(p->title, "镜湖市深化改革三年行动计划(2023—2025年)");
    assert_int_equal(p->items_len, 4);
    assert_item(p, 0, "i1 | 到2025年,研发经费占比达到3%以上。 |  | 市科技局 |  | 2025-12-31");
    assert_int_equal(p->items[0].kind, PLAN_INDICATOR);
    assert_section(p, 0, "附件1 责任清单(指标事项)");
    assert_item(
        p, 1, "1 | 完善体系。到2025年建成3家。 |  | 市科技局,市发展改革委 | 市财政局,市科技局 | ∞");
    assert_section(p, 1, "附件2 责任清单(任务事项),推动创新,建设中心");
    assert_item(p, 2, "1-1 | 新材料。做强铝材。 |  | 市应急指挥部（办公室） |  | 2023-06-30");
    assert_string_equal(p->items[2].parent, "1");
    assert_item(p, 3, "2 | 办好学校。 |  | 市教育局 | 市有关部门 | 2025-12-31");
    assert_int_equal(count_warnings(p, "unit-twice"), 1);
    plan_free(&p);
}

static void markdown(void **state)
{
    struct plan *p = plan_of(
        "# 青禾市2025年重点工作台账\n\n| 序号 | 重点任务 | 牵头市领导 | 牵头单位 | 配合单位 | "
        "完成时限 |\n"
        "|:---:|---|---|---|---|---|\n| **一、工业** | | | | | |\n"
        "| 1 | **净增企业50家** | 副市长 罗知远 | 市工信局 | 市统计局、各县（市、区） | 12月底 |\n"
        "| 2 | 建成项目30个 | 罗知远、苏既明 | 市发改委 | 市资源局<br>市生态环境局 | 持续推进 |\n"
        "| **二、民生** | | | | | |\n| 3 | 新增就业2万人 | 苏既明 | 市人社局 | — | 2025年11月30日 "
        "|\n"
        "| 合计 | | | | | |\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(
        p, 0, "1 | 净增企业50家 | 副市长罗知远 | 市工信局 | 市统计局,各县（市、区） | 2025-12-31");
    assert_item(p, 1, "2 | 建成项目30个 | 罗知远,苏既明 | 市发改委 | 市资源局,市生态环境局 | ∞");
    assert_item(p, 2, "3 | 新增就业2万人 | 苏既明 | 市人社局 |  | 2025-11-30");
    assert_section(p, 2, "二、民生");
    plan_free(&p);
}

/* A first column that says the same in many rows heads them; one that does not is a title. */
static void two_text_columns(void **state)
{
    struct plan *p =
        plan_of("2024年任务\n| 序号 | 任务名称 | 具体措施 | 责任单位 | 时间节点 |\n"
                "| 1 | 优化环境 | 办理时限压缩30%以上 | 区审批局（牵头）、区司法局 | 6月底 |\n"
                "| 2 | 优化环境 | 建立平台 | 区工信局 区大数据局 | 常态化推进 |\n");
    struct plan *q =
        plan_of("2023年任务\n| 序号 | 项目名称 | 目标任务 | 责任领导 | 主办单位 | 时限要求 |\n"
                "|---|---|---|---|---|---|\n"
                "| 一 | 就业创业 | 新增就业1.5万人 | 何叶舟 | 市人社局 | 12月底前 |\n"
                "| 二 | 教育提升 | 新增学位2000个 | 杜蘅<br>何叶舟 | 市教育局 | 8月底前 |\n");

    (void)state;
    assert_item(p, 0, "1 | 办理时限压缩30%以上 |  | 区审批局 | 区司法局 | 2024-06-30");
    assert_section(p, 0, "优化环境");
    assert_item(p, 1, "2 | 建立平台 |  | 区工信局,区大数据局 |  | ∞");
    plan_free(&p);
    assert_item(q, 0, "1 | 新增就业1.5万人 | 何叶舟 | 市人社局 |  | 2023-12-31");
    assert_string_equal(q->items[0].title, "就业创业");
    assert_item(q, 1, "2 | 新增学位2000个 | 杜蘅,何叶舟 | 市教育局 |  | 2023-08-31");
    plan_free(&q);
}

static void without_numbers(void **state)
{
    struct plan *p =
        plan_of("2024年项目\n| 任务 | 牵头单位 | 责任单位 |\n|---|---|---|\n"
                "| 建托育园3家 | 区卫健局 | 区教育局 |\n| 建公园5个 | 区城管局 |  |\n");

    (void)state;
    assert_item(p, 0, "0.x1 | 建托育园3家 |  | 区卫健局 | 区教育局 | ");
    assert_item(p, 1, "0.x2 | 建公园5个 |  | 区城管局 |  | ");
    plan_free(&p);
}

static void other_drawings(void **state)
{
    static const char *const texts[] = {
        "东林市2023年任务清单\n序号\t任务内容\t责任部门\t时限\n1\t新建绿道30公里\t市园林局\t10月底"
        "\n"
        "2\t改造公园4个\t市园林局、市财政局\t年底\n",
        "东林市2023年任务清单\n┌──┬──┬──┬──┐\n│序号│任务内容│责任部门│时限│\n├──┼──┼──┼──┤\n"
        "│1│新建绿道30公里│市园林局│10月底│\n│2│改造公园4个│市园林局、市财政局│年底│\n└──┴──┴──┴──┘"
        "\n",
        "东林市2023年任务清单\n<table><tr><th>序号</th><th>任务内容</th><th>责任部门</th><th>时限</"
        "th></tr>\n"
        "<tr>\n<td>1</td>\n<td>新建绿道30公里</td>\n<td>市园林局</td>\n<td>10月底</td>\n</tr>\n"
        "<tr><td>2</td><td>改造公园4个</td><td>市园林局<br/>市财政局</td><td>年底</td></tr></"
        "table>\n",
        "东林市2023年任务清单\n\n序号\n\n任 务 内 "
        "容\n\n责任部门\n\n时限\n\n1\n\n新建绿道30公里\n\n市园林局\n\n"
        "10月底\n\n2\n\n改造公园4个\n\n市园林局、市财政局\n\n年底\n\n东林市人民政府\n",
    };

    (void)state;
    for (size_t k = 0; k < LEN(texts); k++) {
        struct plan *p = plan_of(texts[k]);
        assert_int_equal(p->items_len, 2);
        assert_item(p, 0, "1 | 新建绿道30公里 |  | 市园林局 |  | 2023-10-31");
        assert_item(p, 1, "2 | 改造公园4个 |  | 市园林局,市财政局 |  | 2023-12-31");
        assert_string_equal(p->title, "东林市2023年任务清单");
        plan_free(&p);
    }
}

/* Heads lost; and a plan that is partly a table, partly text. */
static void without_heads(void **state)
{
    struct plan *p =
        plan_of("某区2024年重点任务\n1\t优化公交线网\t区交通局\t区公安分局、各街道\t9月底\n"
                "2\t新增车位500个\t区城管局\t区住建局\t12月底\n"
                "3\t建设驿站6处\t区总工会\t各街道\t持续推进\n");
    struct plan *q =
        plan_of("某区2025年清单\n\n一、民生\n\n1. 建服务站4个。（牵头单位：县民政局）\n\n"
                "二、产业\n\n| 序号 | 任务 | 责任单位 |\n|---|---|---|\n"
                "| 1 | 开工厂房 | 县工信局 |\n| 2 | 投产项目3个 | 县发改局 |\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0, "1 | 优化公交线网 |  | 区交通局 | 区公安分局,各街道 | 2024-09-30");
    assert_item(p, 2, "3 | 建设驿站6处 |  | 区总工会 | 各街道 | ∞");
    assert_int_equal(count_warnings(p, "columns-guessed"), 1);
    plan_free(&p);
    assert_int_equal(q->items_len, 3);
    assert_item(q, 0, "1.1 | 建服务站4个。 |  | 县民政局 |  | ");
    assert_item(q, 2, "2.2 | 投产项目3个 |  | 县发改局 |  | ");
    plan_free(&q);
}

static void english(void **state)
{
    struct plan *p = plan_of(
        "Riverton Delivery Plan 2025\n\n"
        "| No. | Theme | Action | Lead agency | Partners | Timeline | Status |\n"
        "|---|---|---|---|---|---|---|\n"
        "| 1.1 | Health | Open a clinic | Department of Health and Social Care | NHS Trust; City "
        "Council | Q2 2025 | On track |\n"
        "| 2.1 | Transport | Resurface 35 km | Highways Agency | City Council, Police | "
        "2025-10-31 | |\n| 2.2 | Transport | Watch noise | Highways Agency | - | Ongoing | |\n");

    (void)state;
    assert_int_equal(p->items_len, 3);
    assert_item(p, 0,
                "1.1 | Open a clinic |  | Department of Health and Social Care | NHS Trust,City "
                "Council | 2025-06-30");
    assert_item(p, 1,
                "2.1 | Resurface 35 km |  | Highways Agency | City Council,Police | 2025-10-31");
    assert_item(p, 2, "2.2 | Watch noise |  | Highways Agency |  | ∞");
    assert_section(p, 2, "Transport");
    plan_free(&p);
}

static const char indicators_text[] =
    "镜湖市第十三个五年规划纲要\n\n第一篇 总体布局\n\n第三章 目标任务\n\n"
    "表 1：“十二五”规划指标完成情况\n\n主要指标\t2010 年基数\t规划目标\t\t实现情况\t\n"
    "\t\t2015 年\t年均增速\t2015 年\t年均增速\n(1) 生产总值 (亿元)\t1511\t--\t13\t2345\t9.8\n\n"
    "“十三五”时期确立6项主要经济与社会发展指标，具体如下：\n\n表 2：“十三五”主要指标\n\n"
    "类别\t指 标\t2015 年\t2020 年\t年均增速/\t属性\n"
    "经济 发展\t(1) 生产总值 (亿元)\t2345.6\t3300\t8 左右\t预期性\n"
    "\t(2) 进出口总额 (亿美元)\t31.5\t44\t6 左右\t预期性\n\t(其中: 出口)\t17.2\t29\t10 "
    "左右\t预期性\n"
    "(3) 专利拥有量 (件)\t1.2\t3.4\t[2.2]\t预期性\t\n人民 生活\t(4) 登记失业率 (%)\t3.3\t< "
    "4\t——\t预期性\n\n"
    "生态环境\t环境空气质量 (微克/m ³)\t(5) PM _{2.5}\t98\t38\t---\t约束性\n\n"
    "注：[]内为五年累计数\n\n第八章 服务业\n\n到2020年，全市生产总值达到 3200亿元。\n";

static void indicators(void **state)
{
    struct plan *p = plan_of(indicators_text);
    const struct plan_item *item;

    (void)state;
    assert_string_equal(p->from, "2016-01-01");
    assert_string_equal(p->to, "2020-12-31");
    assert_int_equal(p->items_len, 6);
    item = &p->items[0];
    assert_item(p, 0, "1 | 生产总值 |  |  |  | 2020-12-31");
    assert_section(p, 0, "第一篇 总体布局,第三章 目标任务,表2：“十三五”主要指标,经济发展");
    assert_string_equal(item->no, "(1)");
    assert_string_equal(item->unit, "亿元");
    assert_string_equal(item->nature, "预期性");
    assert_int_equal(item->baseline.year, 2015);
    assert_string_equal(item->baseline.value, "2345.6");
    assert_string_equal(item->target.value, "3300");
    assert_true(item->annual.approx && !item->annual.cumulative);
    assert_item(p, 2, "2.x1 | 进出口总额（其中:出口） |  |  |  | 2020-12-31");
    assert_string_equal(p->items[2].unit, "亿美元");
    assert_string_equal(p->items[2].parent, "(2)");
    assert_item(p, 3, "3 | 专利拥有量 |  |  |  | 2020-12-31");
    assert_true(p->items[3].annual.cumulative);
    assert_string_equal(p->items[3].target.value, "3.4");
    assert_string_equal(p->items[4].targets[0].op, "<");
    assert_null(p->items[4].annual.value);
    assert_string_equal(p->items[5].text, "环境空气质量 PM2.5");
    assert_string_equal(p->items[5].targets[0].value, "38");
    assert_section(p, 5, "第一篇 总体布局,第三章 目标任务,表2：“十三五”主要指标,生态环境");
    assert_int_equal(count_warnings(p, "row-shifted"), 1);
    assert_int_equal(count_warnings(p, "count-announced"), 1);
    assert_int_equal(count_warnings(p, "value-conflict"), 1);
    plan_free(&p);
}

/* Units in a column of their own, owners behind the figures; a table with targets only. */
static void other_indicators(void **state)
{
    struct plan *p =
        plan_of("# 松溪市“十四五”规划主要指标\n\n| 类别 | 序号 | 指标名称 | 单位 | 2020年基期值 | "
                "2025年目标值 | 年均增速（%） "
                "| 指标属性 | 责任单位 |\n|---|---|---|---|---|---|---|---|---|\n"
                "| 经济 | 1 | 地区生产总值 | 亿元 | 820 | 1,200 | 7.9 | 预期性 | 市发改委 |\n"
                "| | 2 | 城镇化率 | % | 52.3 | 60左右 | [7.7] | 预期性 | 市发改委、市公安局 |\n"
                "| 民生 | 3 | 医师数 | 人 | — | ≥3.2 | — | 约束性 | 市卫健委 |\n");
    struct plan *q =
        plan_of("2024年主要目标\n序号 | 指标 | 目标值 | 责任单位\n"
                "1 | 生产总值增速 | 6.5%左右 | 市发改委\n2 | 物价涨幅 | 3%以内 | 市市场监管局\n");

    (void)state;
    assert_item(p, 0, "1 | 地区生产总值 |  | 市发改委 |  | 2025-12-31");
    assert_string_equal(p->items[0].targets[0].value, "1200");
    assert_string_equal(p->items[0].targets[0].unit, "亿元");
    assert_int_equal(p->items[0].baseline.year, 2020);
    assert_item(p, 1, "2 | 城镇化率 |  | 市发改委,市公安局 |  | 2025-12-31");
    assert_string_equal(p->items[1].targets[0].op, "~");
    assert_section(p, 1, "经济");
    assert_string_equal(p->items[2].targets[0].op, ">=");
    assert_null(p->items[2].baseline.value);
    assert_string_equal(p->items[2].nature, "约束性");
    plan_free(&p);
    assert_item(q, 0, "1 | 生产总值增速 |  | 市发改委 |  | ");
    assert_int_equal(q->items[0].kind, PLAN_INDICATOR);
    assert_string_equal(q->items[0].targets[0].name, "生产总值增速");
    assert_string_equal(q->items[1].targets[0].op, "<=");
    plan_free(&q);
}

static void contradictions(void **state)
{
    struct plan *p = plan_of(
        "“十四五”规划\n| 指标 | 单位 | 2020年 | 2025年 | 累计 | 属性 |\n|---|---|---|---|---|---|\n"
        "| 1.社会消费品零售总额 | 亿元 | 1100 | 1900 | [800] | 预期性 |\n"
        "| 2.每千人口医师数 | 名 | 2.1 | 2.9 | [0.2] | 约束性 |\n\n"
        "到2025年，社会消费品零售总额达到1800亿元。\n");

    (void)state;
    assert_int_equal(p->items_len, 2);
    assert_item(p, 0, "1 | 社会消费品零售总额 |  |  |  | 2025-12-31");
    assert_string_equal(p->items[0].unit, "亿元");
    assert_string_equal(p->items[0].annual.value, "800");
    assert_int_equal(count_warnings(p, "value-conflict"), 1);
    assert_int_equal(count_warnings(p, "figures-conflict"), 1);
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes),
        cmocka_unit_test(markdown),
        cmocka_unit_test(two_text_columns),
        cmocka_unit_test(without_numbers),
        cmocka_unit_test(without_heads),
        cmocka_unit_test(other_drawings),
        cmocka_unit_test(english),
        cmocka_unit_test(indicators),
        cmocka_unit_test(other_indicators),
        cmocka_unit_test(contradictions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
