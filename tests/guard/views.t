#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How many blocks each documented view reads to answer for one unit, one leader, and one unit that the office asks for,
# in a ledger of 40,000 tasks of which 50 are theirs. A view that begins to read all instead of their rows shows here,
# however fast the machine is. Times with a million: bench/views.sh.
SOURCE_TESTS=$(cd -- "$(dirname -- "$0")/.." && pwd)
. "$SOURCE_TESTS/guard/lib.sh"

cluster
psql -XqAt -v tasks=40000 -v units=800 -v leaders=800 -f "$SOURCE/bench/views.sql" >/dev/null || bail "the ledger was not filled"
for who in unit leader office; do psql -XqAt -c "create role bench_$who login in role duban_reader"; done
psql -XqAt -c 'create role bench_receiver login in role duban_receiver'

{ # blocks of each view, as "WHO VIEW BLOCKS"
    cat <<'END'
create temp table figure (who text, view text, blocks bigint);
grant insert on figure to public;
create function pg_temp.measure(p_who text, p_view text, p_where text) returns void language plpgsql as $$
declare
    plan json;
begin
    execute format('explain (analyze, buffers, timing off, format json) select x::text from duban.%I x %s', p_view, p_where) into plan;
    insert into figure values (p_who, p_view, (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint);
end $$;
set timezone = 'Asia/Shanghai';
END
    for who in unit leader office receiver; do
        echo "set session authorization bench_$who;"
        [[ $who != receiver ]] || echo "select set_config('duban.client', 'v00001', false);"
        # the first call of a session also fills its caches
        for _ in 1 2; do
            psql -XqAt -c "select format('select pg_temp.measure(%L, %L, %L);', '$who', c.relname,
                case when '$who' <> 'office' then '' else 'where unit = ''v00001''' end) from pg_class c
                where c.relnamespace = 'duban'::regnamespace and c.relname ~ '^v_' and c.relkind = 'v' and has_table_privilege('duban_$([[ $who == receiver ]] && echo receiver || echo reader)', c.oid, 'select')
                and ('$who' <> 'office' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'unit')) order by 1"
        done
    done
    echo "reset session authorization; select who, view, min(blocks) from figure group by 1, 2 having min(blocks) > 20 order by 1, 2;"
} >"$W/measure.sql"
psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -f "$W/measure.sql" 2>"$W/err" | grep -E '^(unit|leader|office|receiver) ' >"$W/figures" || bail "$(cat "$W/err")"
ok "views were measured" test "$(grep -c '^unit ' "$W/figures")" -ge 15
while read -r who view blocks; do
    # where rows lie, and what a sample of them says, differs a little from fill to fill
    ROOM=20 bounded "views.$who.$view" "$blocks" "blocks"
done <"$W/figures"
done_testing
