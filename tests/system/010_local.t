#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# duban-local: start, start again, stop, kill, two side by side, env, --set, faults, destroy.
. "$(dirname "$0")/lib.sh"

run duban-local --help
is "$STATUS" 0 "help"
run duban-local
is "$STATUS" 2 "no command: usage"
run duban-local start
is "$STATUS" 2 "no directory: usage"
run duban-local start "$W/x" --port 99999
is "$STATUS" 2 "a port that is none"
run duban-local start "$W/x" --now yesterday
is "$STATUS" 2 "a time that is none"
run duban-local start "$W/x" --set 'Bad Key=1'
is "$STATUS" 2 "a key that is none"
run duban-local start "$W/x" --plan "$W/nothing.txt"
is "$STATUS" 5 "a plan that does not exist"
like "$ERR" "nothing.txt" "… is named"
not_ok "nothing was made" test -e "$W/x/pg"
mkdir "$W/full" && touch "$W/full/precious"
run duban-local start "$W/full"
is "$STATUS" 5 "a directory with other things in it is refused"
ok "… and left alone" test -f "$W/full/precious"
run duban-local destroy "$W/full"
is "$STATUS" 5 "destroy refuses what is not an instance"
ok "… and leaves it alone" test -f "$W/full/precious"
run duban-local env "$W/never"
is "$STATUS" 5 "no such instance"
like "$ERR" "duban-local start" "… and how to make one"

instance_start --now "$NOW" --plan "$SAMPLE"
is "$(curl -sS "$DUBAN_ADMIN_URL/readyz" -o /dev/null -w '%{http_code}')" 200 "readyz is 200 when start returns"
is "$(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -r .pending_obligations)" 0 "all obligations exist"
is "$(curl -sS "$DUBAN_ADMIN_URL/healthz" -o /dev/null -w '%{http_code}')" 200 "healthz"
like "$(curl -sS "$DUBAN_ADMIN_URL/metrics")" '^# (HELP|TYPE) ' "metrics in Prometheus form"
like "$DUBAN_AUD" '/test$' "the origin of a test instance ends in /test"
is "$(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -r .test)" true "readyz says test"
like "$(sql "select convert_from(entry, 'UTF8') from duban.log_entry where index = 0")" '^kind genesis' "entry 0 is the genesis"
like "$(sql "select convert_from(entry, 'UTF8') from duban.log_entry where index = 0")" 'test' "… and says test"
before=$(entries)
port=${DUBAN_URL##*:}

run duban-local start "$I"
is "$STATUS" 0 "start again"
is "$(entries)" "$before" "… changes nothing"
run duban-local start "$I" --plan "$SAMPLE" --now 2023-01-01
is "$STATUS" 0 "start again with the same plan and another time"
is "$(entries)" "$before" "… changes nothing"
like "$ERR" 'ignored' "… and says that --now is ignored"

run duban-local start "$W/j" --now 2022-04-02T09:00:00+08:00
INSTANCES+=("$W/j")
is "$STATUS" 0 "a second instance beside it"
isnt "$(duban-local env "$W/j" | grep DUBAN_URL)" "$(duban-local env "$I" | grep DUBAN_URL)" "… on another port"
isnt "$(duban-local env "$W/j" | grep DUBAN_AUD)" "$(duban-local env "$I" | grep DUBAN_AUD)" "… with another origin"
duban-local destroy "$W/j"
not_ok "destroy removes it" test -e "$W/j"

pid=$(<"$DUBAN_PIDFILE")
run duban-local stop "$I"
is "$STATUS" 0 "stop"
ok "no duband" gone "$pid"
answers() { super 'select 1' >/dev/null 2>&1; }
not_ok "no PostgreSQL" answers
run duban-local stop "$I"
is "$STATUS" 0 "stop again"
run duban-local start "$I"
is "$STATUS" 0 "start after stop"
is "$(entries)" "$before" "everything is there"
instance_env "$I"
is "${DUBAN_URL##*:}" "$port" "on the same port"

run duban-local kill "$I"
is "$STATUS" 0 "kill -9"
not_ok "no PostgreSQL left" answers
run duban-local start "$I"
is "$STATUS" 0 "start after kill"
is "$(entries)" "$before" "everything is there"

run duban-local start "$I" --set receivers=1 --set idle-timeout=7
is "$STATUS" 0 "start with --set"
is "$(grep -c '^idle-timeout = "7"' "$I/duband.conf")" 1 "the key is in duband.conf"
is "$("$BUILD/duband" settings -c "$I/duband.conf" | grep -i '^IDLE.TIMEOUT=')" "IDLE_TIMEOUT='7'" "… and duband reads it"
run duban-local start "$I" --set idle-timeout=8
is "$(grep -c '^idle-timeout' "$I/duband.conf")" 1 "--set replaces"
run duban-local start "$I" --set no-such-key=1
isnt "$STATUS" 0 "a key that duband does not know"
like "$ERR" 'no-such-key' "… is named"
sed -i '/^no-such-key/d' "$I/duband.conf"
run duban-local start "$I"
is "$STATUS" 0 "and repaired"

W2="$W/it's a \$HOME 目录"
mkdir "$W2"
INSTANCES+=("$W2/i")
run duban-local start "$W2/i"
is "$STATUS" 0 "a directory with quotes, spaces and Chinese"
(instance_env "$W2/i"; test "$DUBAN_OPERATOR_HOME" = "$W2/i/operator")
result $? "env quotes it"
unlike "$(duban-local env "$W2/i" | grep AUD)" '/test' "without --now the origin has no /test"
run duban-local clock "$W2/i" +1d
isnt "$STATUS" 0 "the real clock cannot be moved"
duban-local destroy "$W2/i"
done_testing
