/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that a text asks for; see targets.h. A target is a number with a unit of measure; what
 * stands before it names it and, with what stands behind it, says at least, at most or about. */
#include "plan/targets.h"

#include <ctype.h>
#include <string.h>

#include "plan/phrase.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NAME_CHARS 40

size_t targets_number(const struct text *t, size_t i, size_t b, char *out, size_t size)
{
    size_t start = i, n = 0;
    bool point = false;

    while (i < b && n + 1 < size) {
        char c = t->f[i];
        if (isdigit((unsigned char)c)) {
            out[n++] = c;
        } else if (c == '.' && !point && i + 1 < b && isdigit((unsigned char)t->f[i + 1])) {
            point = true;
            out[n++] = c;
        } else if (!(c == ',' && !point && i + 3 < b && isdigit((unsigned char)t->f[i + 1]) &&
                     isdigit((unsigned char)t->f[i + 2]) && isdigit((unsigned char)t->f[i + 3]) &&
                     !(i + 4 < b && isdigit((unsigned char)t->f[i + 4])))) {
            break;
        }
        i++;
    }
    out[n] = '\0';
    return n == 0 || n > 18 ? 0 : i - start;
}

static size_t longest(const struct text *t, size_t i, size_t b, const char *const *words, size_t n)
{
    size_t best = 0;

    for (size_t k = 0; k < n; k++) {
        size_t len = text_is(t, i, b, words[k]);
        best = len > best ? len : best;
    }
    return best;
}

size_t targets_unit(const struct text *t, size_t i, size_t b)
{
    static const char *const factors[] = {"万", "亿", "千", "百", "万亿", "百万", "千万", "十万"};
    static const char *const units[] = {
        "个",     "家",       "项",       "户",     "人",     "名",          "套",       "座",
        "处",     "条",       "公里",     "千米",   "米",     "平方米",      "平方公里", "亩",
        "公顷",   "吨",       "千瓦",     "兆瓦",   "千瓦时", "元",          "美元",     "人民币",
        "场",     "次",       "件",       "块",     "张",     "所",          "辆",       "台",
        "部",     "只",       "头",       "口",     "眼",     "栋",          "间",       "户次",
        "人次",   "小时",     "分钟",     "岁",     "立方米", "微克/立方米", "毫克/升",  "倍",
        "篇",     "期",       "支",       "对",     "村",     "个工作日",    "工作日",   "斤",
        "公斤",   "株",       "类",       "种",     "片",     "枚",          "例",       "宗",
        "位",     "班",       "个百分点", "百分点", "床",     "张床位",      "尾",       "盏",
        "根",     "本",       "册",       "集",     "组",     "批",          "笔",       "车",
        "标箱",   "平方千米", "升",       "方",     "天",     "个月",        "吨标煤",   "吨标准煤",
        "千伏安", "门",       "幅",       "艘",     "架",     "趟",          "瓶",       "份",
        "箱",     "宽带",     "余个",     "余家",   "余人"};
    static const char *const latin[] = {"%", "‰", "km", "kWh", "MW", "GW", "ha"};
    size_t f = longest(t, i, b, factors, COUNT(factors));
    size_t n = longest(t, i + f, b, units, COUNT(units));

    if (n > 0)
        return f + n;
    if (f > 0)
        return 0;
    n = longest(t, i, b, latin, COUNT(latin));
    if (n > 1 && i + n < b && isalpha((unsigned char)t->f[i + n]))
        return 0;
    return n;
}

/* Words before a number that say how it is meant; the longest first within a meaning. */
static const char *op_before(const struct text *t, size_t a, size_t i, size_t *len)
{
    static const struct {
        const char *word, *op;
    } words[] = {{"不低于", ">="},    {"不少于", ">="},
                 {"不小于", ">="},    {"至少", ">="},
                 {"不高于", "<="},    {"不超过", "<="},
                 {"不多于", "<="},    {"不大于", "<="},
                 {"不超", "<="},      {"控制在", "<="},
                 {"低于", "<"},       {"少于", "<"},
                 {"小于", "<"},       {"超过", ">"},
                 {"突破", ">"},       {"高于", ">"},
                 {"大于", ">"},       {"多于", ">"},
                 {"超", ">"},         {"过", ">="},
                 {"约", "~"},         {"近", "~"},
                 {"大约", "~"},       {"达到", NULL},
                 {"at least ", ">="}, {"no less than ", ">="},
                 {"more than ", ">"}, {"over ", ">"},
                 {"at most ", "<="},  {"below ", "<"},
                 {"under ", "<"},     {"less than ", "<"},
                 {"up to ", "<="},    {"about ", "~"},
                 {"around ", "~"},    {"<=", "<="},
                 {">=", ">="},        {"≤", "<="},
                 {"≥", ">="},         {"<", "<"},
                 {">", ">"}};

    *len = 0;
    for (size_t k = 0; k < COUNT(words); k++) {
        if (!text_ends(t, a, i, words[k].word))
            continue;
        /* 经过, 通过 and 不过 are other words */
        if (strcmp(words[k].word, "过") == 0 &&
            (text_ends(t, a, i, "通过") || text_ends(t, a, i, "经过") ||
             text_ends(t, a, i, "达过")))
            continue;
        *len = strlen(words[k].word);
        return words[k].op;
    }
    return NULL;
}

