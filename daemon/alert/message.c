/* SPDX-License-Identifier: BSD-2-Clause */
/* The words of a message. Everything that comes out of the database is a text by people: control
 * characters are taken out, and HTML is escaped. */
#include "daemon/alert/message.h"

#include <string.h>

#include "common/instant.h"
#include "common/json.h"

#define SUBJECT_MAX 200

struct words {
    const char *lang;
    const char *level[3]; /* reminder, level 1, above */
    const char *test, *closed;
    const char *open, *close;    /* brackets of the subject */
    const char *items;           /* "%lld" of them */
    const char *dear;            /* behind the post's name */
    const char *listed, *also;   /* with numbers */
    const char *due, *contact;   /* in front of */
    const char *answer, *footer; /* with bundle; with id and origin */
    const char *head[6];         /* columns of the table */
};

static const struct words languages[] = {
    {"zh_CN",
     {"提醒", "催办", "督办"},
     "测试",
     "解除",
     "【",
     "】",
     "%lld 项",
     "：",
     "以下 %lld 项，时点 %s：",
     "另有 %lld 项未列出，请用 duban alerts --open 查看。",
     "截止",
     "联系人",
     "确认请执行：duban ack --bundle %s",
     "消息编号 %s · 日志 %s · 本邮件由系统自动发出，请勿直接回复。",
     {"编号", "单位", "事项", "报送期", "截止", "内容"}},
    {"en",
     {"Reminder", "Overdue", "Escalation"},
     "Test",
     "Cleared",
     "[",
     "] ",
     "%lld items",
     ",",
     "%lld items as of %s:",
     "%lld more are not listed; see duban alerts --open.",
     "due",
     "contact",
     "To acknowledge: duban ack --bundle %s",
     "Message %s · log %s · sent by a program; please do not reply.",
     {"Number", "Unit", "Task", "Period", "Due", "About"}},
};

/* Kinds of alerts: code, zh_CN, en. Other kinds show their code. */
static const char *const kinds[][3] = {
    {"reminder", "即将到期", "due soon"},
    {"report-missing", "逾期未报送", "report missing"},
    {"task-overdue", "逾期未办结", "task overdue"},
    {"returned", "退回后未重报", "returned and not sent again"},
    {"promise-broken", "承诺的报送未兑现", "promised report missing"},
    {"alert-unacknowledged", "提醒无人确认", "alert not acknowledged"},
    {"test", "渠道测试", "test of the channels"},
    {"answer-missing", "询问逾期未答复", "question not answered"},
    {"early-warning", "预警", "early warning"},
    {"expiring", "即将到期失效", "about to expire"},
    {"silence-ending", "免打扰即将到期", "silence about to end"},
    {"reported", "已报送", "reported"},
    {"extended", "已延期", "extended"},
    {"closed", "已办结", "closed"},
    {"withdrawn", "事项已撤销", "task withdrawn"},
    {"amended", "事项已调整", "task amended"},
    {"retired", "单位已撤并", "unit retired"},
    {"renewed", "已更新", "renewed"},
};

static const struct words *words_of(const struct bundle *b)
{
    return strcmp(bundle_text(b->json, "lang"), "en") == 0 ? &languages[1] : &languages[0];
}

static const char *kind_text(const struct words *w, const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i][0], kind) == 0)
            return kinds[i][w == &languages[1] ? 2 : 1];
    return kind;
}

/* Word that cases are over: nothing to acknowledge. */
static bool is_closed(const struct bundle *b)
{
    return strcmp(bundle_text(b->json, "kind"), "closed") == 0;
}

static const char *level_text(const struct bundle *b, const struct words *w)
{
    json_int_t level = bundle_number(b->json, "level");

    if (strcmp(bundle_text(b->json, "kind"), "test") == 0)
        return w->test;
    if (is_closed(b))
        return w->closed;
    return w->level[level <= 0 ? 0 : level == 1 ? 1 : 2];
}

/* A text by people as part of one line: at most max bytes, cut between characters. */
static void add_line(struct buf *out, const char *s, size_t max)
{
    size_t n = strlen(s);

    if (n > max)
        for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++)
        buf_add(out, (unsigned char)s[i] < ' ' || s[i] == 0x7f ? " " : s + i, 1);
}

static void add_number(struct buf *out, const char *fmt, json_int_t n)
{
    const char *at = strstr(fmt, "%lld");

    buf_add(out, fmt, (size_t)(at - fmt));
    buf_addf(out, "%lld%s", (long long)n, at + 4);
}

