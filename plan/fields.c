/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding owners in the text of an item: brackets, lines and sentences that begin with a label.
 * Declared in owners.h. The order of the text is kept; what was understood is cut out. */
#include <string.h>

#include "plan/brackets.h"
#include "plan/marks.h"
#include "plan/owners.h"
#include "plan/sentences.h"

#define BRACKET_MAX 6000 /* bytes of an owner bracket */
#define LABELS_MAX 24    /* labels in one bracket */
#define UNCLOSED_MAX 32  /* brackets that do not close before brackets are plain characters */

struct found_label {
    size_t at, len;
    enum label_role role;
    bool after_semicolon;
};

static void add_cut(struct owners *o, struct owners_cuts *cuts, size_t a, size_t b)
{
    cuts->v = pool_grow(o->pool, cuts->v, cuts->n, &cuts->cap, sizeof(*cuts->v));
    cuts->v[cuts->n++] = (struct owners_cut){a, b};
}

/* The inside of a bracket without its line breaks. */
static struct text joined(struct plan_pool *p, const struct text *t, size_t a, size_t b)
{
    struct text out;

    text_start(p, t, b - a, &out);
    for (size_t i = a; i < b; i++)
        if (t->f[i] != '\n')
            text_add(&out, t, i, i + 1);
    return out;
}

static size_t find_labels(const struct text *t, struct found_label *out)
{
    size_t n = 0, i = 0;
    bool semicolon = false, start = true;

    while (i < t->n && n < LABELS_MAX) {
        enum label_role role = LABEL_NONE;
        size_t len = label_at(t, i, t->n, start, &role);
        if (len > 0 && label_is_owner(role)) {
            out[n++] = (struct found_label){i, len, role, semicolon};
            i += len;
            start = false;
            continue;
        }
        char c = t->f[i];
        if ((unsigned char)c >= 0x80 || strchr(" ;,.", c) == NULL)
            semicolon = start = false;
        if (c == ';' || c == ',') {
            semicolon = c == ';';
            start = true;
        }
        i += text_char_len(c);
    }
    return n;
}

/* A value that holds a second part behind a semicolon where semicolons part the fields: the part
 * whose label was left out. */
static size_t value_end(const struct text *t, size_t a, size_t b)
{
    int depth = 0;

    for (size_t i = a; i < b; i++) {
        depth += t->f[i] == '(' ? 1 : t->f[i] == ')' ? -1 : 0;
        if (t->f[i] == ';' && depth <= 0)
            return i;
    }
    return b;
}

static void read_labelled(struct owners *o, const struct text *t, const struct found_label *labels,
                          size_t n, const char *source)
{
    bool parted = false;

    for (size_t k = 1; k < n; k++)
        parted = parted || labels[k].after_semicolon;
    /* 牵头单位：某局；各县（市、区）: the groups of a list without its label */
    if (n == 1 && labels[0].role == LABEL_LEAD) {
        size_t end = value_end(t, labels[0].at + labels[0].len, t->n);
        parted = end < t->n && text_is(t, end + 1, t->n, "各") > 0;
    }
    if (labels[0].at > 0)
        owners_verbs(o, t, 0, labels[0].at, source);
    for (size_t k = 0; k < n; k++) {
        size_t a = labels[k].at + labels[k].len;
        size_t b = k + 1 < n ? labels[k + 1].at : t->n;
        size_t end = parted ? value_end(t, a, b) : b;
        owners_field(o, labels[k].role, t, a, end, source);
        if (end < b && text_chars(t, end + 1, b) > 1)
            owners_field(o, LABEL_UNITS, t, end + 1, b, source);
    }
}

