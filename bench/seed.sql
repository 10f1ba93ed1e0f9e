-- SPDX-License-Identifier: BSD-2-Clause
-- Fills a private instance for measuring: two plans with their tasks, obligations and agenda, written
-- straight into the tables as superuser. ONLY FOR bench/: nothing of it is in the log, so a rebuild of
-- such a database differs. A plan statement may have 2 MiB; a million obligations take hundreds of them.
-- Units, posts, keys and the client come by a signed registry statement as everywhere else.
-- Variables: units, tasks (per unit), due (tasks of plan d). Plan b takes the load; all of its periods are
-- open at once, so that each of its obligations can be reported once. Plan d has the obligations that fall
-- due while alerts are measured; due.sql makes those.
\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set synchronous_commit = off;
set maintenance_work_mem = '512MB';
\ir indexes.sql

begin;
insert into duban.plan (handle, title, from_date, to_date, rule, ladder, zone, source_sha256, entry, received)
select h, 'Plan ' || h, '2022-01-01', '2022-12-31', 'quarterly', 'standard', 'Asia/Shanghai', repeat('0', 64), 0, duban.now()
  from unnest(array['b', 'd']) h;
select duban.plan_schedule(h, '-infinity') from unnest(array['b', 'd']) h;
update duban.plan_period q set opens = p.received from duban.plan p where p.handle = q.plan and q.plan in ('b', 'd');

insert into duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, inherited, continuous, ends, entry)
select format('b/%s.%s', u, t), 'b', (u - 1) * :tasks + t, format('%s.%s', u, t), 'task', array['I', 'Works'],
       format('Finish section %s of route %s', t, u),
       format('Finish section %s of route %s, tenders, survey and land included, and report what remains open.', t, u),
       'b' || lpad(u::text, 4, '0'), '2022-12-31', false, '2022-12-31', 0
  from generate_series(1, :tasks) t cross join generate_series(1, :units) u;
insert into duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, inherited, continuous, ends, entry)
select format('d/%s.%s', (i - 1) % :units + 1, i), 'd', i, i::text, 'task', array['I'], 'Audit ' || i, 'Close the findings of audit ' || i,
       'b' || lpad(((i - 1) % :units + 1)::text, 4, '0'), '2022-12-31', false, '2022-12-31', 0
  from generate_series(1, :due) i;
insert into duban.assignment (task, code, role, ordinal, roster)
select t.name, t.accountable, 'lead', 1, false from duban.task t where t.plan in ('b', 'd');
-- the tasks of the first unit have a leader of their own, for what one post sees
insert into duban.task_leader (task, code, ordinal, roster)
select t.name, case when t.plan = 'b' and t.accountable = 'b0001' then 'leader-0001' else 'chief' end, 1, false from duban.task t where t.plan in ('b', 'd');

-- millions of rows: their indexes afterwards, in one go
call bench.bare('duban.obligation');
call bench.bare('duban.agenda');
insert into duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar)
select t.name, q.period, t.accountable, q.opens, q.due, q.cutoff, q.rule, q.calendar
  from duban.plan_period q join duban.task t on t.plan = q.plan where q.plan = 'b';
insert into duban.agenda (task, period, unit, at)
with first as materialized (
    select q.period, duban.agenda_first('standard', q.due, q.cutoff, 'Asia/Shanghai', q.opens) as at
      from duban.plan_period q where q.plan = 'b')
select o.task, o.period, o.unit, f.at from first f join duban.obligation o on o.period = f.period;
call bench.dressed('duban.obligation');
call bench.dressed('duban.agenda');
insert into duban.materialised (plan, ordinal, wanted_at) values ('b', 1000, 'infinity'), ('d', 1000, 'infinity');
commit;
vacuum (analyze) duban.task;
vacuum (analyze) duban.obligation;
vacuum (analyze) duban.agenda;
analyze;
checkpoint;