static const char *op_after(const struct text *t, size_t i, size_t b)
{
    static const struct {
        const char *word, *op;
    } words[] = {{"左右", "~"},  {"以上", ">="},     {"及以上", ">="},  {"以内", "<="},
                 {"以下", "<="}, {"之内", "<="},     {"内", "<="},      {"上下", "~"},
                 {"余", ">="},   {" or more", ">="}, {" or less", "<="}};

    for (size_t k = 0; k < COUNT(words); k++)
        if (text_is(t, i, b, words[k].word) > 0)
            return words[k].op;
    return NULL;
}

static bool is_clause_mark(const struct text *t, size_t i)
{
    static const char *const marks[] = {"。", "、", "”", "“", "《", "》"};

    if (strchr(",;:\n.!()", t->f[i]) != NULL)
        return true;
    for (size_t k = 0; k < COUNT(marks); k++)
        if (text_is(t, i, t->n, marks[k]) > 0)
            return true;
    return false;
}

static size_t clause_start(const struct text *t, size_t a, size_t i)
{
    size_t chars = 0;

    while (i > a && chars < NAME_CHARS) {
        size_t prev = text_prev(t, i);
        bool quote = text_is(t, prev, i, "“") > 0 || text_is(t, prev, i, "”") > 0;
        if (!quote && is_clause_mark(t, prev))
            break;
        i = prev;
        chars++;
    }
    return i;
}

/* Words that lead up to a name or away from it, and are not part of it. */
static void trim_name(const struct text *t, size_t *a, size_t *b)
{
    static const char *const heads[] = {"力争", "确保", "到",   "年",   "全市", "全区", "全县",
                                        "累计", "实现", "其中", "全年", "使",   "将",   "底",
                                        "末",   "每年", "共",   "努力", "争取"};
    static const char *const tails[] = {"达到",   "达",     "增长到", "提高到",   "稳定在",
                                        "保持在", "不低于", "控制在", "的比重达", "突破",
                                        "实现",   "分别",   "为",     "至",       "到",
                                        "等",     "的",     "超",     "过",       "在"};
    bool again = true;

    while (again && *a < *b) {
        struct phrase when;
        again = false;
        if (phrase_read(t, *a, *b, false, &when) && *a + when.len < *b) {
            *a += when.len + text_is(t, *a + when.len, *b, "前");
            again = true;
        }
        while (*a < *b && isdigit((unsigned char)t->f[*a]))
            ++*a;
        for (size_t k = 0; k < COUNT(heads); k++) {
            size_t n = text_is(t, *a, *b, heads[k]);
            if (n > 0) {
                *a += n;
                again = true;
            }
        }
        for (size_t k = 0; k < COUNT(tails); k++)
            if (text_ends(t, *a, *b, tails[k]) && *b - *a > strlen(tails[k])) {
                *b -= strlen(tails[k]);
                again = true;
            }
    }
    text_trim(t, a, b);
}

/* The name is before the number, or, where nothing is, behind its unit: 20%以上的行政村. */
static const char *target_name(struct plan_pool *p, const struct text *t, size_t a, size_t b,
                               size_t number, size_t after)
{
    size_t from = clause_start(t, a, number), to = number;

    trim_name(t, &from, &to);
    if (text_chars(t, from, to) < 2) {
        from = to = after;
        while (to < b && !is_clause_mark(t, to) && text_chars(t, from, to) < 20)
            to += text_char_len(t->f[to]);
        while (from < to && (text_is(t, from, to, "以上") + text_is(t, from, to, "左右") +
                             text_is(t, from, to, "以内")) > 0)
            from += strlen("以上");
        from += text_is(t, from, to, "的");
    }
    return text_name(p, t, from, to);
}

/* A number that is a name, a year or an ordinal: 5G, 第3, 110千伏, 2025年, “15分钟…”. */
static bool is_other_number(const struct text *t, size_t a, size_t i, size_t end, size_t b)
{
    static const char *const after[] = {"年",     "月", "日", "号", "千伏", "时",
                                        "期工程", "+",  "G",  "g",  "D",    "版"};
    static const char *const before[] = {"第", "“", "\"", "-", "+", "/", "_"};

    if (i > a && (isalnum((unsigned char)t->f[i - 1]) || t->f[i - 1] == '.'))
        return true;
    for (size_t k = 0; k < COUNT(before); k++)
        if (text_ends(t, a, i, before[k]))
            return true;
    for (size_t k = 0; k < COUNT(after); k++)
        if (text_is(t, end, b, after[k]) > 0)
            return true;
    return false;
}

