/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts as people read them. One report gives one line; a sheet gives what needs attention and
 * a summary. The texts were verified against the log entry before (receipts.c). */
#include "client/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/foreign.h"
#include "client/outbox.h"
#include "client/term.h"
#include "client/when.h"
#include "common/i18n.h"

struct word {
    const char *name, *text;
};

/* One row a name; a word that means something else of a delivery stands in the second table. */
static const struct word WORDS[] = {
    {"on-time", N_("on time")},
    {"late", N_("late")},
    {"not-owed", N_("not owed (kept beside)")},
    {"correction", N_("correction")},
    {"refused", N_("refused")},
    {"missing", N_("missing")},
    {"acknowledged", N_("acknowledged")},
    {"already", N_("already acknowledged")},
    {"applied", N_("applied")},
    {"unchanged", N_("unchanged")},
    {"registered", N_("registered")},
    {"open", N_("open")},
    {"overdue", N_("OVERDUE")},
    {"unassigned", N_("unassigned")},
    {"silent", N_("silent")},
    {"waiting", N_("waits for the head's countersignature")},
    {"returned-late", N_("sent again late")},
    {"asked", N_("asked for")},
    {"granted", N_("granted")},
    {"declined", N_("declined")},
    {"reopened", N_("reopened")},
    {"countersigned", N_("countersigned")},
    {"review", N_("review")},
    {"countersign", N_("countersignature")},
    {"countersignature", N_("countersignature")},
    {"extension", N_("extension")},
    {"closure", N_("closing")},
    {"record", N_("entered by the office")},
    {"released", N_("owed no more")},
    {"submitted", N_("submitted")},
    {"returned", N_("returned")},
    {"accepted", N_("accepted")},
    {"not-started", N_("not started")},
    {"on-track", N_("on track")},
    {"at-risk", N_("at risk")},
    {"blocked", N_("blocked")},
    {"done", N_("done")},
    {"report", N_("report")},
    {"completion", N_("completion")},
    {"reminder", N_("reminder")},
    {"report-missing", N_("report missing")},
    {"task-overdue", N_("task overdue")},
    {"promise-broken", N_("promise broken")},
    {"alert-unacknowledged", N_("alert unacknowledged")},
    {"reported", N_("reported")},
    {"extended", N_("extended")},
    {"closed", N_("closed")},
    {"test", N_("test")},
    {"set", N_("changed")},
    {"new", N_("new")},
    {"withdraw", N_("withdrawn")},
    {"succession", N_("passed to the successor")},
    {"answer", N_("answer")},
    {"ask", N_("ask")},
    {"amendment", N_("amendment")},
    {"amended", N_("amended")},
    {"added", N_("added")},
    {"withdrawn", N_("withdrawn")},
    {"scheduled", N_("takes effect on its day")},
    {"reassigned", N_("reassigned")},
    {"dropped", N_("dropped")},
    {"early-warning", N_("early warning")},
    {"answer-missing", N_("answer missing")},
    {"raised", N_("raised")},
    {"expiring", N_("runs out")},
    {"renewed", N_("renewed")},
    {"green", N_("green")},
    {"blue", N_("blue")},
    {"yellow", N_("yellow")},
    {"orange", N_("orange")},
    {"red", N_("red")},
    {"white", N_("white")},
    {"unblock", N_("help wanted")},
    {NULL, NULL},
};

static const struct word DELIVERY_WORDS[] = {
    {"waiting", N_("waiting")},    {"sent", N_("sent")}, {"withdrawn", N_("withdrawn")},
    {"dead", N_("UNDELIVERABLE")}, {NULL, NULL},
};

static const char *word(const struct word *words, const char *name)
{
    for (; name && words->name; words++)
        if (strcmp(words->name, name) == 0)
            return _(words->text);
    return name ? name : "-";
}

const char *outcome_word(const char *s)
{
    return word(WORDS, s);
}

const char *outcome_delivery_word(const char *state)
{
    return word(DELIVERY_WORDS, state);
}

void outcome_kind(const char *type, char *out, size_t size)
{
    const char *last = strstr(type, "vnd.duban.");
    const char *p = last ? last + strlen("vnd.duban.") : type;

    snprintf(out, size, "%.*s", last ? (int)strcspn(p, ".") : (int)strlen(p), p);
}

static void print_clean(const char *format_free)
{
    char *s = term_clean(format_free);

    fputs(s, stdout);
    free(s);
}

static void print_due(const char *label, const char *instant)
{
    char when[WHEN_SIZE];

    if (!instant)
        return;
    when_text(instant, when);
    printf("  %s %s", label, when);
}

static void print_errors(const json_t *o)
{
    const json_t *errors = json_object_get(o, "errors");
    size_t i;
    const json_t *fault;

    json_array_foreach((json_t *)errors, i, fault)
    {
        const char *field = app_str(fault, "field");
        const char *detail = app_str(fault, "detail");
        if (json_is_string(fault))
            detail = json_string_value(fault);
        fputs("    ", stdout);
        if (field) {
            print_clean(field);
            fputs(": ", stdout);
        }
        char *own = foreign_text(detail                   ? detail
                                 : app_str(fault, "code") ? app_str(fault, "code")
                                                          : "?");
        print_clean(own);
        free(own);
        putchar('\n');
    }
}

static enum term_colour colour_of(const char *outcome)
{
    if (!outcome)
        return TERM_PLAIN;
    if (strcmp(outcome, "refused") == 0)
        return TERM_RED;
    if (strcmp(outcome, "late") == 0 || strcmp(outcome, "not-owed") == 0 ||
        strcmp(outcome, "returned") == 0 || strcmp(outcome, "waiting") == 0)
        return TERM_YELLOW;
    return strcmp(outcome, "unchanged") == 0 ? TERM_PLAIN : TERM_GREEN;
}

