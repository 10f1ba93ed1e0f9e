#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The last day of a quarter in 20 seconds (bench/reporting_day.sh), with PostgreSQL and a receiver killed
# on the way: nothing lost, every verdict right, every silence announced, the ledger follows from the log.
. "$(dirname "$0")/lib.sh"
COUNTIES=4 DAY_TASKS=25 DAY_SECONDS=20 SHARED_BUFFERS=128MB CHAOS=1 OUT=$W/out BENCH_DIR=$W \
    run "$SOURCE/bench/reporting_day.sh"
is "$STATUS" 0 "the day ends well" || diag "$ERR" $'\n'"$(tail -n 5 "$W"/out/reporting_day.d/*.log 2>/dev/null)"
R=$W/out/reporting_day.json
number() { jq -r "$1" "$R" 2>/dev/null; }
is "$(number '.acknowledged - .statements')" 0 "every statement has a receipt that verifies"
is "$(number '.on_time + .late + .silent')" 100 "on time, late, silent: every task"
ok "some were late" test "$(number .late)" -gt 0
is "$(number '[.faults[]] | add')" 0 "no fault in the database" || diag "$(number .faults)"
ok "clients had to try again" test "$(number '[.curve[].retries] | add')" -gt 0
done_testing
