#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Channels against real servers: mail by STARTTLS, signed webhooks, a spool with a hook; bundles,
# threads, languages; a test takes the way of a real alert.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/channels.sh"
certificates "$W/pki"
sink smtp smtp_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key" --login duban:geheim
SMTP=$SINK_PORT
sink https https_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key"
HTTPS=$SINK_PORT
mkdir -p "$W/secrets" "$W/spool" "$W/hooks"
secret=whsec_$(openssl rand -base64 24)
printf '%s\n' "$secret" >"$W/secrets/platform"
printf 'duban:geheim\n' >"$W/login"
chmod 600 "$W/secrets/platform" "$W/login"
cat >"$W/hooks/sms" <<'HOOK'
#!/bin/sh
cat "$1" >>"$DUBAN_HOOK_DIR/../hooked"
echo "$DUBAN_CHANNEL $DUBAN_POST $DUBAN_ATTEMPT" >>"$DUBAN_HOOK_DIR/../hooked.log"
HOOK
chmod 755 "$W/hooks/sms"
instance_start --now "$NOW" --plan "$SAMPLE" --set "mail-server=127.0.0.1:$SMTP" --set mail-from=duban@city.example \
    --set "mail-credentials=$W/login" --set "mail-ca=$W/pki/ca.pem" --set "webhook-secrets=$W/secrets" \
    --set "webhook-ca=$W/pki/ca.pem" --set "spool-dir=$W/spool" --set "hook-dir=$W/hooks" --set delivery-timeout=3 --set hook-timeout=3
mapfile -t units < <(sql "select accountable from duban.task where accountable is not null group by 1 order by count(*) desc, 1 limit 1")
A=${units[0]}
cat >"$W/channels.conf" <<EOF2
channel "files" { name = "文件" kind = "spool" }
channel "sms" { name = "短信" kind = "spool" detail = "count" }
channel "mail" { name = "电子邮件" kind = "mail" detail = "full" fallback = "sms" }
channel "platform" { name = "平台" kind = "webhook" url = "https://127.0.0.1:$HTTPS/duban" detail = "titles" }
post "office" { name = "督查室" role = "office" holder "甲" { } channels = { "mail", "platform", "sms", "files", "stream" } }
post "$A-contact" { name = "联络员" role = "contact" unit = "$A" holder "乙" { } channels = { "mail" } lang = "en" }
contact "office" { name = "甲" phone = "555-0100" mail = "office@city.example" }
contact "$A-contact" { name = "乙" phone = "555-0101" mail = "contact@a.example" }
EOF2
run operator registry apply --yes "$W/channels.conf"
is "$STATUS" 0 "channels, posts and contacts are registered"
run operator registry export
like "$OUT" 'channels = \{ ?"mail"' "the registry as text shows channels"
like "$OUT" 'fallback = "sms"' "… and their stand-ins"
super 'create database bare' >/dev/null || bail "no empty database"
sed "s/dbname=$DUBAN_PGDATABASE/dbname=bare/" "$I/duband.conf" >"$I/bare.conf"
run "$BUILD/duband" -c "$I/bare.conf" check
is "$(grep -c 'WRONG.*schema' <<<"$OUT")" 1 "a database that was not migrated is said once, with the remedy"
like "$OUT" 'no schema duban for this user: run duband migrate' "… which is this"
super 'drop database bare' >/dev/null
run "$BUILD/duband" -c "$I/duband.conf" check
unlike "$OUT" "mail-server.*(wrong|cannot)" "check is content"

