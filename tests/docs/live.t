#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The pages against a running instance: every entry of its log by the grammar of docs/log.md, every
# outcome digest recomputed from the receipts, the shell function of docs/log.md, receipts and
# problems by docs/schema, the examples of docs/sql.md as reader and as auditor.
. "$(dirname "$0")/../system/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol office --post office
mapfile -t T < <(sql "select name from duban.task where accountable = 'u001' order by ordinal limit 3")
as u001 report "${T[0]}" --status on-track --progress 20 --text '按计划推进' >/dev/null || bail "no report"
as u001 --json report "${T[0]}" --period 2022Q1 --status "done" >"$W/receipt.json" || bail "no second report"
printf '%s\n' '{"task":"p1/nothing","period":"2022Q1","status":"on-track"}' '{"task":"x","status":"on-track"}' \
    "{\"task\":\"${T[1]}\",\"period\":\"2022Q3\",\"status\":\"on-track\"}" >"$W/reports"
run as u001 --json report --file "$W/reports"
is "$STATUS" 1 "refused reports give status 1"
printf '%s' "$OUT" >"$W/refused.json"
http u001 /v1/nothing
printf '%s' "$BODY" >"$W/problem.json"
sed 's/"payload": *"/&AAAA/' "$W/u001/sent/1.dsse.json" >"$W/broken"
submit u001 "$W/broken"
printf '%s' "$BODY" >"$W/problem-2.json"
clock 2022-04-13T17:31:30+08:00
as u001 report "${T[2]}" --status blocked --period 2022Q1 >/dev/null || bail "no late report"
as office --json ack "$(sql "select min(alert) from duban.alert where post = 'office'")" >"$W/ack.json" || bail "no acknowledgement"
operator registry export >"$W/export.conf" || bail "no export"
run operator registry apply --yes "$W/export.conf"
is "$STATUS" 0 "what is exported can be applied"
like "$OUT" 'nothing to do|already' "… and changes nothing"

sql "select duban.log_migration('999_example', repeat('ab', 32))" >/dev/null
sql "copy (select index, encode(entry, 'hex') from duban.log_entry order by index) to stdout" >"$W/entries"
sql "copy (select s.entry, duban.outcomes_of(s.entry, s.payload_type) from duban.statement s order by 1) to stdout" | sed 's/\\\\/\\/g' >"$W/outcomes"
python3 -W ignore - "$SOURCE" "$W" >"$W/python" 2>&1 <<'P'
import hashlib, json, re, sys
source, w = sys.argv[1:]
I6, I0 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
HEX, B64, CODE, NUM = r"[0-9a-f]{64}", r"[A-Za-z0-9+/]+={0,2}", r"[a-z0-9-]{1,32}", r"(?:0|[1-9]\d*)"
VER, TASK, ORIGIN = rf"(?:{CODE}@{NUM}|-)", r"[a-z0-9-]{1,16}/[a-z0-9.-]+", r"[!-*,-~]+"
rule = {  # in the order of docs/log.md; ? optional, * repeated
    "genesis": [("received", I6), ("origin", ORIGIN), ("key", HEX), ("alg", r"ecdsa-p256|ed25519|sm2"),
                ("type", r"application/vnd\.duban\.registry\.v1\+json"), ("seq", "1"), ("pae-sha256", HEX), ("sig", B64),
                ("schema", r"\S+"), ("clock-offset?", r"-?\d+"), ("outcomes-sha256", HEX)],
    "statement": [("received", I6), ("arrival", I6), ("certificate", rf"{HEX}|-"), ("key", HEX),
                  ("alg", r"ecdsa-p256|ed25519|sm2"), ("type", r"application/vnd\.duban\.[a-z]+\.v1\+json"), ("seq", NUM),
                  ("pae-sha256", HEX), ("sig", B64), ("registry", NUM), ("clock-offset?", r"-?\d+"), ("outcomes-sha256", HEX)],
    "missing": [("received", I6), ("task", TASK), ("period", r"\S+"), ("unit", CODE), ("due", I0), ("rule", VER),
                ("calendar", VER), ("registry", NUM)],
    "alert": [("received", I6), ("at", I6), ("case", NUM), ("task", TASK), ("period", r"\S+"), ("unit", CODE), ("due", I0),
              ("rule", VER), ("calendar", VER), ("ladder", VER), ("step", NUM), ("level", NUM),
              ("vacant*", rf"{NUM} \S+"), ("alert*", rf"{NUM} {CODE} (?:提醒|催办|督办)〔\d{{4}}〕{NUM}号"), ("registry", NUM)],
    "migration": [("received", I6), ("name", r"\S+"), ("checksum", HEX), ("registry", NUM)],
}
def pattern(kind):
    p = rf"duban-entry/v1\nkind {kind}\n"
    for name, value in rule[kind]:
        p += rf"(?:{name.rstrip('?*')} (?:{value})\n)" + {"?": "?", "*": "*"}.get(name[-1], "")
    return re.compile(p)
