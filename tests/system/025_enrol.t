#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# duban-local enrol: every kind of identity, every algorithm, each with its database login.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
reads() { psql -XqAt -h "$DUBAN_PGHOST" -d duban -U "$1" -c 'select count(distinct task) from duban.v_ledger'; }
for alg in ecdsa-p256 ed25519 sm2; do
    run duban-local enrol "$I" --unit u001 --alg "$alg" --home "$W/$alg"
    is "$STATUS$ERR" 0 "a unit with $alg"
    for file in client.pem client.key sign.key duban.conf; do
        ok "… $file" test -s "$W/$alg/$file"
    done
    is "$(stat -c %a "$W/$alg/sign.key")" 600 "… its key is private"
    run as "$alg" --json report "$(led_task u001)" --period 2022Q1 --status on-track
    is "$STATUS" 0 "… reports"
done
openssl pkey -in "$W/sm2/sign.key" -noout -text 2>/dev/null | grep -qi sm2
result $? "the sm2 key is one"
run duban-local enrol "$I" --unit "$(sql "select name from duban.unit where code = 'u002'")" --home "$W/name"
is "$STATUS" 0 "a unit by its name"
is "$(reads u002)" "$(sql "select count(distinct task) from duban.assignment where code = 'u002'")" "… has the login of its code"
run duban-local enrol "$I" --post leader-01 --home "$W/leader"
is "$STATUS" 0 "a post"
is "$(reads leader_01)" "$(sql "select count(distinct task) from duban.task_leader where code = 'leader-01'")" "… reads what it supervises (leader_01)"
run duban-local enrol "$I" --operator --home "$W/op"
is "$STATUS" 0 "an operator"
is "$(reads operator)" "$(sql 'select count(*) from duban.task')" "… reads everything"
run as op registry export
is "$STATUS" 0 "… and may export the registry"
before=$(entries)
run duban-local enrol "$I" --unit nowhere --home "$W/nowhere"
is "$STATUS" 5 "an unknown unit"
like "$ERR" nowhere "… is named"
is "$(entries)" "$before" "… nothing is registered"
run duban-local enrol "$I" --unit u003 --home "$W/op"
is "$STATUS" 5 "a HOME that is taken is refused"
for wrong in "" "--unit" "--unit u001 --post office" "--home" "--unit u001" "--alg rsa --unit u001 --home $W/rsa"; do
    # shellcheck disable=SC2086
    run duban-local enrol "$I" $wrong
    like "$STATUS" '^[25]$' "enrol ${wrong:-with nothing}: refused"
done
is "$(entries)" "$before" "… nothing is registered"
# what runs out is owed by its owner, and chased
is "$(sql "select string_agg(distinct kind || ' ' || owner, ', ' order by kind || ' ' || owner) from duban.v_credential where owner in ('office', 'u001', 'leader-01')")" \
    "calendar office, client leader-01, client office, client u001" "certificates and the calendar have owners"
sql "select format('key \"%s\" { spki = \"%s\" alg = \"%s\" for = \"u001\" until = \"2022-04-30T00:00:00+08:00\" }', encode(key, 'hex'), translate(encode(spki, 'base64'), E'\\n', ''), alg)
    from duban.signing_key where code = 'u001' order by id limit 1" >"$W/until.conf"
run as op registry apply "$W/until.conf" --yes
is "$STATUS" 0 "a key gets an end"
is "$(sql "select due - expires < interval '-13 days' and due - expires > interval '-15 days' from duban.v_credential where kind = 'key'")" t "to be renewed at half time, for it is short"
clock 2022-04-16T12:00:00+08:00
like "$(sql "select string_agg(a.kind || ' ' || a.post, ', ' order by a.post) from duban.alert a join duban.\"case\" c using (\"case\") where c.task like 'key/%' and a.level = 1")" '^expiring office, expiring u001-contact$' "nobody does: owner and office are told"
run timeout 5 duban --home "$W/op" --lang en watch --since "$(sql "select min(a.alert) - 1 from duban.alert a join duban.\"case\" c using (\"case\") where c.task like 'key/%' and a.level = 1")"
like "$OUT" 'runs out' "duban watch says so"
like "$OUT" 'u001 has not renewed its signing key' "… and which"
duban-local enrol "$I" --unit u001 --home "$W/again" || bail "no new key"
is "$(sql "select state || ' ' || verdict from duban.v_credential where kind = 'key'")" "renewed late" "a new key settles it"
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
like "$OUT" " 0 differences" "the log gives the same again" || diag "$(head -n 20 <<<"$OUT$ERR")"
duban-local stop "$I"
run duban-local enrol "$I" --unit u004 --home "$W/late"
is "$STATUS" 5 "the instance is stopped"
like "$ERR" 'duban-local start' "… and how to start it"
done_testing
