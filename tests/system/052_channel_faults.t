#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Channels whose other side refuses, stalls, lies or is away: what is tried again, what is not, what
# stands in; nothing is lost, nothing is doubled under another id; one channel never holds another.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/channels.sh"
certificates "$W/pki"
certificates "$W/wrong"
cp "$W/pki/ca.pem" "$W/ca.pem"
cp "$W/pki/ca.pem" "$W/hook-ca.pem"
mail_sink() { # [OPTION...]: on the same port each time
    sink smtp smtp_sink.py ${SMTP:+--port "$SMTP"} "$@"
    SMTP=$SINK_PORT SMTP_PID=$SINK_PID
}
TLS=(--cert "$W/pki/sink.pem" --key "$W/pki/sink.key" --login duban:geheim)
mail_sink "${TLS[@]}"
sink https https_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key"
HTTPS=$SINK_PORT
mkdir -p "$W/secrets" "$W/spool" "$W/hooks"
printf 'whsec_%s\n' "$(openssl rand -base64 24)" >"$W/secrets/platform"
printf 'duban:geheim\n' >"$W/login"
cat >"$W/hooks/sms" <<'HOOK'
#!/bin/bash
read -r what <"$DUBAN_HOOK_DIR/../hook-mode"
echo "$DUBAN_POST $DUBAN_ATTEMPT" >>"$DUBAN_HOOK_DIR/../hooked"
case $what in
    sleep) sleep 3600 & echo $! >"$DUBAN_HOOK_DIR/../sleeper"; wait ;;
    *) echo "says $what"; exit "$what" ;;
esac
HOOK
chmod 755 "$W/hooks/sms"
hook() { printf '%s\n' "$1" >"$W/hook-mode"; }
hook 0
instance_start --now "$NOW" --plan "$SAMPLE" --set "mail-server=127.0.0.1:$SMTP" --set mail-from=duban@city.example \
    --set "mail-credentials=$W/login" --set "mail-ca=$W/ca.pem" --set "webhook-secrets=$W/secrets" \
    --set "webhook-ca=$W/hook-ca.pem" --set "spool-dir=$W/spool" --set "hook-dir=$W/hooks" --set delivery-timeout=2 --set hook-timeout=1