/* A bracket that holds owners; false when it is a bracket of the text. */
static bool read_bracket(struct owners *o, const struct text *t, const struct bracket *k)
{
    struct found_label labels[LABELS_MAX];
    struct text in;
    size_t n;

    if (k->close - k->open > BRACKET_MAX || k->close - k->open < 5)
        return false;
    in = joined(o->pool, t, k->open + 1, k->close);
    n = find_labels(&in, labels);
    if (n > 0 && (k->closed || labels[0].at == 0)) {
        read_labelled(o, &in, labels, n, "bracket");
        return true;
    }
    return k->closed && owners_verbs(o, &in, 0, in.n, "bracket");
}

/* Does the list go on in the line f[a..)? */
static bool goes_on(const struct text *t, size_t nl)
{
    const char *next = memchr(t->f + nl + 1, '\n', t->n - nl - 1);
    size_t end = next == NULL ? t->n : (size_t)(next - t->f);
    size_t prev = nl > 0 ? text_prev(t, nl) : 0;
    struct mark m;

    if (end - nl > 600 || text_find(t, nl + 1, end, "。") < end)
        return false;
    if (text_is(t, prev, nl, "、") > 0 || t->f[prev] == ',')
        return true;
    return !mark_read(t, nl + 1, end, &m) && names_units(t, nl + 1, end, false, true);
}

/* End of the value of a field that begins at i: the next label, the sentence, the line. */
static size_t field_end(const struct text *t, size_t i, enum label_role role)
{
    enum label_role line_role;
    size_t start;
    int depth = 0;

    /* the label stood on a line of its own, unless the next line is another field */
    while (i < t->n && t->f[i] == '\n' && label_at(t, i + 1, t->n, true, &line_role) == 0)
        i++;
    start = i;
    for (; i < t->n; i += text_char_len(t->f[i])) {
        enum label_role next;
        if (t->f[i] == '(' || t->f[i] == '[') {
            struct brackets s;
            struct bracket k;
            enum label_role inner;
            brackets_start(&s, t, i, t->n - i > 70 ? i + 70 : t->n);
            if (brackets_next(&s, &k) && k.close - k.open < 60 &&
                (label_whole(t, k.open + 1, k.close, &inner) ||
                 label_at(t, k.open + 1, k.close, true, &inner) > 0))
                return i;
            depth++;
        } else if (t->f[i] == ')' || t->f[i] == ']') {
            depth--;
        }
        if (t->f[i] == '\n' && (role == LABEL_DEADLINE || depth > 0 ? depth <= 0 : !goes_on(t, i)))
            return i;
        if (depth <= 0 && text_is(t, i, t->n, "。") > 0)
            return i;
        if (i > start && (unsigned char)t->f[i] >= 0x41 && i - start < 9000 &&
            label_at(t, i, t->n, false, &next) > 0)
            return i;
        if (i - start > 9000)
            return i;
    }
    return t->n;
}

/* A label at i, outside brackets: at the start of a line, or behind a sentence. */
static size_t read_field(struct owners *o, struct owners_cuts *cuts, const struct text *t, size_t i)
{
    bool line = i == 0 || t->f[i - 1] == '\n' || t->f[i - 1] == '\v';
    enum label_role role = LABEL_NONE;
    size_t len, end, cut;

    if (!line && !text_sentence_end(t, i) && !text_gap(t, i) && t->f[i - 1] != ',')
        return 0;
    len = label_at(t, i, t->n, line, &role);
    if (len == 0)
        return 0;
    if (!label_is_owner(role)) {
        /* 工作内容：… is text; only its label goes */
        if (!line)
            return 0;
        add_cut(o, cuts, i, i + len);
        return len;
    }
    end = field_end(t, i + len, role);
    owners_field(o, role, t, i + len, end, "line");
    cut = end + text_is(t, end, t->n, "。");
    while (cut < t->n && strchr(";,", t->f[cut]) != NULL)
        cut++;
    add_cut(o, cuts, i, cut);
    return cut - i;
}