/* Puts up to two texts in place of %s. */
static void add_texts(struct buf *out, const char *fmt, const char *first, const char *second)
{
    const char *texts[2] = {first, second};
    size_t n = 0;

    for (; *fmt != '\0'; fmt++) {
        if (fmt[0] == '%' && fmt[1] == 's' && n < 2) {
            add_line(out, texts[n++], 300);
            fmt++;
        } else {
            buf_add(out, fmt, 1);
        }
    }
}

/* The kind that all listed alerts have, or NULL. */
static const char *common_kind(const struct bundle *b)
{
    const json_t *alerts = json_object_get(b->json, "alerts");
    const char *kind =
        json_array_size(alerts) > 0 ? bundle_text(json_array_get(alerts, 0), "kind") : NULL;

    for (size_t i = 1; i < json_array_size(alerts); i++)
        if (strcmp(bundle_text(json_array_get(alerts, i), "kind"), kind) != 0)
            return NULL;
    return kind;
}

void message_subject(const struct bundle *b, struct buf *out)
{
    const struct words *w = words_of(b);
    json_int_t count = bundle_number(b->json, "count");
    const json_t *first = json_array_get(json_object_get(b->json, "alerts"), 0);
    const char *kind = common_kind(b);
    struct buf text = {0};

    buf_addf(out, "%s%s%s", w->open, level_text(b, w), w->close);
    if (count == 1 && first != NULL)
        buf_addf(&text, "%s %s %s %s %s", bundle_text(first, "unit_name"),
                 bundle_text(first, "task"), bundle_text(first, "period"), kind_text(w, kind),
                 bundle_text(first, "number"));
    else {
        add_number(&text, w->items, count);
        buf_addf(&text, " %s %s", kind != NULL ? kind_text(w, kind) : "",
                 bundle_text(b->json, "at_local"));
    }
    /* absent members leave blanks behind */
    for (const char *s = text.data + strspn(text.data, " "); *s != '\0';) {
        size_t n = strcspn(s, " "), blanks = strspn(s + n, " ");

        if (out->len < SUBJECT_MAX)
            add_line(out, s, n < SUBJECT_MAX - 20 ? n : SUBJECT_MAX - 20);
        s += n + blanks;
        if (*s != '\0')
            buf_add(out, " ", 1);
    }
    buf_free(&text);
}

/* ---- plain ---------------------------------------------------------------------------------- */

static void plain_item(const struct words *w, const json_t *a, size_t n, struct buf *out)
{
    static const char *const members[] = {"number", "unit_name", "task", "period", "title"};

    buf_addf(out, "%zu. %s", n, kind_text(w, bundle_text(a, "kind")));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (*bundle_text(a, members[i]) != '\0')
            buf_add_str(out, "  ");
        add_line(out, bundle_text(a, members[i]), 600);
    }
    buf_addf(out, "\n   %s ", w->due);
    add_line(out, bundle_text(a, "due_local"), 40);
    if (*bundle_text(a, "contact") != '\0') {
        buf_addf(out, "  %s ", w->contact);
        add_line(out, bundle_text(a, "contact"), 300);
    }
    buf_add_str(out, "\n");
    if (*bundle_text(a, "why") != '\0') {
        buf_add_str(out, "   ");
        add_line(out, bundle_text(a, "why"), 1000);
        buf_add_str(out, "\n");
    }
}

static json_int_t not_listed(const struct bundle *b)
{
    return bundle_number(b->json, "count") -
           (json_int_t)json_array_size(json_object_get(b->json, "alerts"));
}

static void add_listed(const struct bundle *b, const struct words *w, struct buf *out)
{
    struct buf text = {0};

    add_number(&text, w->listed, bundle_number(b->json, "count"));
    add_texts(out, text.data, bundle_text(b->json, "at_local"), "");
    buf_free(&text);
}

void message_plain(const struct bundle *b, struct buf *out)
{
    const struct words *w = words_of(b);
    size_t i;
    const json_t *a;

    add_line(out, bundle_text(b->json, "post_name"), 300);
    buf_addf(out, "%s\n\n%s%s%s", w->dear, w->open, level_text(b, w), w->close);
    add_listed(b, w, out);
    buf_add_str(out, "\n\n");
    json_array_foreach(json_object_get(b->json, "alerts"), i, a) plain_item(w, a, i + 1, out);
    if (not_listed(b) > 0) {
        add_number(out, w->also, not_listed(b));
        buf_add_str(out, "\n");
    }
    buf_add_str(out, "\n");
    if (!is_closed(b))
        add_texts(out, w->answer, bundle_text(b->json, "bundle"), "");
    buf_add_str(out, "\n-- \n");
    add_texts(out, w->footer, b->id, bundle_text(b->json, "origin"));
    buf_add_str(out, "\n");
}

