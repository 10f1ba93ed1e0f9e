#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every script of bench/ runs, in a tiny size, and its JSON has the promised shape. Figures of such a run
# mean nothing; that acknowledged statements are rows, and alerts are seen, is checked even here.
. "$(dirname "$0")/lib.sh"
unset T
R=$W/out # not OUT: that is what run() fills
export OBLIGATIONS=2000 KEYS=16 DUE=10 SHARED_BUFFERS=128MB MIN_WAL=96 FOR=0.2 WARMUP=0.1 ROUNDS=1 MOST=12000 CONNECTIONS=8
export SHARES=40 SWEEP=8 SWEEP_ROUNDS=1 SWEEP_FOR=0.2 ALGORITHMS=ed25519 STEADY=1 SIZES='0 3000 5000' HANDSHAKES=20 RECONNECT=20 RECONNECT_FOR=1
export IDLE=40 BUSY=8 SETTLE=0.1 WATCHERS=20 FANOUT_ROUNDS=1 SINGLES=3 APART=0.1 AT_ONCE=5 AHEAD=1 CAPACITY=500 SPREAD=1 AFTER=1 AGENDA=2000 ASKED=50
export MADE=200 TIMES=1 LONGEST=300 REPLAYED_FOR=0.2 VERIFIED=3 REBUILD_ROUNDS=1 RELOAD_FOR=1 START_FOR=2 CRASH_FOR=4 LULL=0.3 QUIET=0
make -s -C "$SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,floor,watch,hold,raw} >"$W/make" 2>&1 || bail "bench/ does not build: $(tail -n 3 "$W/make")"
start=$SECONDS
# three at a time, each with an instance of its own: most of the time is waiting
groups=('throughput latency connections algorithms handshakes memory fanout due' 'read agenda materialise alert_latency recovery' 'rebuild ledger') pids=()
mkdir -p "$R"
for g in 0 1 2; do
    mkdir "$W/$g"
    chmod 711 "$W/$g"
    INSTANCES+=("$W/$g/instance")
    env T="${groups[g]}" OUT="$R/$g" BENCH_DIR="$W/$g" "$SOURCE/bench/run.sh" >"$W/$g/out" 2>"$W/$g/err" &
    pids+=($!)
done
for g in 0 1 2; do
    wait "${pids[g]}"
    is $? 0 "these run: ${groups[g]}" || diag "$(grep -E '^(bench:|NOT SO|note)' "$W/$g/err")" "$(tail -n 3 "$W/$g/err")"
    diag "$(grep -oE '^[a-z_]+ took [0-9]+ s' "$W/$g/err" | tr '\n' ',')"
    ok "its instance is gone" test ! -e "$W/$g/instance"
