#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/reporting_day.sh: the last day of a quarter for one province, 136 counties × 200 tasks, in DAY_SECONDS (600).
# The test clock is moved over the morning; the last eight tenths before the cut-off run at the real rate, with most
# reports and a rising density; a tenth follows for those that are late. What must hold:
#   nothing lost: every outbox empty, every receipt verified, exactly these statements in the log;
#   every verdict right: on time when received before the cut-off, which is computed here from the calendar;
#   every silence found: verdict, case, and a notice to each of contact, head and 督查室; a late report closes its case;
#   the clock honest: received lies between sending and answer;
#   the ledger follows from the log (REBUILD=1: duband rebuild --compare).
# CHAOS=1: in mid-run kill -9 of PostgreSQL, then of a receiver. COUNTIES, DAY_TASKS, SLICE (seconds of a point), SEED.
# Writes reporting_day.json, reporting_day.txt and, with bench/chart.awk, reporting_day.svg to OUT.
. "$(dirname -- "$0")/lib.sh"
DAY_SECONDS=${DAY_SECONDS:-600} COUNTIES=${COUNTIES:-136} DAY_TASKS=${DAY_TASKS:-200} REBUILD=${REBUILD:-1}
SLICE=${SLICE:-$(awk -v d="$DAY_SECONDS" 'BEGIN { s = d / 60; print s < 1 ? 1 : s }')}
PROVINCES=31
need python3 python3
[[ -x $BUILD/bench/reporting_day && -x $BUILD/bench/load ]] || make -s -C "$DUBAN_SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,reporting_day}
mkdir -p "$OUT"
STEP=$OUT/reporting_day.d
rm -rf -- "$STEP"
mkdir -p "$STEP"
ROOT=$(mktemp -d "${BENCH_DIR:-/var/tmp}/duban-day.XXXXXX")
DIR=$ROOT/instance SIM=
finish() {
    [[ -z $SIM ]] || kill "$SIM" 2>/dev/null || true
    cp "$DIR/log/duband.log" "$STEP/" 2>/dev/null || true
    [[ ! -e $DIR ]] || local_ destroy "$DIR" || true
    rm -rf -- "$ROOT"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The day on which the report for a quarter is due, from the printed rule and the calendar, not from our SQL.
due_day() { # YEAR QUARTER
    python3 - "$DUBAN_SOURCE/conf/calendars/cn-2022-2026.conf" "$1" "$2" <<'END'
import datetime, re, sys
text = re.sub(r"#.*", "", open(sys.argv[1], encoding="utf-8").read())
days = lambda name: set(re.findall(r'"(\d{4}-\d\d-\d\d)"', re.search(r"\b%s\s*=\s*\{([^}]*)\}" % name, text).group(1)))
off, work = days("off"), days("work")
year, quarter = int(sys.argv[2]), int(sys.argv[3])
day = datetime.date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
left = 5
while True:
    if str(day) in work or (day.weekday() < 5 and str(day) not in off):
        left -= 1
    if left == 0:
        break
    day += datetime.timedelta(days=1)
print(day)
END
}
DAY=$(due_day 2022 1)
CUTOFF=${DAY}T17:31:00+08:00 # due 17:30, inclusive to its minute
at() { # SECONDS BEFORE THE CUT-OFF: that instant
    TZ=Asia/Shanghai date -d "@$(awk -v c="$(date -d "$CUTOFF" +%s)" -v s="$1" 'BEGIN { printf "%d", c - s }')" '+%Y-%m-%dT%H:%M:%S%:z'
}

# ---- the instance, by public commands only -----------------------------------------------------
operator() { "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" --lang en "$@"; }
plan_text() { # COUNTY: a document of DAY_TASKS tasks, all led by this county
    local i
    printf '第%d县2022年重点工作任务分工方案\n\n一、重点工作\n\n' "$1"
    for ((i = 1; i <= DAY_TASKS; i++)); do
        printf '%d. 推进第%d项重点工程建设，按月完成投资计划，年内全部完工。（牵头领导：Leader；牵头单位：Unit b%04d）\n\n' "$i" "$i" "$1"
    done
}
prepare() {
    local i hex began=$SECONDS
    chmod 711 "$ROOT"
    local_ start "$DIR" --now "${DAY}T07:30:00+08:00"
    printf '%s\n' "shared_buffers = ${SHARED_BUFFERS:-1GB}" 'max_wal_size = 8GB' 'checkpoint_timeout = 15min' >>"$(realpath "$DIR/pg")/postgresql.conf"
    local_ stop "$DIR"
    local_ start "$DIR"
    eval "$(local_ env "$DIR")"
    "$BUILD/bench/load" keys "$DIR/keys" --count "$COUNTIES" --alg "$ALG"
    hex=$(openssl x509 -in "$DUBAN_OPERATOR_HOME/client.pem" -outform DER | sha256sum | cut -d' ' -f1)
    {
        printf 'post "%s" { name = "%s" role = "%s" holder "Holder" { } }\n' office Office office chief Chief chief leader-01 Leader leader
        cat "$DIR/keys/registry.conf"
    } >"$DIR/registry.conf"
    operator registry apply --yes "$DIR/registry.conf" >/dev/null
    printf 'client "%s" { name = "operator" for = "office" operator = true deliver = { %s } }\n' "$hex" \
        "$(seq -f '"b%04g"' -s ', ' 1 "$COUNTIES")" >"$DIR/client.conf"
    operator registry apply --yes "$DIR/client.conf" >/dev/null
    for ((i = 1; i <= COUNTIES; i++)); do
        plan_text "$i" >"$DIR/plan.txt"
        operator plan register --handle "c$i" --from 2022-01-01 --to 2022-12-31 --yes "$DIR/plan.txt" >"$STEP/plan.log" 2>&1 ||
            fail "plan c$i: $(tail -n 2 "$STEP/plan.log")"
    done
    for ((i = 0; i < 3000; i++)); do
        [[ $(curl -sS --noproxy '*' "$DUBAN_ADMIN_URL/readyz" | jq .pending_obligations) == 0 ]] && break
        sleep 0.1
    done
    (($(sql -c "select count(*) from duban.obligation where period = '2022Q1'") == COUNTIES * DAY_TASKS)) || fail "not every task owes a report"
    say "due $CUTOFF: $COUNTIES counties with $((COUNTIES * DAY_TASKS)) reports, prepared in $((SECONDS - began)) s"
}

# ---- the day -----------------------------------------------------------------------------------
sleep_until() { # SECONDS after the beginning
    local left
    left=$(awk -v b="$BEGUN" -v s="$1" -v n="$EPOCHREALTIME" 'BEGIN { x = b + s - n; print (x > 0 ? x : 0) }')
    sleep "$left"
}
part_of_day() { awk -v d="$DAY_SECONDS" -v x="$1" 'BEGIN { print d * x }'; }
move_clock() { # the morning in steps; from a tenth of the day on the clock is left alone
    local i moves=$((DAY_SECONDS / 60))
    ((moves >= 1)) || moves=1
    for ((i = 1; i < moves; i++)); do
        sleep_until "$(awk -v d="$DAY_SECONDS" -v i=$i -v m=$moves 'BEGIN { print d * 0.1 * i / m }')"
        local_ clock "$DIR" "$(at $((34200 - 34200 * i / moves + 600)))"
    done
    sleep_until "$(part_of_day 0.1)"
    local_ clock "$DIR" "$(at "$(part_of_day 0.8)")"
    sql -c "select extract(epoch from clock_timestamp()) * 1000000" >"$STEP/moved"
}
receivers() { # children that hold a listening socket
    local pid inodes
    inodes=$(awk -v p="$(printf ':%04X' "${DUBAN_URL##*:}")" '$2 ~ p "$" && $4 == "0A" { printf "%s|", $10 }' /proc/net/tcp)
    for pid in $(pgrep -P "$(cat "$DUBAN_PIDFILE")"); do
        find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | grep -E "\[(${inodes%|})\]" >/dev/null && printf '%s\n' "$pid" || true
    done
}
cpu_now() { awk -v d="$(cpu_of "$(cat "$DUBAN_PIDFILE")")" -v p="$(cpu_of "$(postmaster)")" -v n="$EPOCHREALTIME" 'BEGIN { printf "%.6f %.2f %.2f\n", n, d, p }'; }
watch_peak() { # CPU over the last fiftieth before the cut-off
    sleep_until "$(part_of_day 0.88)"
    cpu_now >"$STEP/peak"
    sleep_until "$(part_of_day 0.9)"
    cpu_now >>"$STEP/peak"
}
chaos() {
    local pids=() receiver killed
    sleep_until "$(part_of_day 0.5)"
    mapfile -t pids < <(tree "$(postmaster)")
    say "kill -9 of PostgreSQL (${#pids[@]} processes)"
    kill -KILL "${pids[@]}" 2>/dev/null || true # some end by themselves meanwhile
    killed=$EPOCHREALTIME
    sleep 2
    local_ start "$DIR"
    say "PostgreSQL is back and duband ready $(awk -v a="$killed" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s after it was killed"
    sleep_until "$(part_of_day 0.7)"
    receiver=$(receivers | head -n 1)
    say "kill -9 of receiver ${receiver:-?}"
    kill -KILL "$receiver"
}
day() {
    local status=0 others=()
    "$BUILD/bench/reporting_day" --keys "$DIR/keys" --url "$DUBAN_URL" --ca "$DUBAN_CA" --cert "$DUBAN_OPERATOR_HOME/client.pem" \
        --key "$DUBAN_OPERATOR_HOME/client.key" --aud "$DUBAN_AUD" --vkey "${DUBAN_LOG_VKEY%% *}" --cutoff "$CUTOFF" \
        --results "$STEP/results" --counties "$COUNTIES" --tasks "$DAY_TASKS" --seconds "$DAY_SECONDS" --slice "$SLICE" \
        --seed "${SEED:-1}" >"$STEP/day.json" 2>"$STEP/day.log" &
    SIM=$!
    until grep -qs begun "$STEP/day.log"; do kill -0 "$SIM" 2>/dev/null || fail "$(tail -n 1 "$STEP/day.log")"; sleep 0.05; done
    BEGUN=$EPOCHREALTIME
    move_clock & others+=($!)
    watch_peak & others+=($!)
    [[ -z ${CHAOS:-} ]] || { chaos & others+=($!); }
    wait "$SIM" || status=$?
    SIM=''
    wait "${others[@]}" || fail "the clock was not moved, or what was killed did not come back"
    ((status == 0)) || fail "the simulator: $(tail -n 1 "$STEP/day.log"): $(jq -c 'del(.curve)' "$STEP/day.json")"
}

# ---- what must hold ----------------------------------------------------------------------------
# outcome 1 on time, 2 late; times in microseconds since 1970
CHECKS="
with o as (select extract(epoch from clock_offset) * 1000000 as us from duban.log_lock),
silent as (select t.name as task from duban.task t where t.plan ~ '^c[0-9]' except select task from seen),
missing as (select v.task from duban.verdict v where v.silence and v.period = '2022Q1'),
notices as (select c.task, c.closed, c.reason, count(a.alert) filter (where a.level = 1) as n, array_agg(a.post order by a.post) filter (where a.level = 1) as posts
  from duban.\"case\" c left join duban.alert a using (\"case\") where c.period = '2022Q1' group by c.\"case\", c.task, c.closed, c.reason)
select json_build_object(
 'acknowledged_but_not_stored', (select count(*) from seen s where not exists (select from duban.statement x where x.entry = s.entry)),
 'stored_but_not_acknowledged', (select count(*) from duban.statement x where x.payload_type like '%report%' and not exists (select from seen s where s.entry = x.entry)),
 'wrong_verdicts', (select count(*) from seen s full join (select * from duban.verdict where not silence and period = '2022Q1') v on v.task = s.task
    where s.task is null or v.task is null or v.verdict <> s.outcome or v.entry <> s.entry or extract(epoch from v.received) * 1000000 <> s.received
       or (v.verdict = 1) <> (v.received < :'cutoff')),
 'silent_without_verdict', (select count(*) from silent s where s.task not in (select task from missing)),
 'verdict_without_silence', (select count(*) from missing m where m.task not in (select task from silent) and m.task not in (select task from seen where outcome = 2)),
 'silent_without_notices', (select count(*) from silent s where not exists (select from notices n where n.task = s.task and n.closed is null and n.n = 3 and n.posts[3] = 'office')),
 'late_with_open_case', (select count(*) from notices n join seen s using (task) where n.closed is null or n.reason <> 'reported'),
 'received_outside_its_request', (select count(*) from seen s, o where s.sent > :moved and (s.received - o.us < s.sent - 1000 or s.received - o.us > s.acked + 1000)),
 'late_verdicts_view', (select count(*) from duban.missing_verdicts), 'late_alerts_view', (select count(*) from duban.missing_alerts),
 'entries_without_head', (select count(*) from duban.log_entry) - (select max(size) from duban.head)),
 json_build_object('missing', (select count(*) from missing), 'silent', (select count(*) from silent), 'alerts', (select count(*) from duban.alert),
 'entries', (select count(*) from duban.log_entry), 'outages_seen', (select count(*) from seen where acked - sent > 1000000))"
judge() {
    local i silent
    silent=$(jq .silent "$STEP/day.json")
    for ((i = 0; i < 600; i++)); do # alerts that are still being raised, heads that are being signed
        (($(sql -c "select count(*) from duban.\"case\" where period = '2022Q1' and closed is null") >= silent)) &&
            [[ $(sql -c 'select (select count(*) from duban.log_entry) = (select max(size) from duban.head)') == t ]] && break
        sleep 0.1
    done
    {
        printf '%s\n' 'create temp table seen (task text primary key, outcome int, entry bigint, received bigint, sent bigint, acked bigint);' \
            "\\copy seen from '$STEP/results'" "analyze seen;"
        printf '%s;\n' "$CHECKS"
    } | sql -F $'\n' -v cutoff="$CUTOFF" -v moved="$(<"$STEP/moved")" >"$STEP/checks" || fail "the checks do not run"
    if [[ $REBUILD == 1 ]]; then
        local status=0
        PGUSER=duban_owner "$BUILD/duband" -c "$DIR/duband.conf" rebuild --compare \
            --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild" >"$STEP/rebuild.log" 2>&1 || status=$?
        jq -c --argjson s "$status" '.rebuild_differs = $s' <(sed -n 1p "$STEP/checks") >"$STEP/faults.json"
    else
        sed -n 1p "$STEP/checks" >"$STEP/faults.json"
    fi
}

prepare
BEGUN=''
day
judge

# Peak: statements acknowledged in one second, and CPU for each of them in the last fiftieth before the cut-off,
# connections, receipts and what PostgreSQL does beside included. A machine is taken to be full at half of its cores.
PEAK=$(awk -F '\t' '!seen[$3]++ { n[int($6 / 1000000)]++ } END { for (s in n) if (n[s] > top) top = n[s]; print top }' "$STEP/results")
CPU=$(awk -F '\t' 'NR == FNR { split($0, x, " "); at[NR] = x[1] * 1000000; d[NR] = x[2]; p[NR] = x[3]; next }
    !seen[$3]++ && $6 >= at[1] && $6 < at[2] { n++ }
    END { printf "{\"statements\":%d,\"seconds\":%.2f,\"duband\":%.2f,\"postgres\":%.2f}", n, (at[2] - at[1]) / 1e6, d[2] - d[1], p[2] - p[1] }' "$STEP/peak" "$STEP/results")
jq -n --slurpfile day "$STEP/day.json" --slurpfile faults "$STEP/faults.json" --argjson found "$(sed -n 2p "$STEP/checks")" --argjson cpu "$CPU" \
    --argjson peak "$PEAK" --argjson provinces "$PROVINCES" --argjson cores "$(nproc)" --argjson chaos "${CHAOS:-0}" --argjson machine "$(machine)" '
    ($day[0] | {machine: $machine, chaos: $chaos} + .) + {peak_cpu: $cpu, found: $found, faults: $faults[0], peak_per_second: $peak} |
    .cpu_us_per_statement = (if $cpu.statements > 0 then ($cpu.duband + $cpu.postgres) / $cpu.statements * 1e6 else null end) |
    .country = {provinces: $provinces, peak_per_second: ($provinces * $peak),
        cores: (if .cpu_us_per_statement then $provinces * $peak * .cpu_us_per_statement / 1e6 else null end)} |
    .country.machines = (if .country.cores then (.country.cores / ($cores / 2)) | ceil else null end)' >"$OUT/reporting_day.json"
jq -r '
    def two: . * 100 | round / 100;
    "\(.counties) counties, \(.counties * .tasks) tasks, day of \(.seconds) s" + (if .chaos == 1 then ", PostgreSQL and a receiver killed" else "" end),
    "\(.statements) statements with \(.reports) reports: \(.acknowledged) acknowledged with verified receipts; on time \(.on_time), late \(.late), silent \(.silent)",
    "latency from filing to receipt, ms: p50 \(.latency_ms.p50), p99 \(.latency_ms.p99), max \(.latency_ms.max); last tenth before the cut-off: p50 \(.final_ms.p50), p99 \(.final_ms.p99), max \(.final_ms.max)",
    "connections \(.connections), duplicates \(.duplicates), retries \([.curve[].retries] | add), broken \([.curve[].broken] | add), refused \(.refused)",
    "missing verdicts \(.found.missing) (silent \(.found.silent)), notices \(.found.alerts), entries \(.found.entries)",
    "faults: \([.faults | to_entries[] | select(.value != 0)] | if length == 0 then "none" else map("\(.key) \(.value)") | join(", ") end)",
    "peak \(.peak_per_second) statements/s in one second" + (if .cpu_us_per_statement then "; \(.cpu_us_per_statement | round) µs of CPU a statement shortly before the cut-off, its connection included" else "" end),
    (if .country.machines then "the country, \(.country.provinces) such provinces at the same minute: \(.country.peak_per_second) statements/s, \(.country.cores | two) cores busy, \(.country.machines) such machines at half load" else empty end)' \
    "$OUT/reporting_day.json" | tee "$OUT/reporting_day.txt"
if [[ -f $HERE/chart.awk ]]; then
    jq -r '(.curve[] | ["p50", .at, .latency_ms.p50, .latency_ms.p50, .latency_ms.p50]), (.curve[] | ["p99", .at, .latency_ms.p99, .latency_ms.p99, .latency_ms.p99]) | @tsv' \
        "$OUT/reporting_day.json" | awk -f "$HERE/chart.awk" -v title='Reporting day: from filing to receipt' -v xlabel='seconds of the day' \
        -v ylabel='ms' -v scale=linear >"$OUT/reporting_day.svg"
fi
jq -e '[.faults[] == 0] | all' "$OUT/reporting_day.json" >/dev/null || fail "something is lost or wrong: $(jq -c .faults "$OUT/reporting_day.json")"
