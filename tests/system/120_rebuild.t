#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ledger is a function of the log: duband rebuild --compare finds the same rows, and says so
# when a row was changed by hand.
. "$(dirname "$0")/lib.sh"
duband --help 2>&1 | grep -q rebuild || skip_all "duband rebuild is not in this version"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002
enrol office --post office
as u001 report "$(led_task u001)" --status on-track --progress 10 >/dev/null || bail "no report"
as u001 report "$(led_task u001)" --period 2022Q1 --status at-risk --progress 20 >/dev/null || bail "no correction"
clock 2022-04-08T17:31:00+08:00
as u002 report "$(led_task u002)" --period 2022Q1 --status "done" --progress 100 >/dev/null || bail "no late report"
alert=$(sql "select min(alert) from duban.alert where post = 'office'")
as office ack "$alert" --comment 已知悉 >/dev/null || bail "no acknowledgement"
clock +10d
rebuild() { run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare; }
rebuild
is "$STATUS" 0 "rebuilt from the log alone, the ledger has the same rows"
diag "$(tail -n 5 <<<"$OUT$ERR")"
for change in "update duban.verdict set verdict = 1 where verdict = 2" \
    "delete from duban.alert where alert = $alert" \
    "update duban.task_state set progress = 99" \
    "update duban.obligation set due = due + interval '1 day' where unit = 'u001'"; do
    super "create table duban.saved as select * from $(grep -oE 'duban\.[a-z_]+' <<<"$change" | head -n 1)"
    super "$change"
    rebuild
    isnt "$STATUS" 0 "changed by hand: $change"
    table=$(grep -oE 'duban\.[a-z_]+' <<<"$change" | head -n 1)
    super "delete from $table; insert into $table select * from duban.saved; drop table duban.saved"
done
rebuild
is "$STATUS" 0 "put back: the same rows again"
done_testing