done
diag "$((SECONDS - start)) s"
cp "$R"/[012]/*.{json,txt,svg} "$R/"
run "$SOURCE/bench/report.sh" "$R"
is "$STATUS" 0 "the table"
like "$OUT" '\| G1: .*make bench T=throughput' "… has the goals"
cp "$SOURCE/docs/performance.md" "$W/page.md"
ok "it is put into the page" "$SOURCE/bench/report.sh" --into "$W/page.md" "$R"
is "$(grep -c '^| G7: next deadline' "$W/page.md")" 1 "… between its marks"
is "$(grep -c '^| single, statements/s' "$W/page.md")" 1 "… with every row"
ok "… and nothing else is changed" diff <(sed -E '/^<!-- (figures|rows)/,/^<!-- end/d' "$SOURCE/docs/performance.md") <(sed -E '/^<!-- (figures|rows)/,/^<!-- end/d' "$W/page.md")

for figure in throughput latency connections algorithms handshakes memory fanout due read agenda materialise alert_latency recovery rebuild ledger; do
    ok "$figure: its JSON has the shape" jq -e --arg f "$figure" '.figure == $f and (.bound | length > 20) and (.machine.cores > 0)
        and .machine.settings.fsync == "on" and .machine.settings.synchronous_commit == "on"
        and (.rows | length > 2) and ([.rows[] | (.median | type) == "number" and .min <= .median and .median <= .max and .n > 0] | all)
        and ([.rows[] | select(.bar != null) | .reached | IN("no", "bar", "stretch")] | all)
        and ([.checks[].ok] | all)' "$R/$figure.json"
    ok "$figure: … and its text" grep -q 'bounded by' "$R/$figure.txt"
    ok "$figure: it is in the list" grep -q "bench/$figure.sh" "$SOURCE/bench/README.md"
done
for goal in throughput:G1 throughput:G1n throughput:G1b 'latency:G3, p99' handshakes:G3c fanout:G5 'due:G6, one due' agenda:G7 ledger:G8 'alert_latency:alerts under load, p50' \
    'alert_latency:alerts under load, p99'; do
    ok "${goal#*:} is measured" jq -e --arg g "${goal#*:}" '[.rows[] | select(.goal == $g)] | length > 0' "$R/${goal%%:*}.json"
done
for figure in throughput latency connections algorithms ledger alert_latency rebuild; do
    ok "$figure: what was acknowledged was compared with the rows" jq -e '[.checks[] | select(.what | endswith("rows in the database"))] | length > 0' "$R/$figure.json"
done
for chart in latency-load latency-acknowledged connections-throughput connections-latency ledger-throughput ledger-latency; do
    ok "$chart is drawn" python3 -c 'import sys, xml.dom.minidom as x
d = x.parse(sys.argv[1]); assert len(d.getElementsByTagName("circle")) > 0' "$R/$chart.svg"
done
# how many deadlines: the environment wins over what the instance was made with, and too few left is said before anything is filled
mkdir "$W/fake"
touch "$W/fake/duban-local.conf"
printf 'ALG=ed25519\nKEYS=4\nOBLIGATIONS=16\nTASKS=1\nSEEDED_DUE=5200\n' >"$W/fake/bench.conf"
asked() { # DUE COUNT: fall_due of an instance whose first 5,100 deadlines are used up
    run env DUE="$1" DUBAN_PGHOST=x bash -c '. "$1/bench/lib.sh"; local_() { :; }; sql() { echo 5101; }; attach "$2"; echo "$DUE"; fall_due "$3" 1 0 && echo "from $FIRST"' - \
        "$SOURCE" "$W/fake" "$2"
}
asked 7 100
is "$STATUS $(tr '\n' ' ' <<<"$OUT")" "0 7 5101 from 5101 " "DUE of the environment counts"
asked '' 1
is "$(head -n 1 <<<"$OUT")" 200 "… without it that of the instance"
asked 7 101
is "$STATUS" 1 "more deadlines than are left"
like "$ERR" "101 deadlines are wanted, $W/fake has 100 left.*DUE=.*instance.sh" "… says how many, and the remedy"
run env OUT="$R" T=nothing "$SOURCE/bench/run.sh"
is "$STATUS" 1 "a figure that does not exist"
like "$ERR" 'throughput' "… and which do"

# a check that fails makes an error of the figure
cat >"$W/figure.sh" <<'END'
. "$1/bench/lib.sh"
machine() { echo '{"settings":{}}'; }
mkdir -p "$OUT"
figure example "nothing at all, it is only an example"
row a ms lower 3 1 X
for v in 4 1 2 9; do sample a "$v"; done
check 'rows' 7 "$2"
publish
END
run env OUT="$R" bash "$W/figure.sh" "$SOURCE" 7
is "$STATUS" 0 "a figure whose checks hold"
is "$(jq -c '.rows[0] | [.n, .median, .min, .max, .reached]' "$R/example.json")" '[4,3,1,9,"bar"]' "median, spread, goal"
run env OUT="$R" bash "$W/figure.sh" "$SOURCE" 6
is "$STATUS" 1 "a check that does not hold is an error"
done_testing
