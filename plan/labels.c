/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that name a field; see labels.h. A table of words, most telling first: places name their
 * columns with ever new compounds of the same few words (牵头责任单位, 市级牵头领导, 配合部门). */
#include "plan/labels.h"

#include <ctype.h>
#include <string.h>

#define LABEL_MAX 48 /* bytes of a label before its colon */

struct word {
    const char *word;
    enum label_role role;
};

static bool holds(const struct text *t, size_t a, size_t b, const char *w)
{
    for (size_t i = a; i < b; i++)
        if (text_is(t, i, b, w) > 0)
            return true;
    return false;
}

static enum label_role first_word(const struct text *t, size_t a, size_t b,
                                  const struct word *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (holds(t, a, b, words[k].word))
            return words[k].role;
    return LABEL_NONE;
}

#define FIRST_WORD(t, a, b, words) first_word(t, a, b, words, sizeof(words) / sizeof((words)[0]))

static const struct word chinese_words[] = {
    {"序号", LABEL_NO},           {"编号", LABEL_NO},           {"完成情况", LABEL_RESULT},
    {"实现情况", LABEL_RESULT},   {"进展情况", LABEL_RESULT},   {"执行情况", LABEL_RESULT},
    {"备注", LABEL_OTHER},        {"说明", LABEL_OTHER},        {"联系人", LABEL_OTHER},
    {"依据", LABEL_OTHER},        {"来源", LABEL_OTHER},        {"投资", LABEL_OTHER},
    {"单位及责任人", LABEL_RESP}, {"部门及责任人", LABEL_RESP}, {"时限", LABEL_DEADLINE},
    {"期限", LABEL_DEADLINE},     {"截止", LABEL_DEADLINE},     {"时间", LABEL_DEADLINE},
    {"时间节点", LABEL_DEADLINE}, {"节点", LABEL_DEADLINE},     {"完成日期", LABEL_DEADLINE},
    {"领导", LABEL_LEADER},       {"责任人", LABEL_LEADER},     {"负责人", LABEL_LEADER},
    {"副市长", LABEL_LEADER},     {"包抓", LABEL_LEADER},       {"计量单位", LABEL_MEASURE},
    {"配合", LABEL_UNITS},        {"协办", LABEL_UNITS},        {"协同", LABEL_UNITS},
    {"协作", LABEL_UNITS},        {"参与", LABEL_UNITS},        {"参加", LABEL_UNITS},
    {"会办", LABEL_UNITS},        {"支持单位", LABEL_UNITS},    {"支持部门", LABEL_UNITS},
    {"协助", LABEL_UNITS},        {"牵头", LABEL_LEAD},         {"主办", LABEL_LEAD},
    {"主责", LABEL_LEAD},         {"主要责任", LABEL_LEAD},     {"第一责任", LABEL_LEAD},
    {"责任", LABEL_RESP},         {"承办", LABEL_RESP},         {"负责", LABEL_RESP},
    {"落实单位", LABEL_RESP},     {"落实部门", LABEL_RESP},     {"实施单位", LABEL_RESP},
    {"实施主体", LABEL_RESP},     {"建设单位", LABEL_RESP},     {"组织单位", LABEL_RESP},
    {"主管部门", LABEL_RESP},     {"主管单位", LABEL_RESP},     {"年均", LABEL_ANNUAL},
    {"增速", LABEL_ANNUAL},       {"累计", LABEL_ANNUAL},       {"属性", LABEL_NATURE},
    {"指标性质", LABEL_NATURE},   {"约束性", LABEL_NATURE},     {"类别", LABEL_CATEGORY},
    {"类型", LABEL_CATEGORY},     {"领域", LABEL_CATEGORY},     {"分类", LABEL_CATEGORY},
    {"一级指标", LABEL_CATEGORY}, {"板块", LABEL_CATEGORY},     {"方面", LABEL_CATEGORY},
    {"基期", LABEL_BASELINE},     {"基数", LABEL_BASELINE},     {"现状", LABEL_BASELINE},
    {"目标值", LABEL_TARGET},     {"规划值", LABEL_TARGET},     {"预期值", LABEL_TARGET},
    {"目标任务", LABEL_TEXT},     {"任务目标", LABEL_TEXT},     {"具体任务", LABEL_DETAIL},
    {"任务内容", LABEL_DETAIL},   {"工作内容", LABEL_DETAIL},   {"主要内容", LABEL_DETAIL},
    {"建设内容", LABEL_DETAIL},   {"重点内容", LABEL_DETAIL},   {"具体内容", LABEL_DETAIL},
    {"措施", LABEL_DETAIL},       {"举措", LABEL_DETAIL},       {"事项", LABEL_TEXT},
    {"任务", LABEL_TEXT},         {"指标", LABEL_TEXT},         {"重点工作", LABEL_TEXT},
    {"项目", LABEL_TEXT},         {"工作要点", LABEL_TEXT},     {"工作要求", LABEL_TEXT},
    {"目标", LABEL_TARGET},       {"内容", LABEL_DETAIL},       {"名称", LABEL_TEXT},
    {"行动", LABEL_TEXT},         {"工作", LABEL_TEXT},
};

