/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of units and people; see names.h. */
#include "plan/names.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_BYTES 150
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the name of a unit ends in; the longer ones are enough inside a sentence too. */
static const char *const sure_ends[] = {
    "局",       "委",       "厅",     "署",       "办公室", "人民政府", "县政府", "市政府",
    "区政府",   "管委会",   "委员会", "公司",     "集团",   "单位",     "部门",   "中心",
    "支队",     "总队",     "大队",   "街道办",   "街道",   "分局",     "支行",   "银行",
    "海关",     "妇联",     "残联",   "科协",     "文联",   "工商联",   "总工会", "大学",
    "学院",     "学校",     "医院",   "法院",     "检察院", "宣传部",   "组织部", "统战部",
    "政法委",   "网信办",   "指挥部", "领导小组", "专班",   "供电公司", "管理处", "办事处",
    "服务中心", "联席会议", "协会",   "团市委",   "团委",   "研究院",   "武装部", "督查室",
    "编办",     "金融办"};
static const char *const loose_ends[] = {
    "部",   "院",   "会",   "办",   "处",   "队",   "所",   "站",   "社",   "台",   "行",
    "政府", "企业", "大学", "学院", "学校", "医院", "镇",   "乡",   "县",   "区",   "市",
    "省",   "科",   "股",   "室",   "馆",   "党委", "县区", "镇街", "地区", "机构", "高校",
    "联",   "园",   "厂",   "院校", "党校", "室",   "校",   "库"};
static const char *const english_ends[] = {
    "bureau",     "department",  "office",         "commission", "agency",      "authority",
    "ministry",   "council",     "board",          "committee",  "police",      "centre",
    "center",     "company",     "departments",    "units",      "governments", "government",
    "group",      "secretariat", "administration", "service",    "division",    "districts",
    "counties",   "agencies",    "ministries",     "unit",       "team",        "institute",
    "university", "corporation", "trust",          "treasury"};

static bool ends_in(const struct text *t, size_t a, size_t b, const char *const *ends, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (text_ends(t, a, b, ends[k]))
            return true;
    return false;
}

static bool begins(const struct text *t, size_t a, size_t b, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (text_is(t, a, b, words[k]) > 0)
            return true;
    return false;
}

static bool unit_begin(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {"市", "县", "区", "省", "州",     "旗",   "国",   "中",
                                        "各", "镇", "乡", "团", "共青团", "有关", "相关", "全"};

    return begins(t, a, b, words, COUNT(words));
}

bool names_unit_like(const struct text *t, size_t a, size_t b, bool strict)
{
    static const char *const never[] = {"建设", "推进", "加快", "加强", "实施", "完善",
                                        "坚持", "支持", "推动", "提升", "的",   "等"};
    size_t chars;

    text_trim(t, &a, &b);
    /* …（风险应急）联席会议 is one name; …局（牵头） ends before its bracket */
    if (b > a && t->f[b - 1] == ')') {
        size_t open = text_find(t, a, b, "(");
        b = open > a ? open : b;
    }
    chars = text_chars(t, a, b);
    if (chars < 2 || chars > 40 || begins(t, a, b, never, COUNT(never)))
        return false;
    if (chars == b - a)
        return ends_in(t, a, b, english_ends, COUNT(english_ends));
    if (text_find(t, a, b, "。") < b || text_find(t, a, b, ":") < b)
        return false;
    if (ends_in(t, a, b, sure_ends, COUNT(sure_ends)))
        return chars >= 3 || !strict;
    if (!ends_in(t, a, b, loose_ends, COUNT(loose_ends)))
        return text_find(t, a, b, "成员单位") < b || (!strict && text_is(t, a, b, "各") > 0);
    if (text_is(t, a, b, "各") > 0)
        return true;
    return strict ? chars >= 3 && chars <= 14 && unit_begin(t, a, b) : true;
}

static size_t list_word(const struct text *t, size_t i, size_t b)
{
    static const char *const words[] = {"以及", "会同", "和", "及", "与"};

    for (size_t k = 0; k < COUNT(words); k++) {
        size_t n = text_is(t, i, b, words[k]);
        if (n > 0)
            return n;
    }
    return 0;
}

