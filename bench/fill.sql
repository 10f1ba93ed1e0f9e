-- SPDX-License-Identifier: BSD-2-Clause
-- A history of :n more single-report statements, for measuring how size matters: rows of log_entry,
-- statement, report, verdict and task_state, tiles and head, as append would have left them. ONLY FOR
-- bench/: written straight into the tables as superuser, with signatures that are noise. The tree is a
-- true one: the signer extends its own by these leaves and append goes on from this head. The statements belong to
-- the keys of the load, which goes on behind them. Steps, each a call of its own (-v step=1 …):
--   prepare, then log (with the statements) beside ledger, two sessions, then tree. duband is stopped; under wal_level = minimal
--   nothing of it passes the WAL, since each table is truncated in its transaction and gets its rows again.
\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set maintenance_work_mem = '1GB';
set work_mem = '256MB';
set synchronous_commit = off;

\if :{?prepare}
create schema if not exists bench;
create table if not exists bench.history (before bigint not null);
drop table if exists bench.key, bench.made;
create table bench.key as
select row_number() over (order by k.code) - 1 as u, k.id, k.key, encode(k.key, 'hex') as hex, k.code, k.last_seq
  from duban.signing_key k join duban.unit x on x.code = k.code
 where k.code like 'b____' and k.alg = :'alg' and exists (select from duban.statement s where s.key_id = k.id);
create table bench.made as
select h.size, h.frontier, h.received, h.wall, :tasks::bigint as tasks, (select count(*) from bench.key) as keys,
       -- a whole number of tiles when all is done
       :n::bigint + (256 - (h.size + :n::bigint) % 256) % 256 as n,
       (select coalesce(sum(x.before), 0) from bench.history x) as before,
       p.part as entry, q.part as payload
  from duban.head h
 cross join lateral (select regexp_match(convert_from(e.entry, 'UTF8'),
            E'^(.*\nkey )[^\n]+(\n.*\nseq )[^\n]+(\n.*pae-sha256 )[^\n]+(\nsig )[^\n]+(\n.*)$') as part
                       from duban.log_entry e join duban.statement s on s.entry = e.index
                      where s.payload_type like '%report%' order by e.index desc limit 1) p
 cross join lateral (select regexp_match(convert_from(s.payload, 'UTF8'), '^(.*"seq":)[0-9]+(,.*)$') as part
                       from duban.statement s where s.payload_type like '%report%' order by s.entry desc limit 1) q
 order by h.size desc limit 1;
insert into bench.history select m.n from bench.made m;
\ir indexes.sql
-- vacuum of what the fill inserted would run beside the measurement
alter table duban.log_entry set (autovacuum_vacuum_insert_threshold = -1);
alter table duban.statement set (autovacuum_vacuum_insert_threshold = -1);
alter table duban.report set (autovacuum_vacuum_insert_threshold = -1);
alter table duban.verdict set (autovacuum_vacuum_insert_threshold = -1);
-- the i-th row: whose it is, its place in that key's chain, its task and period; earlier quarters, from 1900 on
create or replace function bench.rows() returns table (i bigint, entry bigint, id bytea, key_id bigint, key bytea, hex text,
    code text, seq bigint, task text, period text, received timestamptz)
language sql stable as $$
    select g.i, m.size + g.i, sha256(int8send(m.size + g.i)), k.id, k.key, k.hex, k.code, k.last_seq + g.i / m.keys + 1,
           'b/' || substr(k.code, 2)::int || '.' || 1 + x.s % m.tasks,
           1900 + x.s / m.tasks / 4 || 'Q' || 1 + x.s / m.tasks % 4, m.received
      from bench.made m cross join lateral generate_series(0, m.n - 1) g (i)
     cross join lateral (select (m.before + g.i) / m.keys as s) x
      join bench.key k on k.u = g.i % m.keys
    offset 0 -- each value is computed once
$$;
analyze bench.key, bench.made;
\endif

\if :{?log}
begin;
create temp table kept on commit drop as table duban.log_entry;
truncate duban.log_entry;
call bench.bare('duban.log_entry');
insert into duban.log_entry table kept;
insert into duban.log_entry (index, entry, hash)
select x.index, x.entry, sha256('\x00'::bytea || x.entry)
  from (select r.entry as index,
               convert_to(m.entry[1] || r.hex || m.entry[2] || r.seq || m.entry[3] || encode(r.id, 'hex') || m.entry[4]
                   || replace(encode(r.id || r.id || substr(r.id, 1, 6), 'base64'), E'\n', '') || m.entry[5], 'UTF8') as entry
          from bench.rows() r cross join bench.made m offset 0) x;