static enum label_role role_chinese(const struct text *t, size_t a, size_t b)
{

    return FIRST_WORD(t, a, b, chinese_words);
}

static const struct word english_words[] = {
    {"deadline", LABEL_DEADLINE},
    {"due", LABEL_DEADLINE},
    {"timeline", LABEL_DEADLINE},
    {"timeframe", LABEL_DEADLINE},
    {"time frame", LABEL_DEADLINE},
    {"by when", LABEL_DEADLINE},
    {"completion", LABEL_DEADLINE},
    {"timescale", LABEL_DEADLINE},
    {"target date", LABEL_DEADLINE},
    {"end date", LABEL_DEADLINE},
    {"when", LABEL_DEADLINE},
    {"finish", LABEL_DEADLINE},
    {"start", LABEL_OTHER},
    {"note", LABEL_OTHER},
    {"remark", LABEL_OTHER},
    {"comment", LABEL_OTHER},
    {"budget", LABEL_OTHER},
    {"status", LABEL_RESULT},
    {"progress", LABEL_RESULT},
    {"achieved", LABEL_RESULT},
    {"supervising", LABEL_LEADER},
    {"leader", LABEL_LEADER},
    {"sponsor", LABEL_LEADER},
    {"senior responsible", LABEL_LEADER},
    {"minister", LABEL_LEADER},
    {"co-lead", LABEL_UNITS},
    {"support", LABEL_UNITS},
    {"partner", LABEL_UNITS},
    {"participa", LABEL_UNITS},
    {"assist", LABEL_UNITS},
    {"contribut", LABEL_UNITS},
    {"cooperat", LABEL_UNITS},
    {"co-operat", LABEL_UNITS},
    {"other agenc", LABEL_UNITS},
    {"other depart", LABEL_UNITS},
    {"consult", LABEL_UNITS},
    {"lead", LABEL_LEAD},
    {"accountable", LABEL_LEAD},
    {"owner", LABEL_LEAD},
    {"responsib", LABEL_RESP},
    {"implement", LABEL_RESP},
    {"by whom", LABEL_RESP},
    {"who", LABEL_RESP},
    {"delivery body", LABEL_RESP},
    {"baseline", LABEL_BASELINE},
    {"annual", LABEL_ANNUAL},
    {"growth", LABEL_ANNUAL},
    {"target", LABEL_TARGET},
    {"unit of", LABEL_MEASURE},
    {"measure of", LABEL_TARGET},
    {"category", LABEL_CATEGORY},
    {"theme", LABEL_CATEGORY},
    {"area", LABEL_CATEGORY},
    {"pillar", LABEL_CATEGORY},
    {"nature", LABEL_NATURE},
    {"binding", LABEL_NATURE},
    {"task", LABEL_TEXT},
    {"action", LABEL_TEXT},
    {"indicator", LABEL_TEXT},
    {"activit", LABEL_TEXT},
    {"commitment", LABEL_TEXT},
    {"measure", LABEL_TEXT},
    {"initiative", LABEL_TEXT},
    {"deliverable", LABEL_TEXT},
    {"objective", LABEL_TEXT},
    {"recommendation", LABEL_TEXT},
    {"project", LABEL_TEXT},
    {"milestone", LABEL_TEXT},
    {"description", LABEL_DETAIL},
    {"detail", LABEL_DETAIL},
    {"number", LABEL_NO},
};

