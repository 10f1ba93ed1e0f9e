/* SPDX-License-Identifier: BSD-2-Clause */
/* The names that a plan uses; see registry_names.h. */
#include "plan/registry_names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/utf8.h"

#define NEAR_MAX 1500 /* names compared pair by pair */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

static bool holds_any(const char *s, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strstr(s, words[k]) != NULL)
            return true;
    return false;
}

static bool ends_any(const char *s, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (ends_with(s, words[k]))
            return true;
    return false;
}

bool plan_name_is_group(const char *name)
{
    static const char *const words[] = {"各",        "有关",  "相关", "县（市、区）", "（市、区）",
                                        "市属",      "县属",  "区属", "全体",         "成员单位",
                                        "relevant ", "all ",  "All ", "other ",       "Other ",
                                        "Relevant ", "member"};
    static const char *const ends[] = {"部门",       "单位",        "班子成员",       "县区",
                                       "镇街",       "领导同志",    "municipalities", "districts",
                                       "counties",   "departments", "agencies",       "ministries",
                                       "governments"};

    return holds_any(name, words, COUNT(words)) || ends_any(name, ends, COUNT(ends));
}

struct chars {
    const char *at[64];
    size_t n;
};

static void split_chars(const char *s, struct chars *out)
{
    out->n = 0;
    for (; *s != '\0' && out->n < COUNT(out->at) - 1; s++)
        if (((unsigned char)*s & 0xC0) != 0x80)
            out->at[out->n++] = s;
    out->at[out->n] = s;
}

static bool same_char(const struct chars *a, size_t i, const struct chars *b, size_t k)
{
    size_t n = (size_t)(a->at[i + 1] - a->at[i]);

    return n == (size_t)(b->at[k + 1] - b->at[k]) && memcmp(a->at[i], b->at[k], n) == 0;
}

static bool is_subsequence(const struct chars *s, const struct chars *l)
{
    size_t i = 0;

    for (size_t k = 0; k < l->n && i < s->n; k++)
        i += same_char(s, i, l, k);
    return i == s->n;
}

/* 市退役军人局 / 市退役军人事务局, 市人社局 / 市人力资源社会保障局 */
static bool is_abbreviation(const char *s, const char *l, const struct chars *a,
                            const struct chars *b)
{
    static const char *const companies[] = {"有限公司", "有限责任公司", "股份有限公司"};
    static const char *const common[] = {"办公室", "管委会", "政府", "中心"};
    size_t more = b->n - a->n, most = ends_any(s, common, COUNT(common)) ? 2 : a->n + 3;

    for (size_t k = 0; k < COUNT(companies); k++)
        if (strncmp(s, l, strlen(s)) == 0 && strcmp(l + strlen(s), companies[k]) == 0)
            return true;
    return a->n >= 4 && more <= most && same_char(a, 0, b, 0) && same_char(a, 1, b, 1) &&
           same_char(a, a->n - 1, b, b->n - 1) && is_subsequence(a, b);
}

/* 黄河河务局 / 黄河水务局: one character of many, and not the one that numbers or places differ in.
 */
static bool is_slip(const char *s, const struct chars *a, const struct chars *b)
{
    static const char *const places[] = {"政府", "县",   "区",   "市",   "街道",
                                         "镇",   "乡",   "中学", "小学", "医院",
                                         "分局", "支队", "大队", "公司", "办公室"};
    static const char *const counted[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九",
                                          "十", "东", "南", "西", "北", "上", "下", "中"};
    size_t different = 0, at = 0;

    if (a->n != b->n || a->n < 6 || ends_any(s, places, COUNT(places)))
        return false;
    for (size_t k = 0; k < a->n; k++)
        if (!same_char(a, k, b, k)) {
            different++;
            at = k;
        }
    if (different != 1 || at == 0)
        return false;
    for (size_t k = 0; k < COUNT(counted); k++)
        if (strncmp(a->at[at], counted[k], strlen(counted[k])) == 0 ||
            strncmp(b->at[at], counted[k], strlen(counted[k])) == 0)
            return false;
    return true;
}