static void add(struct plan_pool *p, struct plan_target **v, size_t *n, size_t *cap,
                const char *name, const char *op, const char *value, const char *unit)
{
    *v = pool_grow(p, *v, *n, cap, sizeof(**v));
    (*v)[(*n)++] = (struct plan_target){name, op, pool_strdup(p, value), unit};
}

/* 3-5座: a range; its two ends stay as printed. */
static size_t range_end(const struct text *t, size_t i, size_t b, char *value, size_t size)
{
    char upper[32];
    size_t dash = i, n;

    while (dash < b && t->f[dash] == '-')
        dash++;
    if (dash == i || (n = targets_number(t, dash, b, upper, sizeof(upper))) == 0 ||
        targets_unit(t, dash + n, b) == 0)
        return 0;
    if (strlen(value) + strlen(upper) + 2 > size)
        return 0;
    strcat(value, "-");
    strcat(value, upper);
    return dash + n - i;
}

static size_t read_target(struct plan_pool *p, const struct text *t, size_t a, size_t i, size_t b,
                          struct plan_target **v, size_t *n, size_t *cap)
{
    char value[72];
    size_t len = targets_number(t, i, b, value, 32), end = i + len, unit, before;
    const char *op, *range = NULL, *later;

    if (len == 0)
        return 1;
    if (is_other_number(t, a, i, end, b))
        return len;
    size_t more = range_end(t, end, b, value, sizeof(value));
    range = more > 0 ? "range" : NULL;
    end += more;
    while (end < b && t->f[end] == ' ')
        end++;
    size_t about = text_is(t, end, b, "余");
    unit = targets_unit(t, end + about, b);
    op = op_before(t, a, i, &before);
    if (unit == 0) {
        /* a ratio: 城乡居民收入比达到1.83 */
        bool bare = text_ends(t, a, i, "比达到") || text_ends(t, a, i, "比为") ||
                    text_ends(t, a, i, "指数达到");
        if (bare)
            add(p, v, n, cap, target_name(p, t, a, b, i, end), "=", value, NULL);
        return end - i;
    }
    later = about > 0 ? ">=" : op_after(t, end + unit, b);
    if (later != NULL && (op == NULL || strcmp(op, ">=") == 0 || strcmp(later, "<=") == 0 ||
                          strcmp(later, "~") == 0))
        op = later;
    op = range != NULL ? range : op != NULL ? op : "=";
    add(p, v, n, cap, target_name(p, t, a, b, i, end + about + unit), op, value,
        text_name(p, t, end + about, end + about + unit));
    return end + about + unit - i;
}

struct plan_target *targets_find(struct plan_pool *p, const struct text *t, size_t a, size_t b,
                                 size_t *n)
{
    struct plan_target *v = NULL;
    size_t cap = 0;
    bool quoted = false;

    *n = 0;
    for (size_t i = a; i < b && *n < TARGETS_MAX;) {
        size_t doubled = text_is(t, i, b, "翻番") + text_is(t, i, b, "翻一番");
        if (text_is(t, i, b, "《") > 0 || text_is(t, i, b, "》") > 0)
            quoted = text_is(t, i, b, "《") > 0;
        if (doubled > 0)
            add(p, &v, n, &cap, target_name(p, t, a, b, i, i), "=", "2", "倍");
        if (!quoted && isdigit((unsigned char)t->f[i]))
            i += read_target(p, t, a, i, b, &v, n, &cap);
        else
            i += text_char_len(t->f[i]);
    }
    return v;
}

void targets_figure(struct plan_pool *p, const struct text *t, size_t a, size_t b,
                    struct plan_figure *out)
{
    char value[40] = "";
    size_t before = 0, len = 0;
    const char *op, *later;

    text_trim(t, &a, &b);
    if (a == b)
        return;
    out->raw = text_printed(p, t, a, b);
    out->cumulative = t->f[a] == '[' && t->f[b - 1] == ']';
    for (size_t i = a; i < b && len == 0; i++) {
        if (!isdigit((unsigned char)t->f[i]))
            continue;
        len = targets_number(t, i, b, value + 1, sizeof(value) - 1);
        if (len == 0 || (i + len < b && (t->f[i + len] == ':' || t->f[i + len] == '-')))
            return;
        value[0] = '-';
        bool minus =
            i > a && t->f[i - 1] == '-' && (i < a + 2 || !isdigit((unsigned char)t->f[i - 2]));
        size_t s = i - (i > a && t->f[i - 1] == ' ' ? 1 : 0);
        op = op_before(t, a, s, &before);
        later = op_after(t, i + len + targets_unit(t, i + len, b), b);
        out->value = pool_strdup(p, minus ? value : value + 1);
        out->op = op != NULL ? op : later != NULL ? later : "=";
        out->approx = strcmp(out->op, "~") == 0;
    }
}