/* 和 is a separator only between two complete names: 市工业和信息化局 is one unit. */
static size_t word_separator(const struct text *t, size_t a, size_t i, size_t b)
{
    size_t n = list_word(t, i, b);

    if (i - a > NAME_MAX_BYTES)
        return 0;
    if (n > 0) {
        size_t end = i + n;
        while (end < b && end - i < NAME_MAX_BYTES && text_is(t, end, b, "、") == 0 &&
               strchr(",;()", t->f[end]) == NULL)
            end += text_char_len(t->f[end]);
        if (text_chars(t, a, i) >= 3 && ends_in(t, a, i, sure_ends, COUNT(sure_ends)) &&
            (unit_begin(t, i + n, b) || names_unit_like(t, i + n, end, true)))
            return n;
        return text_is(t, i, b, "会同") > 0 || text_is(t, i, b, "以及") > 0 ? n : 0;
    }
    if (t->f[i] == ' ' && text_is(t, i, b, " and ") > 0 &&
        (ends_in(t, a, i, english_ends, COUNT(english_ends)) || t->f[i - 1] == ','))
        return strlen(" and ");
    return 0;
}

/* 各市、县（区）人民政府: the mark inside one group of places. */
static bool inside_group(const struct text *t, size_t a, size_t i, size_t b)
{
    static const char *const places[] = {"各市",   "各县",   "各区",   "各镇",
                                         "各乡",   "各州",   "各旗",   "各省",
                                         "各区县", "各乡镇", "各县区", "各省、自治区"};
    static const char *const parts[] = {"自治区", "直辖市", "自治州", "街道", "县", "区",
                                        "市",     "州",     "旗",     "镇",   "乡", "人民政府",
                                        "政府",   "办事处", "管委会", "及"};
    bool place = false;

    for (size_t k = 0; k < COUNT(places); k++)
        place = place || (i - a == strlen(places[k]) && text_is(t, a, i, places[k]) > 0);
    if (!place)
        return false;
    for (i += strlen("、"); i < b;) {
        size_t n = 0;
        if (t->f[i] == '(' || text_is(t, i, b, "、") > 0)
            return true;
        for (size_t k = 0; n == 0 && k < COUNT(parts); k++)
            n = text_is(t, i, b, parts[k]);
        if (n == 0)
            return strchr(",;)", t->f[i]) != NULL || text_is(t, i, b, "按") > 0 ||
                   text_is(t, i, b, "负责") > 0;
        i += n;
    }
    return true;
}

static size_t separator(const struct text *t, size_t a, size_t i, size_t b, bool semicolons)
{
    char c = t->f[i];
    size_t n = text_is(t, i, b, "、");

    if (n > 0)
        return inside_group(t, a, i, b) ? 0 : n;
    if (c == ';' || c == '\v' || c == '|' || c == '\t')
        return 1;
    if (c == ',')
        return semicolons ? 0 : 1;
    if (c == '/' && i > a && (unsigned char)t->f[i - 1] >= 0x80)
        return 1;
    if (text_is(t, i, b, "。") > 0)
        return strlen("。");
    return i > a ? word_separator(t, a, i, b) : 0;
}

/* 市卫生健康委(以下简称…), (列第一位的为牵头单位，下同): a note, not a part of the name. */
static void drop_note(const struct text *t, size_t a, size_t *b)
{
    static const char *const notes[] = {"下同", "简称", "列第一", "标注", "排名"};
    size_t open = text_find(t, a, *b, "(");

    for (size_t k = 0; open > a && open < *b && k < COUNT(notes); k++)
        if (text_find(t, open, *b, notes[k]) < *b)
            *b = open;
}

static const char *const name_heads[] = {"由",   "以及", "和",   "及",  "与",
                                         "会同", "其中", "and ", "by ", "the "};
