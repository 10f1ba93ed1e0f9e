/* SPDX-License-Identifier: BSD-2-Clause */
/* duban: the command table. Each command lives in the file of its family; this file only finds it,
 * prints help and suggests what was meant. What does not work yet is not in the table. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/ack.h"
#include "client/alert.h"
#include "client/amend.h"
#include "client/app.h"
#include "client/ask.h"
#include "client/bulletin.h"
#include "client/drafts.h"
#include "client/due.h"
#include "client/enrol.h"
#include "client/indicators.h"
#include "client/init.h"
#include "client/ledger.h"
#include "client/options.h"
#include "client/plan_command.h"
#include "client/receipts.h"
#include "client/record.h"
#include "client/registry.h"
#include "client/report.h"
#include "client/request.h"
#include "client/review.h"
#include "client/rule.h"
#include "client/send.h"
#include "client/sign.h"
#include "client/silence.h"
#include "client/test_clock.h"
#include "client/watch.h"
#include "client/why.h"
#include "common/buf.h"
#include "common/i18n.h"

struct command {
    const char *name; /* one or two words */
    const char *synopsis;
    const char *summary; /* one line */
    const char *help;    /* the rest; NULL: none */
    int (*run)(struct app *a, int argc, char **argv);
};

static int help_command(struct app *a, int argc, char **argv);