grammar = {k: pattern(k) for k in rule}
page = open(f"{source}/docs/log.md", encoding="utf-8").read()
wrong = {k: 0 for k in rule}
count = {k: 0 for k in rule}
entries, last = {}, ""
back = 0
for line in open(f"{w}/entries"):
    n, raw = line.split()
    raw = bytes.fromhex(raw[3:] if raw.startswith("\\\\x") else raw)
    text = raw.decode()
    entries[int(n)] = text
    kind = re.match(r"duban-entry/v1\nkind (\w+)\n", text).group(1)
    count[kind] = count.get(kind, 0) + 1
    wrong[kind] = wrong.get(kind, 0) + (kind not in grammar or not grammar[kind].fullmatch(text) or len(raw) >= 65536)
    received = re.search(r"\nreceived (\S+)", text).group(1)
    back += received < last
    last = received
def say(good, name): print(("ok " if good else "not ok ") + name)
for k in rule:
    say(count[k] > 0 and not wrong[k], f"{count[k]} entries of kind {k} are as docs/log.md says ({wrong[k]} wrong)")
    names = [f'%s"{x.rstrip("?*")} ' for x, _ in rule[k] if x != "seq"]
    part = page[page.index(f'%s"kind {k}"'):]
    at = [part.find(x) for x in names]
    say(at == sorted(at) and -1 not in at, f"… in the order of the page: {k}")
say(set(count) == set(rule), "no other kind exists")
say(back == 0, "received never runs backwards")
# digests
bad = checked = 0
def word(s, refused):
    return "-" if not s or refused and not re.fullmatch(r"[!-~]+", s) else s
for line in open(f"{w}/outcomes", encoding="utf-8"):
    n, text = line.rstrip("\n").split("\t", 1)
    lines = ""
    for o in json.loads(text):
        refused = o["outcome"] == "refused"
        if "task" in o:
            lines += " ".join([word(o["task"], refused), word(o.get("period"), refused), o["outcome"], o.get("due", "-"), o.get("rule", "-"), o.get("calendar", "-")]) + "\n"
            if "completion" in o:  # inherited end of the sample plan
                lines += f"{o['task']} - {o['completion']} 2022-12-31T15:59:00Z - -\n"
        else:
            lines += f"{o.get('object', o.get('alert'))} - {o['outcome']} - - -\n"
    digest = re.search(r"\noutcomes-sha256 (\S+)", entries[int(n)]).group(1)
    checked += 1
    if hashlib.sha256(lines.encode()).hexdigest() != digest:
        bad += 1
        print("#", n, lines[:200])
say(checked > 5 and not bad, f"outcomes-sha256 of {checked} statements recomputed ({bad} wrong)")
try:
    import jsonschema
    for name, schema in (("receipt", "receipt"), ("refused", "receipt"), ("ack", "receipt"), ("problem", "problem"), ("problem-2", "problem")):
        v = jsonschema.Draft202012Validator(json.load(open(f"{source}/docs/schema/{schema}.json", encoding="utf-8")))
        f = [e.message for e in v.iter_errors(json.load(open(f"{w}/{name}.json", encoding="utf-8")))]
        say(not f, f"{name} is as docs/schema/{schema}.json says {f[:1]}")
except ImportError:
    print("# python3-jsonschema is not installed")
P
while IFS= read -r line; do
    case $line in
    'ok '*) result 0 "${line#ok }" ;;
    'not ok '*) result 1 "${line#not ok }" ;;
    *) diag "$line" ;;
    esac
done <"$W/python"
ok "the checks ran to their end" grep -q 'outcomes-sha256' "$W/python"

# the shell of docs/log.md leads each receipt to the root that was signed
sed -n '/^inclusion() {/,/^}/p' "$SOURCE/docs/log.md" >"$W/inclusion.sh"
for file in "$W"/u001/receipts/*.tlog-proof "$W"/office/receipts/*.tlog-proof; do
    is "$(bash -c '. "$1"; inclusion "$2"' - "$W/inclusion.sh" "$file" | sort -u | wc -l)" 1 "inclusion() of docs/log.md: $(basename "$file")"
done

# the examples of docs/sql.md: people's as the office, all as an auditor
super 'create role auditor login; grant duban_auditor to auditor'
python3 - "$SOURCE/docs/sql.md" "$W/sql" <<'P'
import os, re, sys
os.makedirs(sys.argv[2])
people, auditors = open(sys.argv[1], encoding="utf-8").read().split("\n## For auditors")
for who, text in (("office", people), ("auditor", people + auditors)):
    for n, block in enumerate(re.findall(r"^```sql\n(.*?)^```", text, re.S | re.M), 1):
        open(f"{sys.argv[2]}/{who}.{n:02}", "w", encoding="utf-8").write(block)
P
for file in "$W"/sql/*; do
    who=$(basename "$file")
    run psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -d duban -U "${who%.*}" -f "$file"
    is "$STATUS" 0 "docs/sql.md, $who: $(head -n 1 "$file" | cut -c 1-50)"
done
is "$(psql -XqAt -h "$DUBAN_PGHOST" -d duban -U auditor -c 'select (select count(*) from duban.missing_verdicts) + (select count(*) from duban.missing_alerts) + (select count(*) from duban.orphans)')" \
    0 "the audit views are empty"
done_testing