bool plan_names_near(const char *x, const char *y)
{
    char *a = utf8_fold(x), *b = utf8_fold(y);
    struct chars ca, cb;
    bool near = false;

    if (a != NULL && b != NULL && strlen(a) > strlen(b)) {
        char *swap = a;
        a = b;
        b = swap;
    }
    if (a != NULL && b != NULL && strcmp(x, y) != 0) {
        split_chars(a, &ca);
        split_chars(b, &cb);
        near = strcmp(a, b) == 0;
        if (!near && (unsigned char)a[0] >= 0x80 && cb.n >= ca.n)
            near = is_slip(a, &ca, &cb) || (cb.n > ca.n && is_abbreviation(a, b, &ca, &cb));
    }
    free(a);
    free(b);
    return near;
}

/* Open addressing over the list's own entries: index + 1, 0 = free. */
struct index {
    size_t *slot;
    size_t size;
};

static size_t *find_slot(const struct index *x, const struct registry_name *list, const char *name)
{
    uint64_t h = 1469598103934665603u;

    for (const char *c = name; *c != '\0'; c++)
        h = (h ^ (unsigned char)*c) * 1099511628211u;
    for (size_t k = (size_t)(h % x->size);; k = (k + 1) % x->size)
        if (x->slot[k] == 0 || strcmp(list[x->slot[k] - 1].name, name) == 0)
            return &x->slot[k];
}

static void add(struct registry_name *list, size_t *n, const struct index *x, const char *name,
                const struct plan_item *item, bool leads)
{
    size_t *slot = find_slot(x, list, name);

    if (*slot == 0) {
        list[*n] = (struct registry_name){.name = name,
                                          .group = plan_name_is_group(name),
                                          .near = REGISTRY_NAMES_NONE,
                                          .line = item->line};
        *slot = ++*n;
    }
    list[*slot - 1].count++;
    list[*slot - 1].leads = list[*slot - 1].leads || leads;
}

static void pair_near(struct registry_name *list, size_t n)
{
    for (size_t k = 1; k < n && k < NEAR_MAX; k++)
        for (size_t m = 0; m < k && list[k].near == REGISTRY_NAMES_NONE; m++)
            if (list[k].group == list[m].group && plan_names_near(list[m].name, list[k].name))
                list[k].near = m;
}

struct registry_names *registry_names_new(const struct plan *p)
{
    struct registry_names *r = xcalloc(1, sizeof(*r));
    size_t units = 0, leaders = 0;
    struct index xu, xl;

    for (size_t k = 0; k < p->items_len; k++) {
        units += p->items[k].lead_units.n + p->items[k].units.n;
        leaders += p->items[k].leaders.n;
    }
    xu = (struct index){xcalloc(2 * units + 1, sizeof(size_t)), 2 * units + 1};
    xl = (struct index){xcalloc(2 * leaders + 1, sizeof(size_t)), 2 * leaders + 1};
    r->units = xcalloc(units + 1, sizeof(*r->units));
    r->leaders = xcalloc(leaders + 1, sizeof(*r->leaders));
    for (size_t k = 0; k < p->items_len; k++) {
        const struct plan_item *item = &p->items[k];
        for (size_t m = 0; m < item->lead_units.n; m++)
            add(r->units, &r->units_len, &xu, item->lead_units.v[m], item, true);
        for (size_t m = 0; m < item->units.n; m++)
            add(r->units, &r->units_len, &xu, item->units.v[m], item, false);
        for (size_t m = 0; m < item->leaders.n; m++)
            add(r->leaders, &r->leaders_len, &xl, item->leaders.v[m], item, true);
    }
    free(xu.slot);
    free(xl.slot);
    pair_near(r->units, r->units_len);
    return r;
}

void registry_names_free(struct registry_names **r)
{
    if (*r == NULL)
        return;
    free((*r)->units);
    free((*r)->leaders);
    free(*r);
    *r = NULL;
}