static const char *const name_tails[] = {"按职责分工负责",
                                         "按照职责分工负责",
                                         "按职责负责",
                                         "按职责分工落实",
                                         "按职责分工",
                                         "按照职责分工",
                                         "分工负责",
                                         "分别负责",
                                         "共同负责",
                                         "牵头负责",
                                         "具体负责",
                                         "负责落实",
                                         "负责",
                                         "各负其责",
                                         "分别",
                                         "共同",
                                         "联合",
                                         "各自",
                                         "。",
                                         ".",
                                         ":",
                                         ",",
                                         ";",
                                         "-"};

/* Length of 等, 等部门, 等14个有关部门和单位 at the end of a name; 0 when it names more than that.
 */
static size_t open_end(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {"有关", "相关", "部门", "单位", "各",
                                        "个",   "家",   "和",   "及"};
    size_t i = b, at;

    if (text_ends(t, a, b, " etc"))
        return strlen(" etc");
    /* the last 等 within reach */
    while (i > a && b - i < 60 && text_is(t, i, b, "等") == 0)
        i--;
    if (i <= a || text_is(t, i, b, "等") == 0)
        return 0;
    for (at = i + strlen("等"); at < b;) {
        size_t n = isdigit((unsigned char)t->f[at]) ? 1 : 0;
        for (size_t k = 0; n == 0 && k < COUNT(words); k++)
            n = text_is(t, at, b, words[k]);
        if (n == 0)
            return 0;
        at += n;
    }
    return b - i;
}

/* Takes what is not part of a name off its two ends; reports 等. */
static bool clean(const struct text *t, size_t *a, size_t *b)
{
    bool open = false, again = true;

    while (again) {
        again = false;
        text_trim(t, a, b);
        for (size_t k = 0; k < COUNT(name_heads); k++) {
            size_t n = text_is(t, *a, *b, name_heads[k]);
            if (n > 0 && n < *b - *a) {
                *a += n;
                again = true;
            }
        }
        for (size_t k = 0; k < COUNT(name_tails); k++)
            if (text_ends(t, *a, *b, name_tails[k])) {
                *b -= strlen(name_tails[k]);
                again = true;
            }
        size_t n = again ? 0 : open_end(t, *a, *b);
        if (n > 0 && *b - *a > n) {
            *b -= n;
            open = again = true;
        }
    }
    return open;
}

static bool is_nothing(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {"无", "暂无", "/", "\\", "n/a", "none", "na", "…", "..."};

    if (a >= b)
        return true;
    for (size_t k = 0; k < COUNT(words); k++)
        if (b - a == strlen(words[k]) && text_is(t, a, b, words[k]) > 0)
            return true;
    for (size_t i = a; i < b; i++)
        if (strchr("-_. /", t->f[i]) == NULL)
            return false;
    return true;
}

/* Role in the name's own last bracket, which it then loses. */
static enum names_role own_role(const struct text *t, size_t a, size_t *b)
{
    static const struct {
        const char *word;
        enum names_role role;
    } roles[] = {
        {"(牵头)", NAMES_LEAD},    {"(牵头单位)", NAMES_LEAD}, {"(主办)", NAMES_LEAD},
        {"(lead)", NAMES_LEAD},    {"(牵头部门)", NAMES_LEAD}, {"(配合)", NAMES_SUPPORT},
        {"(协办)", NAMES_SUPPORT}, {"(参与)", NAMES_SUPPORT},  {"(support)", NAMES_SUPPORT}};

    for (size_t k = 0; k < COUNT(roles); k++)
        if (text_ends(t, a, *b, roles[k].word)) {
            *b -= strlen(roles[k].word);
            return roles[k].role;
        }
    return NAMES_PLAIN;
}

/* 市发展改革委 at the end of a page and 委 at the top of the next. */
static void drop_doubled(const struct text *t, size_t a, size_t *b)
{
    static const char *const ends[] = {"局局", "委委", "办办", "部部", "厅厅", "院院", "会会"};

    for (size_t k = 0; k < COUNT(ends); k++)
        if (text_ends(t, a, *b, ends[k]))
            *b -= 3;
}