call bench.dressed('duban.log_entry');
commit;
begin;
create temp table kept on commit drop as table duban.statement;
truncate duban.statement;
call bench.bare('duban.statement');
insert into duban.statement table kept;
insert into duban.statement (entry, id, payload_type, payload, signature, key, key_id, seq)
select r.entry, r.id, 'application/vnd.duban.report.v1+json', convert_to(m.payload[1] || r.seq || m.payload[2], 'UTF8'),
       r.id || r.id || substr(r.id, 1, 6), r.key, r.key_id, r.seq
  from bench.rows() r cross join bench.made m;
call bench.dressed('duban.statement');
commit;
analyze duban.log_entry, duban.statement;
\endif

\if :{?ledger}
begin;
create temp table kept on commit drop as table duban.report;
truncate duban.report;
call bench.bare('duban.report');
insert into duban.report table kept;
insert into duban.report (entry, ord, task, period, unit, status, progress, outcome, due, next_due, rule, calendar)
select r.entry, 0, r.task, r.period, r.code, 1, r.i % 101, 1, r.received, r.received, 'quarterly@0', 'cn@0' from bench.rows() r;
call bench.dressed('duban.report');
commit;
begin;
create temp table kept on commit drop as table duban.verdict;
truncate duban.verdict;
call bench.bare('duban.verdict');
insert into duban.verdict table kept;
insert into duban.verdict (task, period, unit, silence, verdict, entry, received, rule, calendar)
select r.task, r.period, r.code, false, 1, r.entry, r.received, 'quarterly@0', 'cn@0' from bench.rows() r;
call bench.dressed('duban.verdict');
commit;
insert into duban.task_state (task, entry, ord, period, status, progress, received)
select r.task, r.entry, 0, r.period, 1, 0, r.received from bench.rows() r
  join (select least(m.n, m.tasks * m.keys) as most from bench.made m) m on r.i < m.most
on conflict do nothing;
analyze duban.report, duban.verdict, duban.task_state;
\endif

\if :{?tree}
begin;
create or replace procedure bench.tree() language plpgsql as $$
declare
    m bench.made;
    low record;
    high record;
    first bigint;
    last bigint;
    tile_level int := 1;
begin
    select x.* into strict m from bench.made x;
    first := m.size >> 8;
    last := ((m.size + m.n) >> 8) - 1;
    low := (m.size, m.frontier);
    -- up to the next whole tile leaf by leaf, the rest tile by tile
    select t.size, t.frontier into low
      from duban.tree_append(m.size, m.frontier, (select coalesce(array_agg(e.hash order by e.index), '{}') from duban.log_entry e
                                                   where e.index >= m.size and e.index < (m.size + 255) >> 8 << 8)) t;
    insert into duban.tile (level, n, data, root)
    select 0, e.index >> 8, string_agg(e.hash, ''::bytea order by e.index), duban.tree_fold(array_agg(e.hash order by e.index))
      from duban.log_entry e where e.index >= first << 8 and e.index < (last + 1) << 8 group by e.index >> 8;
    select t.* into high
      from duban.tree_append(low.size >> 8, low.frontier[9:], (select array_agg(x.root order by x.n) from duban.tile x
                                                                where x.level = 0 and x.n >= low.size >> 8)) t;
    loop
        first := first >> 8;
        last := ((last + 1) >> 8) - 1;
        exit when first > last;
        insert into duban.tile (level, n, data, root)
        select tile_level, t.n, t.data, duban.tree_fold(t.hashes)
          from (select b.n >> 8 as n, string_agg(b.root, ''::bytea order by b.n) as data, array_agg(b.root order by b.n) as hashes
                  from duban.tile b where b.level = tile_level - 1 and b.n >= first << 8 and b.n < (last + 1) << 8 group by b.n >> 8) t;
        tile_level := tile_level + 1;
    end loop;
    insert into duban.head (size, frontier, received, wall)
    values (m.size + m.n, low.frontier[1:8] || high.frontier, m.received, m.wall);
    update duban.signing_key k set last_seq = s.seq, last_id = s.id
      from bench.key b
     cross join lateral (select x.seq, x.id from duban.statement x where x.key_id = b.id order by x.seq desc limit 1) s
     where k.id = b.id;
end
$$;
call bench.tree();
commit;
\endif
