# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: BSD-2-Clause
# For tests of ladders: three units whose cases climb to a leader. Source it after lib.sh.

task_of() { # UNIT: its first task that has a leader with a post
    sql "select t.name from duban.task t join duban.task_leader l on l.task = t.name join duban.post p on p.code = l.code where accountable = '$1' order by t.ordinal limit 1"
}

ladder_units() { # three such units in A, B and C, a task of each in TA, TB and TC; the first two and the office are enrolled as a, b and office
    local units
    mapfile -t units < <(sql "select distinct accountable from duban.task t where accountable is not null and
        exists (select from duban.task_leader l join duban.post p on p.code = l.code where l.task = t.name) order by 1 limit 3")
    A=${units[0]} B=${units[1]} C=${units[2]}
    TA=$(task_of "$A") TB=$(task_of "$B") TC=$(task_of "$C")
    enrol a --unit "$A"
    enrol b --unit "$B"
    enrol office --post office
}