/* 等 in the middle: 市教育局等国务院相关部门 names a unit and a group. */
static bool give(const struct text *t, size_t a, size_t b, names_each *each, void *ctx)
{
    drop_note(t, a, &b);
    bool open = clean(t, &a, &b);
    size_t i = text_find(t, a, b, "等");
    enum names_role role;

    if (i > a && i < b && names_unit_like(t, a, i, false) &&
        names_unit_like(t, i + strlen("等"), b, false)) {
        give(t, a, i, each, ctx);
        give(t, i + strlen("等"), b, each, ctx);
        return true;
    }
    role = own_role(t, a, &b);
    drop_doubled(t, a, &b);
    if (!is_nothing(t, a, b))
        each(ctx, t, a, b, role);
    return open;
}

/* Names apart by a blank only: 区工信局 区大数据局, 罗知远 苏既明; not 副市长 罗知远 nor 张 三. */
static bool blank_between(const struct text *t, size_t a, size_t i, size_t b)
{
    static const char *const titles[] = {"长", "任", "记", "员", "席"};
    size_t end = i;

    if (i == a || (unsigned char)t->f[i - 1] < 0x80 || (unsigned char)t->f[i] < 0x80 ||
        i - a > NAME_MAX_BYTES || !text_gap_inline(t, i))
        return false;
    if (ends_in(t, a, i, sure_ends, COUNT(sure_ends)))
        return text_chars(t, a, i) >= 3;
    while (end < b && end - i < 12 && strchr(",;()", t->f[end]) == NULL &&
           text_is(t, end, b, "、") == 0 && (end == i || !text_gap_inline(t, end)))
        end += text_char_len(t->f[end]);
    return i - a >= 6 && i - a <= 9 && end - i >= 6 && end - i <= 9 &&
           !ends_in(t, a, i, titles, COUNT(titles)) && !names_unit_like(t, i, end, false);
}

/* In English a semicolon, where there is one, is the only separator: names hold commas. */
static bool english_semicolons(const struct text *t, size_t a, size_t b)
{
    bool semicolon = false;

    for (size_t i = a; i < b; i++) {
        if ((unsigned char)t->f[i] >= 0x80)
            return false;
        semicolon = semicolon || t->f[i] == ';';
    }
    return semicolon;
}

bool names_split(const struct text *t, size_t a, size_t b, names_each *each, void *ctx)
{
    bool semicolons = english_semicolons(t, a, b), open = false;
    size_t from = a, i = a;
    int depth = 0;

    while (i < b) {
        size_t sep = 0;
        if (t->f[i] == '(')
            depth++;
        else if (t->f[i] == ')' && depth > 0)
            depth--;
        else if (depth == 0)
            sep = separator(t, from, i, b, semicolons);
        if (depth == 0 && sep == 0 && blank_between(t, from, i, b)) {
            give(t, from, i, each, ctx);
            from = i;
        }
        if (sep == 0) {
            i += text_char_len(t->f[i]);
            continue;
        }
        open = give(t, from, i, each, ctx) || open;
        i += sep;
        from = i;
    }
    return give(t, from, b < i ? b : i, each, ctx) || open;
}

bool names_has(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->list.n; i++)
        if (strcmp(names->list.v[i], name) == 0)
            return true;
    return false;
}

void names_add_string(struct plan_pool *p, struct names *names, const char *name)
{
    /* more names than any task has: a bound on the work for a text that is all commas */
    if (*name == '\0' || names->list.n >= 400 || names_has(names, name))
        return;
    names->list.v = pool_grow(p, names->list.v, names->list.n, &names->cap, sizeof(char *));
    names->list.v[names->list.n++] = pool_strdup(p, name);
}

void names_add(struct plan_pool *p, struct names *names, const struct text *t, size_t a, size_t b)
{
    names_add_string(p, names, text_name(p, t, a, b));
}

struct unit_count {
    size_t units, all;
    bool strict;
};

static void on_name(void *ctx, const struct text *t, size_t a, size_t b, enum names_role role)
{
    struct unit_count *c = ctx;

    (void)role;
    c->all++;
    c->units += names_unit_like(t, a, b, c->strict);
}

bool names_units(const struct text *t, size_t a, size_t b, bool strict, bool all)
{
    struct unit_count c = {.strict = strict};

    names_split(t, a, b, on_name, &c);
    return c.units > 0 && (all ? c.units == c.all : c.units * 2 > c.all);
}
