-- SPDX-License-Identifier: BSD-2-Clause
-- For bench/materialise.sh: plan :handle with :tasks tasks of :units units, nothing of it made yet. Like seed.sql this
-- writes straight into the tables as superuser: ONLY FOR bench/.
\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set synchronous_commit = off;
begin;
insert into duban.plan (handle, title, from_date, to_date, rule, ladder, zone, source_sha256, entry, received)
values (:'handle', 'Plan ' || :'handle', '2022-01-01', '2022-12-31', 'quarterly', 'standard', 'Asia/Shanghai', repeat('0', 64), 0, duban.now());
select duban.plan_schedule(:'handle', '-infinity');
insert into duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, inherited, continuous, ends, entry)
select format('%s/%s.%s', :'handle', t % 997, t), :'handle', t, t::text, 'task', array['I'], 'Inspect bridge ' || t, 'Inspect bridge ' || t || ' and report what remains open.',
       'b' || lpad((t % :units + 1)::text, 4, '0'), '2022-12-31', false, '2022-12-31', 0
  from generate_series(1, :tasks) t;
commit;
vacuum (analyze) duban.task;
checkpoint;