static enum label_role role_english(const struct text *t, size_t a, size_t b)
{
    static const char *const numbers[] = {"no",   "no.", "#",   "id",   "ref",   "ref.",    "s/n",
                                          "item", "nr",  "nr.", "s.no", "s.no.", "item no."};

    for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
        if (b - a == strlen(numbers[k]) && text_is(t, a, b, numbers[k]) > 0)
            return LABEL_NO;
    if (b - a == 2 && text_is(t, a, b, "by") > 0)
        return LABEL_DEADLINE;
    if (b - a == 4 && text_is(t, a, b, "date") > 0)
        return LABEL_DEADLINE;
    if (b - a == 4 && text_is(t, a, b, "unit") > 0)
        return LABEL_MEASURE;
    return FIRST_WORD(t, a, b, english_words);
}

static bool is_latin(const struct text *t, size_t a, size_t b)
{
    for (size_t i = a; i < b; i++)
        if ((unsigned char)t->f[i] >= 0x80)
            return false;
    return true;
}

enum label_role label_role(const struct text *t, size_t a, size_t b)
{
    text_trim(t, &a, &b);
    if (a == b || b - a > 90)
        return LABEL_NONE;
    if (is_latin(t, a, b))
        return role_english(t, a, b);
    /* 单位 alone is a unit of measure beside figures, else the responsible unit: tables.c */
    if (text_is(t, a, b, "单位") == b - a)
        return LABEL_MEASURE;
    return role_chinese(t, a, b);
}

/* Is f[a..b) put together of the words that labels are made of, and of nothing else? So that
 * 市教育局责任单位: is not taken for one label. */
static bool field_form(const struct text *t, size_t a, size_t b)
{
    static const char *const parts[] = {
        "牵头", "责任", "主办", "协办", "配合", "参与", "参加", "承办", "负责", "落实", "实施",
        "支持", "协同", "协作", "协助", "会办", "主管", "分管", "包保", "包抓", "督办", "督导",
        "联系", "挂包", "组织", "主要", "第一", "共同", "具体", "单位", "部门", "领导", "主体",
        "科室", "处室", "股室", "机构", "企业", "同志", "时限", "时间", "期限", "节点", "日期",
        "完成", "办结", "推进", "截止", "计划", "要求", "目标", "任务", "工作", "内容", "措施",
        "举措", "事项", "重点", "进度", "安排", "市长", "有关", "相关", "建设", "政府", "阶段",
        "年度", "总体", "预期", "成果", "主责", "任务", "副",   "人",   "市",   "县",   "区",
        "省",   "级",   "直",   "及",   "和",   "/",    "(",    ")",    "、",   "主"};

    while (a < b) {
        size_t n = 0;
        for (size_t k = 0; n == 0 && k < sizeof(parts) / sizeof(parts[0]); k++)
            n = text_is(t, a, b, parts[k]);
        if (n == 0)
            return false;
        a += n;
    }
    return true;
}