static const struct command commands[] = {
    {"due", "[--sheet F.csv [--encoding gb18030]] [--ics F.ics]", N_("what you owe, and by when"),
     N_("--sheet writes a table to fill in Excel or WPS; send it by: duban report --sheet F.csv\n"
        "--ics writes a calendar file; read again, it moves events that moved (- prints it).\n"),
     due_command},
    {"report",
     "TASK [--again] [--edit] [--period P] --status S [--progress N] [--text T] [--value "
     "NAME=NUM]… [--risk T] "
     "[--next T] "
     "[--next-by DATE] [--evidence FILE]… [--cite ANSWER]… [--early-warning REASON] [--explain T]",
     N_("sign and send a report"),
     N_("also: report --sheet F.csv [--good-rows], report --file F.jsonl\n"
        "TASK is PLAN/NUMBER, or the number alone when one open plan has it. Without --period: the "
        "only\n"
        "open one. --status: not-started 未开始, on-track 正常推进, at-risk 有风险, blocked 受阻, "
        "done 已完成.\n"
        "--corrects ENTRY names the report that this one corrects. --early-warning says that the "
        "task "
        "cannot be\nmet for objective reasons: its leaders hear at once. --explain says why a "
        "value "
        "that is counted up\nfell; without it you are asked, or say --yes. --cite names answers "
        "that it stands on. --file: one report "
        "(JSON) a "
        "line.\n"
        "--again begins with the last report of the task: what you do not say stays; without any "
        "other option\nit opens in your editor ($VISUAL or $EDITOR), as --edit does. What was "
        "typed "
        "is kept as a draft until it\nis signed (duban draft). --dry-run shows what would be "
        "signed.\n"
        "What cannot be delivered now is kept and sent by the next command (exit status 3).\n"),
     report_command},
    {"ledger",
     "[--plan H] [--unit U] [--leader L] [--state S] [--status S] [--overdue] [--period P] "
     "[--kind task|indicator] [--text T] [--light RULE] [--colour C] [--as-of N] [--columns C,…] "
     "[--sort [-]C] [--csv FILE [--encoding gb18030] | --xlsx FILE]",
     N_("the ledger as you may see it"),
     N_("--unit: code or any name, also of former times. --text: in task, title and newest "
        "report.\n"
        "--light: the rule of the light column; without it the standard one, if there is one; "
        "--colour: only\n"
        "those lights. --as-of: as it stood at an entry of the log or at an instant\n"
        "(2022-04-08T17:31:00+08:00). --sort: by a column, with - from the greatest down.\n"
        "--csv is for programs (the members and words of the HTTP answer; - prints it), --xlsx for "
        "Excel\n"
        "and WPS, in your language; both hold all columns unless --columns says which.\n"),
     ledger_command},
    {"show", "TASK [--as-of N]", N_("one task"), NULL, show_command},
    {"history", "TASK [--as-of N]", N_("the entries of one task"), NULL, history_command},
    {"bulletin", "[--plan H] [--period P] [--as-of N] [--html FILE]",
     N_("the circular of a period: figures, drafts of praise and criticism"),
     N_("Without --period: the newest one past its cut-off. As of one entry it is the same text "
        "for "
        "ever; the\n"
        "text names the entry. --html writes one file that prints well.\n"),
     bulletin_command},
    {"brief", "POST [--plan H] [--as-of N] [--html FILE]",
     N_("two pages for a supervisor: exceptions, trend, risk, next step, decision wanted"), NULL,
     brief_command},
    {"print", "ALERT [--html FILE]", N_("a numbered alert on paper (催办单, 督办单)"), NULL,
     print_command},
    {"review",
     "[--plan H] [--period P] [--unit U] | --accept|--return [--reason T] [--due DATE] "
     "REPORT…|--period P --unit U | --file F  [--dry-run] [--yes]",
     N_("accept or return reports (office, leaders)"),
     N_("Alone it lists what waits for a review. REPORT is ENTRY.ORDINAL as listed. A returned "
        "report is owed\n"
        "again by --due (else the reporting rule's number of working days, or three). --file: one "
        "review (JSON)\n"
        "a line. --dry-run shows what would be signed.\n"),
     review_command},
    {"countersign", "REPORT… [--dry-run]", N_("countersign reports of your unit (its head)"),
     N_("A report of a plan that asks for it counts from the countersignature on; duban due shows "
        "which wait.\n"),
     countersign_command},
    {"extend",
     "[TASK [--period P] --until DATE --reason T --progress N | --grant|--refuse [--until DATE] "
     "[--reason T] REQUEST…] [--dry-run]",
     N_("ask for an extension, or decide about one"),
     N_("Alone it lists what waits for a decision. Without --period: of the task's own deadline. "
        "Asked before\n"
        "expiry, decided by the office or a leader of the task; the old date stays visible.\n"),
     extend_command},
    {"close",
     "[TASK --text T --evidence FILE… | --grant|--refuse [--reason T] REQUEST… | --reopen --reason "
     "T [--due DATE] TASK…] [--dry-run]",
     N_("ask for a task to be closed, or decide about it"),
     N_("Alone it lists what waits for a decision. Asked by the accountable unit after it reported "
        "the task\n"
        "done; granted, refused or reopened by the office or a leader of the task, never by the "
        "unit.\n"),
     close_command},
    {"record",
     "TASK --for UNIT --period P --status S --source paper|mail|chat|phone|other --received-on "
     "DATE --scan FILE [--progress N] [--text T] [--value NAME=NUM]… [--risk T] [--next T] "
     "[--next-by DATE] [--evidence FILE]… [--dry-run]",
     N_("enter a report that came on paper, by mail or chat (office)"),
     N_("It is shown as entered by the office and judged by the time of entry; the day on which it "
        "came is kept\n"
        "beside it.\n"),
     record_command},
    {"indicators", "[--plan H] [--unit U] [--as-of N]",
     N_("targets: newest value, share of the way, points behind time"), NULL, indicators_command},
    {"ask", "TASK --unit U… --due D --text T [--period P]",
     N_("ask participants of a task that you lead"),
     N_("--due is a date or an instant. The unit owes an answer; duban show TASK lists what "
        "came.\n"),
     ask_command},
    {"answer", "TASK|ASK [--text T] [--value NAME=NUM]…", N_("answer what was asked of you"),
     N_("ASK is the number that duban due shows, such as 1234.1; a TASK will do when one thing is "
        "asked\nabout it.\n"),
     answer_command},
    {"watch", "[--since N] [--exec CMD] [--alarm CMD] [--silence SECONDS]",
     N_("alerts as they come"),
     N_("Goes on where the last watch ended; --since 0 shows all. CMD gets the alert as JSON on "
        "standard\n"
        "input and as DUBAN_ALERT, DUBAN_NUMBER, DUBAN_KIND, DUBAN_LEVEL, DUBAN_POST, DUBAN_UNIT,\n"
        "DUBAN_TASK, DUBAN_PERIOD, DUBAN_DUE, DUBAN_WHY; a withdrawal has DUBAN_EVENT=closed.\n"
        "Without a valid signed sign of life for SECONDS (60) it raises an alarm here: on standard "
        "error and\nby the --alarm command (DUBAN_ALARM, DUBAN_WHY). --alarm-exit leaves then.\n"),
     watch_command},
    {"ack", "ALERT… [--bundle B] [--comment T] [--decision T] [--until DATE|TIME]",
     N_("acknowledge alerts"),
     N_("--until: how long to hold what is above, as far as the ladder lets you. The office notes "
        "with\n"
        "--told BY --to WHO --at TIME --how HOW that somebody was told by telephone or in "
        "person.\n"),
     ack_command},
    {"why", "ALERT | --not TASK [--period P]", N_("why an alert exists, or why there is none"),
     N_("Facts, versions of rule, calendar and ladder, the days as they were counted, and what "
        "moved "
        "it:\n"
        "acknowledgement, silence, vacancy, outage.\n"),
     why_command},
    {"ladder test", "CODE|FILE --due DATE|TIME [--for TASK] [--late DAYS]",
     N_("what a ladder would do, to whom and when"),
     N_("Of the registry by its code, or of a file before it is signed. Nothing is raised.\n"),
     ladder_test_command},
    {"silence", "(--unit U | --task TASK)… --until DATE|TIME --reason T | --end SILENCE…",
     N_("let alerts wait, with an end and a reason"),
     N_("Verdicts do not wait. Without options: the silences that last or lasted.\n"),
     silence_command},
    {"alerts", "[--open]", N_("alerts to your posts, and how they were delivered"), NULL,
     alerts_command},
    {"alert", "--test POST… [--text T]", N_("test the channels of posts (operator)"),
     N_("Raises an alert of kind test to each post; it goes the way of every other. duban alerts "
        "shows\nwhat became of it.\n"),
     alert_command},
    {"draft", "[list | show NAME | delete NAME]", N_("reports that were begun and are not signed"),
     N_("Named by task and period. Go on with: duban report --edit TASK --period P\n"),
     draft_command},
    {"outbox", "", N_("what is signed and not acknowledged yet"), NULL, outbox_command},
    {"flush", "[--wait SECONDS]", N_("send now what waits in the outbox"), NULL, flush_command},
    {"receipts verify", "[FILE…]", N_("check kept receipts, without a server"), NULL,
     receipts_command},
    {"plan parse", "[--format table|jsonl] FILE",
     N_("how a plan document is read, without a server"), NULL, plan_parse_command},
    {"plan register",
     "--handle H [--from DATE --to DATE] [--rule R] [--ladder L] [--basis B] [--countersign] "
     "[--yes] FILE",
     N_("sign and register a plan (operator)"),
     N_("Owners that the registry does not know are written to ./registry.draft (exit status "
        "5).\nA corrected document of a registered plan is offered as an amendment: --basis and "
        "--from go with it.\nTasks that look like those of another plan are listed in "
        "./same.draft.\n"
        "--countersign: a report counts when the unit's head has signed it too.\n"),
     plan_register_command},
    {"plan show", "[HANDLE] [--as-of N]", N_("a registered plan and its amendments"),
     N_("Alone it lists the plans.\n"), plan_show_command},
    {"rule test", "FILE|CODE [--from DATE] [--to DATE] [--calendar FILE|CODE]",
     N_("the dates that a reporting rule makes, before it is signed"),
     N_("FILE holds rules (and calendars) as for: registry apply. The server computes; nothing is "
        "changed.\n"
        "Without --from: the rule's own beginning or this year; without --to: a year.\n"),
     rule_test_command},
    {"plan amend",
     "FILE | --task T --set MEMBER=VALUE… [--clear MEMBER]… | --task T --withdraw [--reason R] "
     "| --plan H --set MEMBER=VALUE… [--clear MEMBER]… [--basis B] [--from D] [--yes]",
     N_("sign an amendment of a registered plan (operator)"),
     N_("MEMBER of a plan: title, number, issuer, issued, from, to, rule, ladder, countersign, "
        "leader=WAS:NOW\n(in all tasks); of a task: lead, units, leaders, title, text, no, "
        "deadline, continuous, baseline, target, "
        "nature.\nFILE holds the body of the statement. The old values are shown beside the new "
        "ones "
        "before it is\nsigned; --from a day to come takes effect on that day.\n"),
     plan_amend_command},
    {"registry apply", "FILE [--yes]", N_("show and sign changes of the registry (operator)"), NULL,
     registry_apply_command},
    {"registry export", "", N_("the registry as readable text (operator)"), NULL,
     registry_export_command},
    {"enrol", "(--unit U | --post P | --operator) [--alg ecdsa-p256|ed25519|sm2]",
     N_("make keys and a request; enrol --accept FILE.cert completes"),
     N_("Run again in a HOME that is enrolled, it asks for a new certificate with the same "
        "keys.\n"),
     enrol_command},
    {"approve", "FILE [--days N] [--yes]", N_("register the identity of a request (operator)"),
     NULL, approve_command},
    {"init", "-c DUBAND.CONF --home HOME [--server-name NAME]… [--test-clock TIME]",
     N_("make keys, certificates and the first entry of a new log (once, on the server)"), NULL,
     init_command},
    {"clock", "TIME|+DURATION", N_("move the clock of a test instance (operator)"), NULL,
     clock_command},
    {"sign", "--type T < PAYLOAD", N_("sign bytes for a script: a DSSE envelope"), NULL,
     sign_command},
    {"help", "[COMMAND]", N_("this text, or more about a command"), NULL, help_command},
    {0}};

