#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad statements of every kind, beside a well-behaved client all of whose statements are acknowledged
# at the first try. For each: status, code, retry, and that nothing is stored that should not be.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2
enrol u001 --unit u001
enrol u002 --unit u002 --alg ed25519
enrol u005 --unit u005
enrol good --unit u003
good_start good u003
others=$(sql "select name from duban.task t where not exists (select from duban.assignment a where a.task = t.name and (a.code = 'u001' or a.roster)) order by plan, ordinal limit 1")
relay python3 "$HOSTILE/statements.py" "$W" u003 "$(led_task u001)" "$others"
good_on "after all of this"
good_end
is "$(sql 'select count(*) = max(index) + 1 from duban.log_entry')" t "the log has no gap"
is "$(sql 'select count(*) from (select 1 from duban.statement group by key, seq having count(*) > 1) x')" 0 "no place is taken twice"
run duband -c "$I/duband.conf" --test-clock check
is "$STATUS" 0 "duband check finds nothing wrong"
stop_clean
done_testing