# a test, through everything
run operator alert --test office --text '请忽略：测试'
is "$STATUS" 0 "a test alert is signed and sent"
ok "a mail arrives" eventually 20 has_mails 1
ok "a webhook arrives" eventually 20 has_requests 1
ok "everything is recorded as sent" eventually 20 has_state "bundle like 'T-office-%'" "sent spooled, sent sent, sent sent, sent sent"
mail=$W/smtp/1.eml
is "$(header "$mail" To)" "office@city.example" "to the contact's address"
like "$(header "$mail" Subject)" "【测试】.*渠道测试 测试〔2022〕1号" "the subject in Chinese, decoded"
unlike "$(sed '/^\r*$/q' "$mail" | tr -d '\r')" '[^ -~	]' "… and pure ASCII on the wire"
id=$(sql "select delivery from duban.v_delivery where channel = 'mail'")
is "$(header "$mail" Message-ID)" "<$id@city.example>" "the Message-ID is the delivery's id"
like "$(part "$mail" plain)" "请忽略：测试" "text"
like "$(part "$mail" html)" "<td>测试〔2022〕1号</td>" "and HTML"
like "$(cat "$W/smtp/log")" "office@city.example tls=1" "over TLS, after a login"
request=$(tail -n 1 "$W/https/requests")
body=$(jq -r .body <<<"$request")
stamp=$(jq -r '.headers."webhook-timestamp"' <<<"$request")
hook_id=$(jq -r '.headers."webhook-id"' <<<"$request")
want=$(printf '%s.%s.%s' "$hook_id" "$stamp" "$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(base64 -d <<<"${secret#whsec_}" | xxd -p -c 99)" -binary | base64)
is "$(jq -r '.headers."webhook-signature"' <<<"$request")" "v1,$want" "the webhook is signed"
is "$hook_id" "$(sql "select delivery from duban.v_delivery where channel = 'platform'")" "webhook-id is the delivery's id"
is "$(jq -r '.data.alerts[0].kind' <<<"$body")" test "it carries the alert"
is "$(jq -r '.data.count' "$W/hooked")" 1 "the hook got the file"
is "$(cat "$W/hooked.log")" "sms office 1" "… and its variables"
is "$(find "$W/spool/sms/new" -type f | wc -l)" 0 "a file that its hook has taken is gone"
is "$(find "$W/spool/files/new" -name '*.json' | wc -l)" 1 "without a hook the file stays"
is "$(find "$W/spool/sms/tmp" "$W/spool/files/tmp" -type f | wc -l)" 0 "nothing is left half-written"
run operator alerts --open
is "$STATUS" 0 "duban alerts"
run operator alerts
like "$OUT" "office.*mail sent" "alerts shows the deliveries"
run operator --json alerts
is "$(field "$OUT" '.[0].deliveries | length')" 4 "and so does the API"
run operator alert --test nobody
is "$STATUS" 1 "a post that does not exist is refused"
enrol a --unit "$A"
run as a alert --test office
is "$STATUS" 1 "a unit cannot test"
like "$ERR$OUT" "operator" "… and is told why"

# a real deadline: one mail a post, however many batches
mode https hang
clock 2022-04-08T17:31:00+08:00
n=$(sql "select count(*) from duban.alert where post = 'office' and kind = 'report-missing'")
ok "more alerts than one batch of raise has" test "$n" -gt 30
ok "the office's mail comes" eventually 20 has_state "channel = 'mail' and bundle like 'L1-office-%'" "sent sent"
is "$(sql "select count(*) from duban.v_delivery where channel = 'mail' and bundle like 'L1-office-%'")" 1 "one mail for all of them"
office=$(grep -l "^To: <office@" "$W"/smtp/*.eml | tail -n 1)
like "$(header "$office" Subject)" "【催办】$n 项 逾期未报送" "its subject counts them"
is "$(part "$office" plain | grep -c '^[0-9]*\. ')" "$n" "and lists every one"
contact=$(grep -l "^To: <contact@" "$W"/smtp/*.eml | tail -n 1)
like "$(header "$contact" Subject)" "^\[Overdue\]" "the contact reads English"
like "$(part "$contact" plain)" "To acknowledge: duban ack --bundle L1-$A-contact-" "and is told how to answer"
is "$(state "channel = 'platform' and bundle like 'L1-%'")" waiting "a webhook that hangs held none of them"
ok "it ends by time" eventually 20 has_state "channel = 'platform' and bundle like 'L1-%'" "waiting timeout"
mode https 200
clock +2m
ok "and arrives later" eventually 20 has_state "channel = 'platform' and bundle like 'L1-%'" "sent sent"
is "$(grep -c "$(sql "select delivery from duban.v_delivery where channel = 'platform' and bundle like 'L1-%'")" "$W/https/requests")" 2 "under the same id"
is "$(sql 'select count(*) from duban.stuck_deliveries')" 0 "nothing is stuck"
# threads: the case's next notice to the same post refers to the case
case1=$(sql "select \"case\" from duban.alert where post = '$A-contact' and level = 1 order by alert limit 1")
like "$(header "$contact" References)" "<case.$case1@city.example>" "mails are threaded by case"
unlike "$(cat "$I/log/duband.log")" "geheim|whsec_|office@city" "no secret and no address in the log"
like "$(curl -s "$DUBAN_ADMIN_URL/metrics")" "duban_dead_deliveries 0" "figures for the monitor"

# closing: who was told is told once, in one message
n=$(sql "select count(*) from duban.\"case\" where unit = '$A' and closed is null and period <> '-' and level > 0")
while read -r task period; do
    as a report "$task" --period "$period" --status on-track >/dev/null || diag "no report of $task"
done < <(sql "select task, period from duban.\"case\" where unit = '$A' and closed is null and period <> '-'" -F ' ')
clock +16m
ok "a quarter of an hour later the office is told" eventually 80 has_state "channel = 'mail' and bundle like 'C-office-%'" "sent sent"
closed=$(grep -l "^Message-ID: <$(sql "select delivery from duban.v_delivery where channel = 'mail' and bundle like 'C-office-%'")@" "$W"/smtp/*.eml)
like "$(header "$closed" Subject)" "【解除】$n 项 已报送" "in one message for all"

# another way than by our own tables: everything that counts follows from the log
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "channels and test alerts are made again from the log"
done_testing