static void print_commands(void)
{
    printf("%s\n\n", _("duban [--home DIR] [--lang en|zh_CN] [--json] COMMAND …"));
    for (const struct command *c = commands; c->name; c++)
        printf("  %-16s %s\n", c->name, _(c->summary));
    printf(
        _("\nHOME is --home, $DUBAN_HOME or ~/.config/duban. More: duban help COMMAND, duban(1).\n"
          "Exit status: 0 done, 1 refused, 2 wrong call, 3 kept in the outbox (server away),\n"
          "4 evidence does not verify, 5 local configuration, key or file.\n"));
}

/* The command that the first one or two words name; *words: how many. */
static const struct command *find(int argc, char **argv, int *words)
{
    char two[64] = "";

    if (argc >= 2)
        snprintf(two, sizeof two, "%s %s", argv[0], argv[1]);
    for (const struct command *c = commands; c->name && argc; c++) {
        bool second = strchr(c->name, ' ') != NULL;
        if (strcmp(c->name, second ? two : argv[0]) == 0) {
            *words = second ? 2 : 1;
            return c;
        }
    }
    return NULL;
}

/* "plan" alone: the commands that begin with it. */
static bool incomplete(const char *first)
{
    struct buf all = {0};
    size_t n = strlen(first);

    for (const struct command *c = commands; c->name; c++)
        if (strncmp(c->name, first, n) == 0 && c->name[n] == ' ')
            buf_addf(&all, "%sduban %s", all.len ? ", " : "", c->name);
    if (all.len)
        app_note(_("“%s” needs a second word: %s"), first, all.data);
    bool found = all.len > 0;
    buf_free(&all);
    return found;
}

