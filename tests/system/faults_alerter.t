#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The alerter killed (SIGKILL) at random moments, KILLS times, while statements arrive, deadlines pass and
# messages go out: each alert exists once, is on the stream once, and goes out under one stable id.
#     KILLS=1000 tests/system/faults_alerter.t         # six minutes; make check kills fewer
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/channels.sh"
. "$SYSTEM/faults.sh"
KILLS=${KILLS:-10}
DUE=$((KILLS * 12)) # obligations, four at an instant
${MAKE:-make} -s -C "$SOURCE" BUILD="$BUILD" "$BUILD/tests/system/killed" >"$W/make" 2>&1 || bail "killed does not build: $(tail -n 3 "$W/make")"
certificates "$W/pki"
sink https https_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key" --pause 40
mkdir "$W/secrets"
printf 'whsec_%s\n' "$(head -c 32 /dev/urandom | base64)" >"$W/secrets/platform"
chmod 600 "$W/secrets/platform"
instance_start --now "$NOW" --plan "$SAMPLE" --set "webhook-secrets=$W/secrets" --set "webhook-ca=$W/pki/ca.pem" --set delivery-timeout=2
cat >"$W/channels.conf" <<END
channel "platform" { name = "平台" kind = "webhook" url = "https://127.0.0.1:$SINK_PORT/duban" detail = "titles" }
post "office" { name = "督查室" role = "office" holder "甲" { } channels = { "platform", "stream" } }
END
operator registry apply --yes "$W/channels.conf" >/dev/null || bail "registry"

# duband's own alerter cannot log in from now on; what is killed is the same program
cp "$I/duband.conf" "$W/alerter.conf"
{ grep -v '^alerter-user' "$W/alerter.conf" && echo 'alerter-user = "nobody"'; } >"$I/duband.conf"
kill -HUP "$(cat "$DUBAN_PIDFILE")"
alerters() { super "select count(*) from pg_stat_activity where usename = 'duban_alerter'"; }
alone() { (($(alerters) == 0)); }
ok "duband is without an alerter" eventually 20 alone

curl -sSN --noproxy '*' --cacert "$DUBAN_CA" --cert "$DUBAN_OPERATOR_HOME/client.pem" --key "$DUBAN_OPERATOR_HOME/client.key" \
    "$DUBAN_URL/v1/alerts/stream" >"$W/stream" 2>/dev/null &
CHILDREN+=($!)
load_start u001
sql "with t as (select t.name, t.accountable as unit, row_number() over (order by t.name) - 1 as n, count(*) over () as all from duban.task t
           join duban.post c on c.code = t.accountable || '-contact' join duban.post h on h.code = t.accountable || '-head'),
     k as (select g, g % t.all as nth, t.all from generate_series(0, $DUE - 1) g cross join (select t.all from t limit 1) t),
     o as (insert into duban.obligation (task, period, unit, opens, due, cutoff)
           select t.name, 'K' || k.g, t.unit, duban.now(), x.at, x.at from k join t on t.n = k.nth
            cross join lateral (select duban.now() + (2 + k.g / 4 * 0.08) * interval '1 second' as at) x returning *)
     insert into duban.agenda (task, period, unit, at) select o.task, o.period, o.unit, o.cutoff from o" -U postgres || bail "no deadlines"
mkfifo "$W/hold"
# shellcheck disable=SC2034
exec {hold}<>"$W/hold" # the last one lives until the end
"$BUILD/tests/system/killed" "$W/alerter.conf" "$KILLS" <"$W/hold" >"$W/killed" 2>"$W/killed.log" &
CHILDREN+=($!)
over() { [[ -s $W/killed ]]; }
ok "$KILLS kills" eventually $((KILLS + 60)) over
is "$(<"$W/killed")" "$KILLS" "… each hit an alerter that ran"
raised() { (($(sql "select count(*) from duban.verdict where period like 'K%' and silence") == DUE)); }
ok "each of $DUE deadlines has its verdict" eventually 60 raised
delivered() { (($(sql "select count(*) from duban.delivery where state = 'waiting'") == 0)); }
ok "what one left behind the next one sends" eventually 90 delivered
diag "raised while it was being killed: $(grep -c 'raised items' "$W/killed.log") runs; attempts: $(sql 'select count(*) from duban.delivery_attempt') of $(sql 'select count(*) from duban.delivery') messages"

case_='duban."case" c using ("case") where c.period like '"'K%'"
is "$(sql "select count(*), count(distinct (task, period, unit)) from duban.\"case\" where period like 'K%'")" "$DUE|$DUE" "one case each"
is "$(sql "select count(*) from (select 1 from duban.alert a join $case_ group by c.\"case\", c.unit having array_agg(a.post order by a.post) <> array['office', c.unit || '-contact', c.unit || '-head']
    or count(distinct a.entry) > 1) x")" 0 "each with its three alerts, no more, no fewer"
is "$(sql 'select (select count(*) from duban.missing_alerts) + (select count(*) from duban.missing_verdicts) + (select count(*) from duban.stuck_deliveries)')" 0 \
    "missing_alerts, missing_verdicts and stuck_deliveries are empty"
is "$(sql "select count(*) from (select y.last, (select count(distinct a.number) from duban.alert a where a.number like y.kind || '〔' || y.year || '〕%') as n from duban.alert_number y) x where n <> last")" 0 \
    "printed numbers have no gap"
is "$(sql 'select l.events - (select count(*) from duban.alert) - (select count(*) from duban.closing) from duban.log_lock l')" 0 "nor have the events"

grep -a '^id: ' "$W/stream" | tr -d '\r' | cut -c 5- >"$W/ids"
sql "select alert from duban.alert a join $case_ order by 1" >"$W/alerts"
seen() { grep -a '^id: ' "$W/stream" | tr -d '\r' | cut -c 5- | sort >"$W/ids" && [[ -z $(comm -13 "$W/ids" <(sort "$W/alerts")) ]]; }
ok "the stream had each" eventually 20 seen
is "$(uniq -d "$W/ids" | wc -l)" 0 "… none twice"

jq -r '.headers."webhook-id"' "$W/https/requests" | sort >"$W/hooked"
sql "select delivery from duban.delivery where state = 'sent' order by 1" | sort >"$W/sent"
is "$(comm -3 <(sort -u "$W/hooked") "$W/sent" | wc -l)" 0 "the server got each message under its id, and no other ($(uniq -d "$W/hooked" | wc -l) of $(wc -l <"$W/sent") more than once)"
is "$(sql "select count(*) from duban.alert a join $case_ and a.post = 'office' and 1 <> (select count(*) from duban.delivery d
    where d.bundle = a.bundle and a.alert between d.first_alert and d.last_alert)")" 0 "each alert of the office is part of one message"
is "$(jq -s '[group_by(.headers."webhook-id")[] | map(.body | fromjson | .data.alerts | map(.alert)) | unique | select(length > 1)] | length' "$W/https/requests")" 0 "what came again said the same"
load_end
done_testing