cat >"$W/channels.conf" <<EOF2
channel "sms" { name = "短信" kind = "spool" detail = "count" }
channel "mail" { name = "电子邮件" kind = "mail" fallback = "sms" }
channel "letter" { name = "电子邮件二" kind = "mail" }
channel "platform" { name = "平台" kind = "webhook" url = "https://127.0.0.1:$HTTPS/duban" }
post "chief" { name = "市长" role = "chief" holder "丁" { } channels = { "mail" } }
post "leader-91" { name = "甲" role = "leader" holder "甲" { } channels = { "letter" } }
post "leader-92" { name = "乙" role = "leader" holder "乙" { } channels = { "platform" } }
post "leader-93" { name = "丙" role = "leader" holder "丙" { } channels = { "sms" } }
post "leader-94" { name = "戊" role = "leader" holder "戊" { } channels = { "letter", "platform", "sms" } }
contact "chief" { name = "丁" mail = "chief@city.example" }
contact "leader-91" { name = "甲" mail = "one@city.example" }
contact "leader-94" { name = "戊" mail = "four@city.example" }
EOF2
operator registry apply --yes "$W/channels.conf" >/dev/null || bail "registry"
T='' # where of the last test's deliveries
try() { # POST: a test alert to it
    operator alert --test "$1" >/dev/null || bail "alert --test $1"
    T="post = '$1' and bundle = (select bundle from duban.alert where post = '$1' order by alert desc limit 1)"
    TRIED=0
}
tried() { sql "select count(*) from duban.delivery_attempt where delivery in (select delivery from duban.v_delivery where $T)"; }
came_to() { (($(tried) > TRIED)) && has_state "$T" "$1"; }
comes_to() { # STATE NAME: after another attempt
    ok "$2" eventually 20 came_to "$1" || diag "$(state "$T")"
}
later() { # another attempt falls due, whatever the back-off
    TRIED=$(tried)
    clock +76m
}
history() { sql "select string_agg(a.reason, ' ' order by a.attempt) from duban.delivery_attempt a join duban.v_delivery d using (delivery) where $T"; }
arrived() { grep -l "^Message-ID: <$(sql "select delivery from duban.v_delivery where $T")@" "$W"/smtp/*.eml 2>/dev/null | wc -l; }

# ---- mail ---------------------------------------------------------------------------------------
mode smtp refuse
try chief
comes_to "dead smtp-550, sent sent" "550 to the address: dead, and the stand-in has it"
is "$(sql 'select count(*) from duban.stuck_deliveries')" 0 "… so nothing is stuck"
try leader-91
comes_to "dead smtp-550" "without a stand-in it is a dead letter"
is "$(sql 'select why from duban.stuck_deliveries')" dead "… that shows"
like "$(curl -s "$DUBAN_ADMIN_URL/metrics")" "duban_dead_deliveries 2" "… also to the monitor"
is "$(mails)" 0 "and nothing was taken"
mode smtp accept
printf 'contact "leader-91" { name = "甲" mail = "new@city.example" }\n' >"$W/c.conf"
operator registry apply --yes "$W/c.conf" >/dev/null
ok "a new address opens it again" eventually 80 has_state "$T" "sent sent"
like "$(cat "$W/smtp/log")" "accept new@city.example" "… and it goes there"
mode smtp sender
try leader-91
comes_to "waiting smtp-550" "a refused sender is ours to mend: again later"
mode smtp content
later
comes_to "waiting smtp-554" "so is a refused text"
mode smtp greylist
later
comes_to "waiting smtp-451" "greylisted: again later"
mode smtp close
later
comes_to "waiting closed" "closed in the middle of the text: again later"
n=$(mails)
mode smtp unsure
later
comes_to "waiting closed" "taken and not answered: nobody knows"
is "$(mails)" $((n + 1)) "the server has it once"
mode smtp accept
later
comes_to "sent sent" "sent again"
is "$(header "$W/smtp/$((n + 1)).eml" Message-ID)" "$(header "$W/smtp/$((n + 2)).eml" Message-ID)" "under the same Message-ID"
is "$(history)" \
    "smtp-550 smtp-554 smtp-451 closed closed sent" "every attempt is in the record"
cp "$W/wrong/ca.pem" "$W/ca.pem"
lines=$(wc -l <"$W/smtp/log")
try leader-91
comes_to "waiting certificate" "a server with another's certificate gets nothing"
is "$(wc -l <"$W/smtp/log")" "$lines" "… not even the address"
cp "$W/pki/ca.pem" "$W/ca.pem"
printf 'duban:falsch\n' >"$W/login"
later
comes_to "waiting login" "a wrong password is said"
printf 'duban:geheim\n' >"$W/login"
kill -KILL "$SMTP_PID"
later
comes_to "waiting connect" "nobody there"
mail_sink
later
comes_to "waiting no-tls" "a server without STARTTLS gets nothing"
is "$(wc -l <"$W/smtp/log")" "$lines" "… not even the address"
kill -KILL "$SMTP_PID"
mail_sink "${TLS[@]}"
later
comes_to "sent sent" "and when all is well it goes"

# ---- one channel holds no other ---------------------------------------------------------------------
mode smtp stall
mode https hang
hook sleep
try leader-94
comes_to "waiting timeout, waiting timeout, waiting hook-timeout" "three dead ends end by time"
ok "a hook that hangs is killed with all it started" gone "$(cat "$W/sleeper")"
mode smtp accept
for _ in 1 2 3 4 5 6; do try leader-92; done # more than there are places
start=$EPOCHREALTIME
try leader-91
comes_to "sent sent" "a webhook that hangs does not hold mail"
ok "not for a second" test "$(bc <<<"$EPOCHREALTIME - $start < 1.5")" = 1

# ---- webhook -------------------------------------------------------------------------------------
mode https 200
hook 0
for _ in 1 2 3 4; do # one that was under way when the clock moved waits anew
    later
    eventually 6 has_state "channel = 'platform' and state = 'waiting'" - && break
done
mode https 500
try leader-92
comes_to "waiting http-500" "500: again later"
mode https "429 7200"
later
comes_to "waiting http-429" "429: later"
is "$(sql "select next_at - tried between interval '7195 s' and interval '7205 s' from duban.v_delivery where $T")" t "… not before Retry-After"
mode https redirect
TRIED=$(tried)
clock +121m
comes_to "waiting redirect" "a redirect is not followed"
unlike "$(cat "$W/https/requests")" '"path": "/elsewhere"' "… indeed"
cp "$W/wrong/ca.pem" "$W/hook-ca.pem"
later
comes_to "waiting certificate" "another's certificate gets nothing"
cp "$W/pki/ca.pem" "$W/hook-ca.pem"
mv "$W/secrets/platform" "$W/secrets/aside"
n=$(requests)
later
comes_to "waiting no-secret" "nothing leaves unsigned"
is "$(requests)" "$n" "… indeed"
mv "$W/secrets/aside" "$W/secrets/platform"
mode https 410
later
comes_to "dead http-410" "410: never again"
retry() { run env PGUSER=duban_owner duband -c "$I/duband.conf" retry "$@"; }
DEAD=$(sql "select delivery from duban.v_delivery where $T")
mode https 200
retry
like "$STATUS $OUT" "^0.*$DEAD  leader-92 by platform: dead, http-410 after" "… it is listed for who runs the service"
retry nope "$DEAD"
is "$STATUS" 1 "a message that does not exist"
like "$ERR" 'no message nope .*duband retry' "… is named"
like "$OUT" "$DEAD is tried again" "the other is tried again"
ok "… and arrives" eventually 20 has_state "$T" "sent sent"
retry
unlike "$OUT" "$DEAD" "… and is not listed any more"

# ---- hooks ---------------------------------------------------------------------------------------
hook 75
try leader-93
comes_to "waiting hook-exit-75" "a hook may put off"
is "$(sql "select detail from duban.delivery_attempt a join duban.v_delivery d using (delivery) where $T")" "says 75 " "… and say why"
hook 0
later
comes_to "sent sent" "then it goes"
hook 67
try leader-93
comes_to "dead hook-exit-67" "or give up"
rm -rf "$W/spool/sms" && touch "$W/spool/sms"
hook 0
try leader-93
comes_to "waiting spool-write" "a spool that cannot be written is said"
rm "$W/spool/sms"
later
comes_to "sent sent" "and mended"

# ---- mail down for six hours -------------------------------------------------------------------------
unit=$(sql "select accountable from duban.task where accountable is not null group by 1 order by count(*), 1 limit 1")
cat >"$W/c.conf" <<EOF2
post "$unit-contact" { name = "联络员" role = "contact" unit = "$unit" holder "己" { } channels = { "letter" } }
contact "$unit-contact" { name = "己" mail = "six@city.example" }
post "office" { name = "督查室" role = "office" holder "甲" { } channels = { "letter" } }
contact "office" { name = "甲" mail = "office@city.example" }
EOF2
operator registry apply --yes "$W/c.conf" >/dev/null || bail "registry"
kill -KILL "$SMTP_PID"
clock 2022-04-08T17:31:00+08:00
T="post = '$unit-contact' and bundle like 'L1-%'"
TRIED=0
comes_to "waiting connect" "a deadline passes while mail is away"
for hour in 1 2 3 4 5 6; do
    later
    comes_to "waiting connect" "hour $hour"
done
is "$(sql "select string_agg(why, ' ') from duban.stuck_deliveries where $T")" failing "which shows"
mail_sink "${TLS[@]}"
later
comes_to "sent sent" "it arrives when mail is back"
is "$(arrived)" 1 "once"
is "$(history)" \
    "connect connect connect connect connect connect connect sent" "the history is complete"

# ---- what is over is not sent ------------------------------------------------------------------------
kill -KILL "$SMTP_PID"
clock 2022-07-07T17:31:00+08:00
T="post = '$unit-contact' and bundle like 'L1-%2022070%'"
TRIED=0
comes_to "waiting connect" "the next quarter, mail is away again"
enrol late --unit "$unit"
while read -r task period; do
    as late report "$task" --period "$period" --status on-track >/dev/null || diag "no report of $task"
done < <(sql "select task, period from duban.\"case\" where unit = '$unit' and closed is null and period <> '-'" -F ' ')
mail_sink "${TLS[@]}"
clock +76m
ok "the unit has reported meanwhile: nothing is sent" eventually 20 has_state "$T" "withdrawn over"
is "$(arrived)" 0 "… indeed"

# ---- the alerter is killed while it delivers ------------------------------------------------------------
mode smtp accept
posts=$(sql "select string_agg(code, ' ') from (select code from duban.post where role = 'contact' order by code limit 20) x")
for p in $posts; do
    sql "select format('post \"%s\" { name = \"n\" role = \"contact\" unit = \"%s\" holder \"x\" { } channels = { \"letter\", \"platform\" } } contact \"%s\" { name = \"x\" mail = \"%s@city.example\" }', code, unit, code, code) from duban.post where code = '$p'"
done >"$W/many.conf"
operator registry apply --yes "$W/many.conf" >/dev/null || bail "registry"
mode https 200
KILLS=${KILLS:-3} # how often; KILLS=1000 takes four hours
for ((i = 0; i < KILLS; i++)); do
    # shellcheck disable=SC2086
    operator alert --test $posts >/dev/null || bail "alert --test"
    sleep "0.0$((RANDOM % 90 + 10))"
    kill -KILL "$(sql "select max(split_part(by, '/', 2)::int) from duban.delivery_attempt where at = (select max(at) from duban.delivery_attempt)")"
    sleep $((KILLS > 4 ? 13 : 3)) # five crashes a minute would stop the daemon
done
rest() { [[ $(sql "select count(*) from duban.v_delivery where state = 'waiting' and bundle like 'T-%-contact-%'") == 0 ]]; }
ok "everything arrives, leases of the dead run out" eventually 60 rest
is "$(sql "select count(*) from duban.v_delivery where state <> 'sent' and bundle like 'T-%-contact-%'")" 0 "nothing is lost"
cat "$W"/smtp/*.eml | tr -d '\r' | sed -n 's/^Message-ID: <\(.*\)@.*/\1/p' | sort -u >"$W/got"
sql "select delivery from duban.v_delivery where channel = 'letter' and bundle like 'T-%-contact-%'" | sort >"$W/owed"
is "$(comm -13 "$W/got" "$W/owed" | wc -l)" 0 "each mail is there"
is "$(grep -c . "$W/owed")" $((20 * KILLS)) "all of them"
is "$(sql "select count(*) from (select delivery from duban.delivery_attempt where outcome = 'sent' group by 1 having count(*) > 1) x")" 0 "and recorded as sent once"
is "$(sql "select count(*) from duban.stuck_deliveries where bundle like 'T-%-contact-%'")" 0 "nothing is stuck"
done_testing
