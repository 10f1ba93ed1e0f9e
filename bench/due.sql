-- SPDX-License-Identifier: BSD-2-Clause
-- :due obligations of plan d, from its task :first on, that fall due one after the other, at the same
-- distance, from :lead seconds from now on for :spread seconds (0: all at one instant). Written straight into the tables: ONLY FOR bench/ (see seed.sql). They open
-- now, so that no reminder precedes the alert instant.
\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
begin;
insert into duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar)
select t.name, '2022Q1', t.accountable, n.now, x.at, x.at, q.rule, q.calendar
  from duban.task t
 cross join (select duban.now() as now) n
 cross join lateral (select n.now + make_interval(secs => :lead + :spread * (t.ordinal - :first)::float8 / :due) as at) x
  join duban.plan_period q on q.plan = 'd' and q.period = '2022Q1'
 where t.plan = 'd' and t.ordinal between :first and :first + :due - 1;
insert into duban.agenda (task, period, unit, at)
select o.task, o.period, o.unit, o.cutoff from duban.obligation o join duban.task t on t.name = o.task
 where t.plan = 'd' and o.period = '2022Q1' and t.ordinal between :first and :first + :due - 1;
notify duban_agenda;
commit;
