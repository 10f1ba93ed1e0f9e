#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `make demo`: the whole story in about a minute. Every command is printed above its real output;
# all of them are public commands. PLAN=file tells it with another plan, KEEP=1 leaves the instance
# running, LANG=zh_CN.UTF-8 tells it in Chinese.
set -euo pipefail
SOURCE=$(cd -- "$(dirname -- "$0")/.." && pwd)
BUILD=$(realpath -m -- "${BUILD:-$SOURCE/build}")
PLAN=$(realpath -m -- "${PLAN:-$SOURCE/examples/sample-plan.txt}")
export PATH=$BUILD:$SOURCE/examples:$PATH DUBAN_SOURCE=$SOURCE DUBAN_LOCALEDIR=$BUILD/locale
[[ -f $PLAN ]] || { echo "demo: $PLAN does not exist" >&2; exit 5; }
case ${LC_ALL:-${LC_MESSAGES:-${LANG:-}}} in zh*) ZH=1 LANGUAGE=zh_CN ;; *) ZH="" LANGUAGE=en ;; esac
export LANGUAGE
locale -a 2>/dev/null | grep -qi '^zh_CN.utf-\?8$' || export LC_ALL=C.UTF-8 # the messages follow LANGUAGE

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' BLUE=$'\e[1;34m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' BLUE='' PLAIN=''
fi
WORK=$(mktemp -d "${TMPDIR:-/tmp}/duban-demo.XXXXXX")
chmod 755 "$WORK"
cd -- "$WORK"
WATCHERS=()
finish() {
    local status=$?
    trap - EXIT
    stop_watching
    if [[ -f city/duban-local.conf && (-z ${KEEP:-} || $status != 0) ]]; then
        duban-local destroy city >/dev/null 2>&1 || duban-local kill city
    fi
    [[ -n ${KEEP:-} && $status == 0 ]] || { cd / && rm -rf -- "$WORK"; }
    ((status == 0)) || echo "demo: stopped with status $status" >&2
    exit "$status"
}
stop_watching() {
    local pid
    for pid in "${WATCHERS[@]}"; do kill "$pid" 2>/dev/null || true; done
    WATCHERS=()
}
trap finish EXIT
trap 'exit 130' INT TERM

tell() { # ENGLISH CHINESE: a line of explanation
    if [[ $ZH ]]; then printf '%s%s%s\n' "$DIM" "$2" "$PLAIN"; else printf '%s%s%s\n' "$DIM" "$1" "$PLAIN"; fi
}
say() { # ENGLISH CHINESE: a heading of the story
    if [[ $ZH ]]; then printf '\n%s%s%s\n' "$BLUE" "$2" "$PLAIN"; else printf '\n%s%s%s\n' "$BLUE" "$1" "$PLAIN"; fi
}
text() { # ENGLISH CHINESE
    if [[ $ZH ]]; then printf '%s' "$2"; else printf '%s' "$1"; fi
}
prompt() { # COMMAND...: as it would be typed
    local word line=
    for word in "$@"; do
        [[ $word =~ ^[][A-Za-z0-9_.,:/=+@%*-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        line+=" $word"
    done
    printf '%s$%s%s' "$BOLD" "$line" "$PLAIN"
}
show() { # COMMAND...
    prompt "$@" && echo
    "$@"
}
fit() { # cuts lines at the terminal's edge (CJK is two columns wide); nothing when piped
    local line wide cols
    [[ -t 1 ]] || { cat && return; }
    cols=$(tput cols 2>/dev/null || echo 80)
    while IFS= read -r line; do
        wide=${line//[ -~]/}
        while ((${#line} + ${#wide} > cols)); do
            line=${line%?} wide=${line//[ -~]/}
        done
        printf '%s\n' "$line"
    done
}
show_some() { # LINES COMMAND...: with "| head"
    local lines=$1 rest
    shift
    prompt "$@" && printf '%s | head -n %d%s\n' "$BOLD" "$lines" "$PLAIN"
    "$@" >"$WORK/.out"
    head -n "$lines" "$WORK/.out" | fit
    rest=$(($(wc -l <"$WORK/.out") - lines))
    ((rest <= 0)) || tell "  … and $rest lines more" "  …… 另有 $rest 行"
}
watch_as() { # HOME: prints to HOME.watch in the background
    prompt duban --home "$1" watch && echo " ${BOLD}&${PLAIN}"
    duban --home "$1" watch --since 0 >"$1.watch" 2>&1 &
    WATCHERS+=($!)
    : >"$1.seen"
}
watched() { # HOME LINES: what the watcher printed since last time
    local tries new
    for ((tries = 0; tries < 50; tries++)); do
        (($(wc -l <"$1.watch") > $(wc -l <"$1.seen"))) && break
        sleep 0.1
    done
    sleep 0.3
    new=$(($(wc -l <"$1.watch") - $(wc -l <"$1.seen")))
    tell "  ($1 sees $new new lines)" "  （$1 收到 $new 行）"
    sed -n "$(($(wc -l <"$1.seen") + 1)),$(($(wc -l <"$1.seen") + $2))p" "$1.watch" | fit
    ((new <= $2)) || tell "  … and $((new - $2)) lines more" "  …… 另有 $((new - $2)) 行"
    cp -- "$1.watch" "$1.seen"
}
ask() { psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -U duban_owner -d duban -c "$1"; } # the script's own eyes

# ---- the story --------------------------------------------------------------------------------------
say "duban: who owes what, who is late, and a record that nobody can change unnoticed" \
    "督办：谁欠报、谁逾期，一本谁也无法悄悄改动的台账"
cp -- "$PLAN" plan.txt

say "1. A plan is read" "一、读取计划"
show_some 12 duban plan parse plan.txt
YEAR=$(duban plan parse --format jsonl plan.txt 2>/dev/null | sed -n 's/.*"kind": *"plan".*"from": *"\([0-9]\{4\}\).*/\1/p')
YEAR=${YEAR%%$'\n'*}
YEAR=${YEAR:-$(date +%Y)}
NOW=$YEAR-04-01T09:00:00+08:00

say "2. A private instance: PostgreSQL, CA, keys, duband; the plan is registered by a signed statement" \
    "二、建立一套私有实例：数据库、证书、密钥、服务；计划经签名登记"
show duban-local start city --plan plan.txt=plan --now "$NOW"
eval "$(duban-local env city)"
tell "$(ask 'select count(*) from duban.task') tasks, $(ask 'select count(*) from duban.unit') units; the clock of this instance says $NOW" \
    "事项 $(ask 'select count(*) from duban.task') 项，单位 $(ask 'select count(*) from duban.unit') 家；本实例时钟为 $NOW"

# three who report and one who stays silent: units that lead tasks with a supervising leader
led="select accountable, count(*) as n from duban.task t join duban.unit u on u.code = t.accountable
    where exists (select from duban.task_leader l join duban.post p on p.code = l.code where l.task = t.name) group by 1"
mapfile -t UNITS < <(ask "with led as ($led), few as (select * from led order by n, accountable limit 1)
    (select accountable from led where accountable not in (select accountable from few) order by abs(n - 4), accountable limit 3)
    union all (select accountable from few)")
((${#UNITS[@]} == 4)) || mapfile -t UNITS < <(ask "select accountable from duban.task t join duban.unit u on u.code = t.accountable
    group by accountable order by count(*) desc, accountable limit 4")
((${#UNITS[@]} == 4)) || { tell "this plan names fewer than four accountable units; the story ends here" "该计划牵头单位不足四家，演示到此为止"; exit 0; }
A=${UNITS[0]} B=${UNITS[1]} C=${UNITS[2]} SILENT=${UNITS[3]}
name() { ask "select name from duban.unit where code = '$1'"; }
task_of() { ask "select name from duban.task where accountable = '$1' order by ordinal limit 1"; }
LEADER=$(ask "select l.code from duban.task t join duban.task_leader l on l.task = t.name join duban.post p on p.code = l.code
    where t.accountable = '$SILENT' order by t.ordinal limit 1")
LEADER=${LEADER:-chief}

say "3. Departments get their own keys; each asks what it owes" "三、各单位领取密钥，查询应报事项"
for unit in "$A" "$B" "$C" "$SILENT"; do
    show duban-local enrol city --unit "$unit" --home "$unit"
done
show duban-local enrol city --post "$LEADER" --home "$LEADER"
show duban-local enrol city --post office --home office
show duban --home "$A" due

say "4. Three departments report: two by command, one by a filled sheet" "四、三家报送：两家用命令，一家填表"
show duban --home "$A" report "$(task_of "$A")" --period "${YEAR}Q1" --status on-track --progress 25 \
    --text "$(text "First quarter done as planned" "一季度任务按计划完成，二季度方案已印发")"
show duban --home "$C" report "$(task_of "$C")" --period "${YEAR}Q1" --status at-risk --progress 10 \
    --risk "$(text "land approval is still open" "用地手续尚未批复")"
show duban --home "$B" due --sheet "$B.csv"
tell "  (filled in Excel or WPS; here with sed)" "  （用 Excel 或 WPS 填写；这里用 sed 代替）"
show sed -i -E '2,$s/,{8}(\r?)$/,on-track,30,done as planned,,,,,\1/' "$B.csv"
show duban --home "$B" report --sheet "$B.csv"

say "5. A receipt is checked on the spot, by openssl and by a verifier written by others" \
    "五、当场核验回执：openssl 与第三方验证程序"
show openssl pkey -in "$A/sign.key" -pubout -out "$A.pub"
show check-receipt.sh "$DUBAN_LOG_VKEY" "$A/receipts/1.tlog-proof" "$A/sent/1.dsse.json" "$A.pub"
if command -v go >/dev/null && [[ -d /usr/share/gocode/src/golang.org/x/mod ]]; then
    cp -- "$SOURCE/tests/judges/receipt/main.go" verifier.go
    export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$WORK/.go GOFLAGS=
    show go run verifier.go "$DUBAN_LOG_VKEY" "$A/receipts/1.tlog-proof" "$B/receipts/1.tlog-proof"
fi
show duban --home "$A" receipts verify

say "6. $SILENT stays silent. A reminder comes first; then the cut-off passes: contact, head and the supervision office are told" \
    "六、$(name "$SILENT")（$SILENT）一直未报。先有提醒；截止时刻一过，联络员、负责人、督查室即收到催办"
watch_as "$SILENT"
watch_as "$LEADER"
DUE=$(ask "select to_char(min(due) at time zone 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS+08:00') from duban.v_due
    where unit = '$SILENT' and kind = 'report'")
show duban-local clock city "${DUE%T*}T09:00:00+08:00"
watched "$SILENT" 7
show duban-local clock city "$(TZ=Asia/Shanghai date -d "$DUE + 1 minute" +%FT%T+08:00)"
watched "$SILENT" 14

say "7. Still nothing: one working day later the supervising leader, after three the chief" \
    "七、仍未报送：一个工作日后上报牵头领导，三个工作日后上报主要领导"
show duban-local clock city +6d
watched "$LEADER" 8
ALERT=$(ask "select min(a.alert) from duban.alert a join duban.\"case\" c using (\"case\") where a.post = '$LEADER' and c.unit = '$SILENT'")
[[ -z $ALERT ]] || show duban --home "$LEADER" ack "$ALERT" --comment "$(text "explain in writing within three days" "请三日内书面说明")"

say "8. The department makes up for it: late stays late, the case is closed, the alerts are withdrawn" \
    "八、该单位补报：迟报仍记迟报，督办件办结，催办单撤回"
show duban --home "$SILENT" report "$(task_of "$SILENT")" --period "${YEAR}Q1" --status on-track --progress 20
watched "$SILENT" 3

say "9. The supervision office asks: in plain SQL, and with duban ledger" "九、督查室查询：直接用 SQL，或用 duban ledger"
show export PGTZ=Asia/Shanghai
show psql -X -h "$DUBAN_PGHOST" -U office -d duban -P pager=off \
    -c 'select unit, unit_name, count(*) as overdue, min(due) as since from duban.v_overdue group by unit, unit_name order by overdue desc, unit limit 8'
show duban --home office ledger --unit "$SILENT"
show_some 10 duban --home office ledger --state overdue
show duban --home "$SILENT" history "$(task_of "$SILENT")"

say "10. What was shown" "十、小结"
if [[ $ZH ]]; then
    cat <<EOF
计划登记、报送、回执、逾期判定、逐级催办、领导批示，全部记入 $(ask 'select count(*) from duban.log_entry') 条不可篡改的日志，可脱机核验。
接下来：docs/architecture.md（结构）、docs/without-our-client.md（不用本客户端）、docs/sql.md（查询）、man duban。
EOF
else
    cat <<EOF
Plan, reports, receipts, verdicts, alerts and the leader's answer are $(ask 'select count(*) from duban.log_entry') entries of one log that anybody can check offline.
Next: docs/architecture.md (how it works), docs/without-our-client.md (your own program),
docs/sql.md (queries), man duban; KEEP=1 make demo leaves the instance up.
EOF
fi
stop_watching
if [[ -n ${KEEP:-} ]]; then
    tell "The instance stays up: $WORK/city (duban-local env, stop, destroy)" "实例保留在 $WORK/city（duban-local env、stop、destroy）"
fi
