#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/views.sh: how long each documented view takes for one unit and one leader by their own logins, one unit seen by
# the office, and one unit as the receiver reads for it, in a throw-away cluster with TASKS (1000000) tasks of UNITS
# (4000) units under LEADERS (4000) leaders. Prints one line of JSON a view: milliseconds, the median of RUNS (5) after
# a first call (first_ms: in a new session, plans unmade and most pages unread), least_ms, blocks read and the load of
# the machine; results in build/bench/results/views.jsonl. The goal is 50 ms. PAST=1 measures duban_asof instead.
set -Eeuo pipefail
cd -- "$(dirname -- "$0")/.."
BUILD=$(realpath -m -- "${BUILD:-build}")
OUT=${OUT:-$BUILD/bench/results}
TASKS=${TASKS:-1000000} UNITS=${UNITS:-4000} LEADERS=${LEADERS:-4000} RUNS=${RUNS:-5}
DIR=$(mktemp -d "${BENCH_DIR:-/var/tmp}/duban-views.XXXXXX")
mkdir -p "$OUT"
chmod 755 "$DIR"
trap 'tests/cluster.sh stop "$DIR"' EXIT
PGHOST=$(tests/cluster.sh start "$DIR")
export PGHOST PGPORT=5432 PGUSER=postgres
run() { psql -XqAt -v ON_ERROR_STOP=1 -d duban_template "$@"; }
run -c "alter system set shared_buffers = '64MB'" -c "alter system set max_wal_size = '4GB'" -c "select pg_reload_conf()" >/dev/null
echo "# seeding $TASKS tasks" >&2
run -v tasks="$TASKS" -v units="$UNITS" -v leaders="$LEADERS" -f bench/views.sql >&2
for who in unit leader office; do run -c "create role bench_$who login in role duban_reader"; done
run -c "create role bench_receiver login in role duban_receiver"
# each query is planned anew, as a person's would be
measure=$(
    cat <<'SQL'
create function pg_temp.measure(p_who text, p_schema text, p_view text, p_where text, p_runs int) returns json language plpgsql as $$
declare
    t timestamptz;
    n bigint;
    ms numeric[] := '{}';
    plan json;
    first numeric;
begin
    for i in 0 .. p_runs loop
        t := clock_timestamp();
        execute format('select count(x::text) from %I.%I x %s', p_schema, p_view, p_where) into n;
        if i > 0 then
            ms := ms || (extract(epoch from clock_timestamp() - t) * 1000)::numeric;
        else
            first := extract(epoch from clock_timestamp() - t) * 1000;
        end if;
    end loop;
    execute format('explain (analyze, buffers, timing off, format json) select x::text from %I.%I x %s', p_schema, p_view, p_where) into plan;
    return (select json_build_object('view', p_view, 'who', p_who, 'ms', round((percentile_cont(0.5) within group (order by m))::numeric, 1), 'least_ms', round(min(m), 1),
                                     'first_ms', round(first, 1), 'blocks', (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint, 'rows', n)
              from unnest(ms) m);
end $$;
set timezone = 'Asia/Shanghai';
select set_config('duban.as_of', '99', false);
SQL
)
views=$(run -c "select c.relname || ' ' || exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'unit') from pg_class c
    where c.relnamespace = 'duban'::regnamespace and c.relkind = 'v' and has_table_privilege('duban_reader', c.oid, 'select') order by 1")
schema=duban
[[ -z ${PAST:-} ]] || schema=duban_asof
for who in unit leader office receiver; do
    while read -r view unit; do
        where=
        if [[ $who == office ]]; then
            [[ $unit == t* ]] || continue # what is not by unit is seen by those whose it is
            where="where unit = ''v00001''"
        fi
        # a session of its own: what the first call costs is counted, too
        printf '%s\n' "$measure" "set session authorization bench_$who;" "select set_config('duban.client', 'v00001', false);" \
            "select pg_temp.measure('$who', '$schema', '$view', '$where', $RUNS);" |
            run -f - 2>/dev/null | grep '^{' | jq -c --arg load "$(cut -d' ' -f1 /proc/loadavg)" '. + {load: $load}' || true
    done <<<"$views"
done | tee "$OUT/views.jsonl"
jq -r 'select(.ms > 50) | "# above 50 ms: \(.who) \(.view) \(.ms)"' "$OUT/views.jsonl" >&2
