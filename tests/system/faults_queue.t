#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# More statements at once than may wait to be recorded, while the database stands still: they wait on their
# connections and are recorded when it goes on. Refusing the middle of a request made its client repeat all of it, and
# the repetition cost more than it brought.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
CONNECTIONS=128 ENVELOPES=64
held() { [[ $(super "select count(*) > 0 from pg_locks where relation = 'duban.log_lock'::regclass and mode = 'RowShareLock'") == t ]]; }

I=$W/i
INSTANCES+=("$I")
run env OBLIGATIONS=10000 KEYS=$CONNECTIONS DUE=1 SHARED_BUFFERS=128MB MIN_WAL=80 OUT="$W/out" "$SOURCE/bench/instance.sh" start "$I"
is "$STATUS" 0 "an instance" || bail "$ERR"
instance_env "$I"
{ echo 'begin; select 1 from duban.log_lock for update;' && sleep 3; } | psql -Xq -h "$DUBAN_PGHOST" -U postgres -d duban >/dev/null &
holder=$!
ok "the log lock is held" eventually 5 held
run "$BUILD/bench/load" run "$I/keys" --url "$DUBAN_URL" --ca "$DUBAN_CA" --aud "$DUBAN_AUD" --vkey "${DUBAN_LOG_VKEY%% *}" \
    --cert "$DUBAN_OPERATOR_HOME/client.pem" --key "$DUBAN_OPERATOR_HOME/client.key" --tasks 20 --periods 2022Q1,2022Q2,2022Q3,2022Q4 \
    --connections $CONNECTIONS --envelopes $ENVELOPES --requests 2 --warmup 0 --seconds 30
is "$STATUS" 0 "the load ran"
wait "$holder"
is "$(field "$OUT" .acknowledged)" "$(super 'select count(*) from duban.statement where payload_type like '\''%report%'\''')" "all that is stored is acknowledged"
ok "… and it is all that was sent" test "$(field "$OUT" .acknowledged)" -ge $((CONNECTIONS * ENVELOPES))
is "$(field "$OUT" .refused)" '{}' "nothing was refused"
is "$(field "$OUT" .repeated)" 0 "nothing was sent twice"
ok "the server is well" test "$(curl -s -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/readyz")" = 200
stop_clean
done_testing