/* What else a report came to: the same task in other plans, values that fell. */
static void print_more(const json_t *o)
{
    size_t i;
    const json_t *x;

    json_array_foreach(json_object_get(o, "same"), i, x)
    {
        printf("    %s ", _("counts too for"));
        print_clean(app_str(x, "task") ? app_str(x, "task") : "-");
        printf(" %s  %s", app_str(x, "period") ? app_str(x, "period") : "",
               outcome_word(app_str(x, "outcome")));
        print_due(_("due"), app_str(x, "due"));
        putchar('\n');
    }
    json_array_foreach(json_object_get(o, "fell"), i, x)
    {
        fputs("    ", stdout);
        char *name = term_clean(app_str(x, "name") ? app_str(x, "name") : "-");
        printf(_("%s fell from %s to %s: report again with --explain"), name,
               app_str(x, "from") ? app_str(x, "from") : "-",
               app_str(x, "to") ? app_str(x, "to") : "-");
        putchar('\n');
        free(name);
    }
    if (json_is_true(json_object_get(o, "warned")))
        printf("    %s\n", _("the leaders of the task and the office are told at once"));
}

static void print_outcome(const json_t *o)
{
    const char *outcome = app_str(o, "outcome");
    const json_t *alert = json_object_get(o, "alert");
    const char *object = app_str(o, "object");

    if (json_is_integer(alert))
        printf(_("alert %lld"), (long long)json_integer_value(alert));
    else
        print_clean(object ? object : app_str(o, "task") ? app_str(o, "task") : "-");
    if (object && app_str(o, "task")) {
        putchar(' ');
        print_clean(app_str(o, "task"));
    }
    if (app_str(o, "period")) {
        putchar(' ');
        print_clean(app_str(o, "period"));
    }
    enum term_colour c = colour_of(outcome);
    printf("  %s%s%s", term_colour(c), outcome_word(outcome), term_colour(TERM_PLAIN));
    print_due(_("due"), app_str(o, "due"));
    print_due(_("next due"), app_str(o, "next_due"));
    if (app_str(o, "resubmission"))
        printf(_("  (sent again: %s)"), outcome_word(app_str(o, "resubmission")));
    if (app_str(o, "completion")) {
        printf(_("  (the task itself: %s"), outcome_word(app_str(o, "completion")));
        print_due(_("due"), app_str(o, "completion_due"));
        putchar(')');
    }
    if (app_str(o, "ask"))
        printf("  %s %s", _("number"), app_str(o, "ask"));
    putchar('\n');
    print_errors(o);
    print_more(o);
}

/* What a long list need not show: everything went as it should. */
static bool is_plain(const char *outcome)
{
    static const char *const plain[] = {"on-time", "applied", "unchanged", "acknowledged",
                                        "accepted"};

    for (size_t i = 0; outcome && i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(outcome, plain[i]) == 0)
            return true;
    return false;
}

static void print_counts(const json_t *outcomes)
{
    const char *done[16];
    size_t n = 0;
    size_t i, j;
    const json_t *o, *other;

    json_array_foreach((json_t *)outcomes, i, o)
    {
        const char *word = app_str(o, "outcome");
        size_t count = 0;
        bool seen = !word || n == sizeof done / sizeof done[0];
        for (size_t k = 0; k < n && !seen; k++)
            seen = strcmp(done[k], word) == 0;
        if (seen)
            continue;
        json_array_foreach((json_t *)outcomes, j, other) count +=
            app_str(other, "outcome") && strcmp(app_str(other, "outcome"), word) == 0;
        printf("%s%zu %s", n ? _(", ") : "", count, outcome_word(word));
        done[n++] = word;
    }
    putchar('\n');
}

static void print_receipt(const struct dsse *sent, const json_t *receipt)
{
    const json_t *outcomes = json_object_get(receipt, "outcomes");
    char kind[32], when[WHEN_SIZE];
    size_t i;
    const json_t *o;

    when_text(app_str(receipt, "received"), when);
    printf(_("entry %lld  received %s"), app_int(receipt, "entry", -1), when);
    printf(json_is_true(json_object_get(receipt, "duplicate")) ? _(" (already known)  ") : "  ");
    if (json_array_size(outcomes) == 1) {
        print_outcome(json_array_get(outcomes, 0));
        return;
    }
    outcome_kind(sent->type, kind, sizeof kind);
    printf("%s: ", outcome_word(kind));
    if (json_array_size(outcomes) == 0) {
        puts(_("nothing that this identity may act on is named so; nothing was done"));
        return;
    }
    print_counts(outcomes);
    json_array_foreach((json_t *)outcomes, i, o)
    {
        if (is_plain(app_str(o, "outcome")))
            continue;
        fputs("  ", stdout);
        print_outcome(o);
    }
}

void outcome_on_answer(void *data, const struct dsse *sent, int64_t seq, const json_t *receipt,
                       const json_t *problem)
{
    struct outcome_seen *seen = data;
    bool ours = seen->outbox->len < seen->ours;
    size_t i;
    const json_t *o;

    (void)seq;
    json_array_foreach(json_object_get(receipt, "outcomes"), i, o)
    {
        const char *outcome = app_str(o, "outcome");
        if (ours && outcome && strcmp(outcome, "refused") == 0)
            seen->refused++;
    }
    if (ours && receipt && json_array_size(json_object_get(receipt, "outcomes")) == 0)
        seen->refused++;
    seen->set_aside = seen->set_aside || problem != NULL;
    if (seen->app->json)
        app_print_json(receipt ? receipt : problem);
    else if (receipt)
        print_receipt(sent, receipt);
    fflush(stdout);
}
