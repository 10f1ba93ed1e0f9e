#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/views.sh: how long each documented view takes for one unit, one leader, and one unit seen by the office, in
# a throw-away cluster with TASKS (1000000) tasks of UNITS (4000) units under LEADERS (4000) leaders. Prints one line
# of JSON a view: milliseconds, the median of RUNS (5) after a warm-up; results in build/bench/results/views.jsonl.
# The goal is 50 ms. PAST=1 measures duban_asof instead.
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
# each query is planned anew, as a person's would be
measure=$(
    cat <<'SQL'
create temp table figure (view text, who text, ms numeric, rows bigint);
grant all on figure to public;
create function pg_temp.measure(p_who text, p_schema text, p_view text, p_where text, p_runs int) returns void language plpgsql as $$
declare
    t timestamptz;
    n bigint;
    ms numeric[] := '{}';
begin
    for i in 0 .. p_runs loop
        t := clock_timestamp();
        execute format('select count(x::text) from %I.%I x %s', p_schema, p_view, p_where) into n;
        if i > 0 then
            ms := ms || (extract(epoch from clock_timestamp() - t) * 1000)::numeric;
        end if;
    end loop;
    insert into figure select p_view, p_who, percentile_cont(0.5) within group (order by m), n from unnest(ms) m;
end $$;
set timezone = 'Asia/Shanghai';
select set_config('duban.as_of', '99', false);
SQL
)
views=$(run -c "select c.relname || ' ' || exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'unit') from pg_class c
    where c.relnamespace = 'duban'::regnamespace and c.relkind = 'v' and has_table_privilege('duban_reader', c.oid, 'select') order by 1")
{
    printf '%s\n' "$measure"
    for who in unit leader office; do
        echo "set session authorization bench_$who;"
        while read -r view unit; do
            where=
            if [[ $who == office ]]; then
                [[ $unit == t* ]] || continue # what is not by unit is seen by those whose it is
                where="where unit = ''v00001''"
            fi
            echo "select pg_temp.measure('$who', '${PAST:+duban_asof}${PAST:-duban}', '$view', '$where', $RUNS);"
        done <<<"$views"
        echo "reset session authorization;"
    done
    echo "select json_build_object('view', view, 'who', who, 'ms', round(ms, 1), 'rows', rows) from figure order by ms desc;"
} | sed "s/duban_asof1/duban_asof/" | run -f - | grep '^{' | tee "$OUT/views.jsonl"