/* ---- HTML ----------------------------------------------------------------------------------- */

static void add_html(struct buf *out, const char *s, size_t max)
{
    struct buf line = {0};

    add_line(&line, s, max);
    for (size_t i = 0; i < line.len; i++) {
        switch (line.data[i]) {
        case '<':
            buf_add_str(out, "&lt;");
            break;
        case '>':
            buf_add_str(out, "&gt;");
            break;
        case '&':
            buf_add_str(out, "&amp;");
            break;
        case '"':
            buf_add_str(out, "&quot;");
            break;
        default:
            buf_add(out, line.data + i, 1);
        }
    }
    buf_free(&line);
}

static void html_text(struct buf *out, const char *open, const struct buf *text, const char *close)
{
    buf_add_str(out, open);
    add_html(out, text->data != NULL ? text->data : "", 4000);
    buf_add_str(out, close);
}

static void html_row(const struct words *w, const json_t *a, struct buf *out)
{
    static const char *const members[] = {"number", "unit_name", "task", "period", "due_local"};

    buf_add_str(out, "<tr>");
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        buf_add_str(out, "<td>");
        add_html(out, bundle_text(a, members[i]), 600);
        buf_add_str(out, "</td>");
    }
    buf_addf(out, "<td>%s ", kind_text(w, bundle_text(a, "kind")));
    add_html(out, bundle_text(a, "title"), 600);
    if (*bundle_text(a, "why") != '\0') {
        buf_add_str(out, "<br>");
        add_html(out, bundle_text(a, "why"), 1000);
    }
    if (*bundle_text(a, "contact") != '\0') {
        buf_addf(out, "<br>%s ", w->contact);
        add_html(out, bundle_text(a, "contact"), 300);
    }
    buf_add_str(out, "</td></tr>\n");
}

static void html_table(const struct words *w, const json_t *alerts, struct buf *out)
{
    size_t i;
    const json_t *a;

    if (json_array_size(alerts) == 0)
        return;
    buf_add_str(out, "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\">\n<tr>");
    for (i = 0; i < sizeof w->head / sizeof w->head[0]; i++)
        buf_addf(out, "<th align=\"left\">%s</th>", w->head[i]);
    buf_add_str(out, "</tr>\n");
    json_array_foreach((json_t *)alerts, i, a) html_row(w, a, out);
    buf_add_str(out, "</table>\n");
}

void message_html(const struct bundle *b, struct buf *out)
{
    const struct words *w = words_of(b);
    struct buf text = {0};

    buf_addf(out,
             "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"></head><body>\n",
             w == &languages[1] ? "en" : "zh-CN");
    buf_addf(&text, "%s%s", bundle_text(b->json, "post_name"), w->dear);
    html_text(out, "<p>", &text, "</p>\n");
    buf_clear(&text);
    buf_addf(&text, "%s%s%s", w->open, level_text(b, w), w->close);
    add_listed(b, w, &text);
    html_text(out, "<p>", &text, "</p>\n");
    html_table(w, json_object_get(b->json, "alerts"), out);
    buf_clear(&text);
    if (not_listed(b) > 0) {
        add_number(&text, w->also, not_listed(b));
        html_text(out, "<p>", &text, "</p>\n");
        buf_clear(&text);
    }
    if (!is_closed(b)) {
        add_texts(&text, w->answer, bundle_text(b->json, "bundle"), "");
        html_text(out, "<p>", &text, "</p>\n");
    }
    buf_clear(&text);
    add_texts(&text, w->footer, b->id, bundle_text(b->json, "origin"));
    html_text(out, "<p><small>", &text, "</small></p>\n</body></html>\n");
    buf_free(&text);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

void message_json(const struct bundle *b, int64_t unix_s, struct buf *out)
{
    char when[INSTANT_SIZE];
    struct buf subject = {0}, text = {0};

    instant_format_utc(unix_s * 1000000, when);
    message_subject(b, &subject);
    message_plain(b, &text);
    json_t *j =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "type", "duban.alert", "delivery", b->id,
                  "timestamp", when, "subject", subject.data, "text", text.data, "data", b->json);
    json_write(j, out);
    json_decref(j);
    buf_free(&subject);
    buf_free(&text);
}