static int unknown(int argc, char **argv)
{
    char typed[64];
    const char *best = NULL;
    size_t distance = strlen(argv[0]) > 5 ? 4 : 3;

    if (argc == 1 && incomplete(argv[0]))
        return APP_USAGE;
    snprintf(typed, sizeof typed, "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    for (const struct command *c = commands; c->name; c++) {
        size_t one = options_distance(c->name, argv[0]), two = options_distance(c->name, typed);
        size_t d = one < two ? one : two;
        if (strncmp(c->name, argv[0], strlen(argv[0])) == 0 && strchr(c->name, ' '))
            d = 1;
        if (d < distance) {
            distance = d;
            best = c->name;
        }
    }
    if (best)
        app_note(_("unknown command “%s”; did you mean “duban %s”? All: duban help"), typed, best);
    else
        app_note(_("unknown command “%s”; all commands: duban help"), typed);
    return APP_USAGE;
}

static int help_command(struct app *a, int argc, char **argv)
{
    int words;

    (void)a;
    if (argc == 0) {
        print_commands();
        return APP_DONE;
    }
    const struct command *c = find(argc, argv, &words);
    if (!c)
        return unknown(argc, argv);
    printf("duban %s %s\n\n%s\n%s", c->name, c->synopsis, _(c->summary), c->help ? _(c->help) : "");
    return APP_DONE;
}

static bool wants_help(int argc, char **argv)
{
    return argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0);
}

static int run(struct app *a, int argc, char **argv)
{
    int used = 0, words = 0;
    struct err e;

    if (!options_global(a, argc, argv, &used, &e))
        return app_fail(a, &e);
    argc -= used;
    argv += used;
    if (argc && (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)) {
        puts("duban " DUBAN_VERSION);
        return APP_DONE;
    }
    if (argc == 0 || wants_help(argc, argv)) {
        print_commands();
        return argc == 0 ? APP_USAGE : APP_DONE;
    }
    const struct command *c = find(argc, argv, &words);
    if (!c)
        return unknown(argc, argv);
    if (wants_help(argc - words, argv + words))
        return help_command(a, words, argv);
    return c->run(a, argc - words, argv + words);
}

/* A descriptor that is closed would be given to the next file or connection, and what is printed
 * would end in it. Opened the wrong way round, writing to it fails as it should. */
static void open_standard(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            while (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) < 0 && errno == EINTR)
                ;
}

int main(int argc, char **argv)
{
    struct app a;

    open_standard();
    app_init(&a);
    signal(SIGPIPE, SIG_DFL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = app_flush(run(&a, argc - 1, argv + 1));
    app_clear(&a);
    curl_global_cleanup();
    return status;
}