/* 【牵头单位】市教育局: the bracket is the label of what follows it. */
static size_t read_boxed(struct owners *o, struct owners_cuts *cuts, const struct text *t,
                         const struct bracket *k)
{
    enum label_role role;
    size_t a = k->close + 1, end;

    if (!k->closed || k->close - k->open > 60 || !label_whole(t, k->open + 1, k->close, &role))
        return 0;
    if (a < t->n && t->f[a] == ':')
        a++;
    end = field_end(t, a, role);
    if (end == a)
        return 0;
    owners_field(o, role, t, a, end, "line");
    end += text_is(t, end, t->n, "。");
    add_cut(o, cuts, k->open, end);
    return end - k->open;
}

void owners_read(struct owners *o, const struct text *t, struct owners_cuts *cuts)
{
    size_t i = 0, unclosed = 0;

    while (i < t->n) {
        struct brackets s;
        struct bracket k;
        size_t n = 0;
        if ((t->f[i] == '(' || t->f[i] == '[') && unclosed < UNCLOSED_MAX) {
            brackets_start(&s, t, i, t->n - i > BRACKET_MAX ? i + BRACKET_MAX : t->n);
            brackets_next(&s, &k);
            unclosed += !k.closed;
            n = read_boxed(o, cuts, t, &k);
            if (n == 0 && read_bracket(o, t, &k)) {
                add_cut(o, cuts, k.open, k.closed ? k.close + 1 : k.close);
                n = k.close + (k.closed ? 1 : 0) - k.open;
            }
            if (n == 0)
                n = k.closed && k.close - k.open < BRACKET_MAX ? k.close + 1 - k.open : 1;
        } else if (t->f[i] != '\n') {
            n = read_field(o, cuts, t, i);
        }
        i += n > 0 ? n : text_char_len(t->f[i]);
    }
    if (!owners_any(o)) {
        sentences_read(o, t, cuts);
        o->by_sentence = owners_any(o);
    }
}

/* The first named leads, unless another is marked so; the others take part. */
static bool add_bare(struct owners *o, const struct text *t)
{
    struct owners one = {.pool = o->pool};
    size_t n = 0;

    if (!names_units(t, 0, t->n, true, true))
        return false;
    owners_field(&one, LABEL_UNITS, t, 0, t->n, "bracket");
    for (size_t k = 0; k < one.leads.list.n; k++)
        names_add_string(o->pool, &o->leads, one.leads.list.v[k]);
    if (one.leads.list.n == 0)
        names_add_string(o->pool, &o->leads, one.units.list.v[n++]);
    for (; n < one.units.list.n; n++)
        names_add_string(o->pool, &o->units, one.units.list.v[n]);
    o->fields++;
    return true;
}

/* 市教育局、市财政局 alone on the last line. */
static void read_bare_line(struct owners *o, const struct text *t, struct owners_cuts *cuts)
{
    size_t from = t->n;

    while (from > 0 && t->f[from - 1] != '\n')
        from--;
    if (from == 0 || t->n - from > BRACKET_MAX)
        return;
    struct text in = joined(o->pool, t, from, t->n);
    if (add_bare(o, &in))
        add_cut(o, cuts, from, t->n);
}

void owners_read_bare(struct owners *o, const struct text *t, struct owners_cuts *cuts)
{
    struct brackets s;
    struct bracket k;

    brackets_start(&s, t, 0, t->n);
    while (brackets_next(&s, &k)) {
        size_t after = k.close + 1;
        while (after < t->n && strchr(".\n", t->f[after]) != NULL)
            after++;
        after += text_is(t, after, t->n, "。");
        /* at the end of the item, or right at its beginning */
        if (!k.closed || (after < t->n && k.open > 0) || k.close - k.open > BRACKET_MAX)
            continue;
        struct text in = joined(o->pool, t, k.open + 1, k.close);
        if (add_bare(o, &in))
            add_cut(o, cuts, k.open, k.close + 1);
    }
    if (!owners_any(o))
        read_bare_line(o, t, cuts);
}