/* English labels inside running text are only the common ones, or any sentence would hold some. */
static bool english_form(const struct text *t, size_t a, size_t b)
{
    static const char *const first[] = {
        "lead",        "leader",   "supervis",   "sponsor",  "responsib",
        "support",     "partner",  "participa",  "deadline", "due",
        "timeline",    "owner",    "completion", "by when",  "timeframe",
        "accountable", "co-lead",  "assist",     "cooperat", "senior responsible",
        "target date", "contribut"};
    size_t words = 1;

    for (size_t i = a; i < b; i++) {
        words += t->f[i] == ' ';
        if (!isalpha((unsigned char)t->f[i]) && strchr(" -/()", t->f[i]) == NULL)
            return false;
    }
    if (b - a == 2)
        return text_is(t, a, b, "by") > 0;
    for (size_t k = 0; words <= 3 && k < sizeof(first) / sizeof(first[0]); k++)
        if (text_is(t, a, b, first[k]) > 0)
            return true;
    return false;
}

static enum label_role field_role(const struct text *t, size_t a, size_t b)
{
    enum label_role role;

    if (b - a < 2 || b - a > LABEL_MAX)
        return LABEL_NONE;
    if (is_latin(t, a, b))
        return english_form(t, a, b) ? role_english(t, a, b) : LABEL_NONE;
    if (!field_form(t, a, b))
        return LABEL_NONE;
    role = role_chinese(t, a, b);
    return label_is_owner(role) || role == LABEL_TEXT || role == LABEL_DETAIL ||
                   role == LABEL_TARGET
               ? role
               : LABEL_NONE;
}

/* The labels that are known without a colon, when a blank or the line's end follows. */
static size_t plain_label(const struct text *t, size_t i, size_t b, enum label_role *role)
{
    static const char *const known[] = {"牵头领导", "牵头单位", "牵头部门", "责任单位", "责任部门",
                                        "责任领导", "配合单位", "配合部门", "参与单位", "参与部门",
                                        "协办单位", "主办单位", "完成时限", "完成时间"};

    for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
        size_t n = text_is(t, i, b, known[k]);
        if (n > 0 && i + n < b && text_gap(t, i + n)) {
            *role = role_chinese(t, i, i + n);
            return n;
        }
    }
    return 0;
}

/* 各位副市长牵头单位: the label begins behind the name of a post. */
static bool begins_later(const struct text *t, size_t i, size_t end)
{
    static const char *const posts[] = {"市长", "领导", "同志", "部门", "单位"};
    static const char *const starts[] = {"牵头", "责任", "配合", "参与", "主办", "协办", "完成"};

    for (size_t k = i + 3; k < end; k += text_char_len(t->f[k]))
        for (size_t p = 0; p < sizeof(posts) / sizeof(posts[0]); p++)
            for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++)
                if ((text_ends(t, i, k, posts[p]) || text_gap_inline(t, k)) &&
                    text_is(t, k, end, starts[s]) > 0)
                    return true;
    return false;
}

size_t label_at(const struct text *t, size_t i, size_t b, bool start, enum label_role *role)
{
    size_t end = i;

    while (end < b && end - i <= LABEL_MAX && t->f[end] != ':') {
        if (strchr("\n,;|", t->f[end]) != NULL || text_is(t, end, b, "。") > 0)
            break;
        end++;
    }
    if (end < b && t->f[end] == ':') {
        *role = field_role(t, i, end);
        if (*role != LABEL_NONE && !begins_later(t, i, end))
            return end + 1 - i;
    }
    return start ? plain_label(t, i, b, role) : 0;
}

bool label_whole(const struct text *t, size_t a, size_t b, enum label_role *role)
{
    text_trim(t, &a, &b);
    if (b > a && t->f[b - 1] == ':')
        b--;
    if (a == b)
        return false;
    *role = field_role(t, a, b);
    return label_is_owner(*role) && !text_ends(t, a, b, "负责") && !text_ends(t, a, b, "牵头") &&
           !text_ends(t, a, b, "配合");
}
