-- SPDX-License-Identifier: BSD-2-Clause
-- A ledger of many tasks for bench/views.sh, written straight into the tables of a throw-away cluster as
-- superuser. ONLY FOR bench/: nothing of it is in the log. Variables: tasks, units (tasks are spread evenly), leaders.
-- Two quarters: the first is past (nine in ten reported, one in ten of them late), the second open (half reported).
\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set synchronous_commit = off;
begin;
insert into duban.instance (origin, test, schema) values ('bench.example/test', true, '');
insert into duban.log_entry (index, entry, hash) values (0, '', '\x00');
-- the clock stands at 20 April 2022, 12:00 within the second in which this is read
update duban.log_lock set clock_offset = '2022-04-20T12:00:00+08:00'::timestamptz - clock_timestamp();
insert into duban.head (size, frontier, received, wall) values (1, '{}', '2022-04-02T09:00:00+08:00', now()), (100, '{}', '2022-04-10T09:00:00+08:00', now());
insert into duban.calendar (code, entry, name, source, from_date, to_date) values ('cn', 0, 'cn', 'bench', '2022-01-01', '2023-12-31');
insert into duban.unit (code, name, entry) select 'v' || lpad(u::text, 5, '0'), 'Unit ' || u, 0 from generate_series(1, :units) u;
insert into duban.post (code, name, role, unit, entry) select 'v' || lpad(u::text, 5, '0') || '-contact', 'Contact ' || u, 'contact', 'v' || lpad(u::text, 5, '0'), 0 from generate_series(1, :units) u;
insert into duban.post (code, name, role, entry) select 'leader-' || lpad(l::text, 5, '0'), 'Leader ' || l, 'leader', 0 from generate_series(1, :leaders) l
 union all select 'office', 'Office', 'office', 0;
insert into duban.login (login, code, entry) values ('bench_unit', 'v00001', 0), ('bench_leader', 'leader-00001', 0), ('bench_office', 'office', 0);
insert into duban.plan (handle, title, from_date, to_date, rule, ladder, zone, source_sha256, entry, received)
select 'b', 'Bench', '2022-01-01', '2022-12-31', 'quarterly', 'standard', 'Asia/Shanghai', repeat('0', 64), 0, '2022-04-02T09:00:00+08:00';
insert into duban.plan_period (plan, period, ordinal, from_date, to_date, opens, due, cutoff, owed, rule, calendar, loaded, planned, plain)
values ('b', '2022Q1', 1, '2022-01-01', '2022-03-31', '2022-04-02T09:00+08', '2022-04-08T17:30+08', '2022-04-08T17:31+08', true, 'quarterly@0', 'cn@0', true, '2022-04-08', true),
       ('b', '2022Q2', 2, '2022-04-01', '2022-06-30', '2022-04-08T17:31+08', '2022-07-07T17:30+08', '2022-07-07T17:31+08', true, 'quarterly@0', 'cn@0', true, '2022-07-07', true);
insert into duban.light (code, entry, name, standard, previous) values ('yinchuan', 0, 'y', true, false), ('sanya', 0, 's', false, true);
insert into duban.light_step (code, entry, step, light, zh, en) values ('yinchuan', 0, 1, 'red', '落后{behind}', '{behind} behind'), ('yinchuan', 0, 2, 'yellow', '落后{behind}', '{behind} behind'), ('yinchuan', 0, 3, 'green', '平', 'level'),
    ('sanya', 0, 1, 'red', '欠{short}', '{short} short'), ('sanya', 0, 2, 'yellow', '两次', 'twice'), ('sanya', 0, 3, 'green', '平', 'level');
insert into duban.light_condition (code, entry, step, ord, fact, op, value) values ('yinchuan', 0, 1, 1, 'behind', '>', '30'), ('yinchuan', 0, 2, 1, 'behind', '>=', '10'),
    ('sanya', 0, 1, 1, 'short', '>', '50'), ('sanya', 0, 2, 1, 'short', '>', '0'), ('sanya', 0, 2, 2, 'previous', '=', 'yellow');

create temp table n as select i, 'b/' || i as name, 'v' || lpad((i % :units + 1)::text, 5, '0') as unit from generate_series(1, :tasks) i;
insert into duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, printed, inherited, continuous, ends, entry)
select n.name, 'b', n.i, n.i::text, 'task', array['I'], 'Section ' || n.i, 'Finish section ' || n.i || ', tenders, survey and land included, and report what remains open.', n.unit,
       case when n.i % 2 = 0 then '2022-09-30'::date end, case when n.i % 2 = 1 then '2022-12-31'::date end, false, '2022-12-31', 0 from n;
insert into duban.assignment (task, code, role, ordinal, roster) select n.name, n.unit, 'lead', 1, false from n;
insert into duban.task_leader (task, code, ordinal, roster) select n.name, 'leader-' || lpad((n.i % :leaders + 1)::text, 5, '0'), 1, false from n;
insert into duban.target (task, ordinal, name, op, value, unit) select n.name, 1, 'km', '>=', 100, 'km' from n where n.i % 3 = 0;
insert into duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
select n.name, q.period, n.unit, q.opens, q.due, q.cutoff, q.rule, q.calendar, 'report' from n cross join duban.plan_period q;
insert into duban.obligation (task, period, unit, opens, due, cutoff, kind)
select t.name, '-', t.accountable, '2022-04-02T09:00+08', d.due, d.cutoff, 'completion' from duban.task t cross join lateral duban.completion_due(coalesce(t.printed, t.inherited), 'Asia/Shanghai') d;
insert into duban.report (entry, ord, task, period, unit, status, progress, outcome)
select 1 + n.i % 90, (n.i / 90) % 30000, n.name, p.period, n.unit, 1 + n.i % 3, n.i % 60, case when p.period = '2022Q1' and n.i % 10 = 1 then 2 else 1 end
  from n cross join (values ('2022Q1'), ('2022Q2')) p (period) where p.period = '2022Q1' and n.i % 10 <> 0 or p.period = '2022Q2' and n.i % 2 = 0 on conflict do nothing;
insert into duban.countersignature (entry, ord, report_entry, report_ord, task, period, unit, outcome, post, key)
select r.entry, r.ord, r.entry, r.ord, r.task, r.period, r.unit, r.outcome, r.unit || '-head', '' from duban.report r where r.period = '2022Q2';
insert into duban.review (entry, ord, report_entry, report_ord, task, period, unit, decision, post, key)
select r.entry, r.ord, r.entry, r.ord, r.task, r.period, r.unit, 'accepted', 'office', '' from duban.report r where r.period = '2022Q1' and r.outcome = 1;
insert into duban.verdict (task, period, unit, silence, verdict, entry, received)
select n.name, p.period, n.unit, false, case when p.period = '2022Q1' and n.i % 10 = 1 then 2 else 1 end, 1 + n.i % 90,
       case when p.period = '2022Q1' and n.i % 10 <> 1 then '2022-04-07T09:00+08'::timestamptz else '2022-04-10T09:00+08' end
  from n cross join (values ('2022Q1'), ('2022Q2')) p (period) where p.period = '2022Q1' and n.i % 10 <> 0 or p.period = '2022Q2' and n.i % 2 = 0;
insert into duban.verdict (task, period, unit, silence, verdict, entry, received) select n.name, '2022Q1', n.unit, true, 3, 1 + n.i % 90, '2022-04-08T17:31+08' from n where n.i % 10 in (0, 1);
insert into duban.task_state (task, entry, ord, period, status, progress, received)
select n.name, 1 + n.i % 90, 0, '2022Q1', 1 + n.i % 3, n.i % 60, '2022-04-10T09:00+08' from n where n.i % 10 <> 0;
insert into duban."case" ("case", task, period, unit, due, cutoff, ladder, ladder_entry, step, level, base, closed, reason)
select n.i, n.name, '2022Q1', n.unit, '2022-04-08T17:30+08', '2022-04-08T17:31+08', 'standard', 0, 3, 1, '2022-04-08T17:31+08', case when n.i % 10 = 1 then 50 end, case when n.i % 10 = 1 then 'reported' end
  from n where n.i % 10 in (0, 1);
insert into duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
select c."case", 'x' || c."case", 'b', 'report-missing', c."case", 3, 1, c.unit || '-contact', c.cutoff, c.cutoff, 1, 'late' from duban."case" c;
-- what else grows with the years: one task in five was asked about, one in five had an extension or a closure or was handed over
insert into duban.ask (entry, ord, task, unit, asked, text, due, cutoff, key)
select 91, n.i, n.name, 'v00002', n.unit, 'How far?', '2022-04-22T17:30+08', '2022-04-22T17:31+08', '' from n where n.i % 5 = 0;
insert into duban.answer (entry, ord, ask_entry, ask_ord, task, unit, outcome, text, received)
select 92, n.i, 91, n.i, n.name, n.unit, 1, 'Half.', '2022-04-18T09:00+08' from n where n.i % 10 = 0;
insert into duban.extension (entry, ord, task, period, unit, due, until, reason, progress, key)
select 93, n.i, n.name, '2022Q2', n.unit, '2022-07-07T17:30+08', '2022-07-20', 'survey', 40, '' from n where n.i % 5 = 1;
insert into duban.extension_decision (entry, ord, request_entry, request_ord, task, decision, until, due, cutoff, post, key)
select 94, n.i, 93, n.i, n.name, 'granted', '2022-07-20', '2022-07-20T17:30+08', '2022-07-20T17:31+08', 'office', '' from n where n.i % 10 = 1;
insert into duban.closure (entry, ord, task, unit, text, evidence, key) select 95, n.i, n.name, n.unit, 'done', '[]', '' from n where n.i % 5 = 2;
insert into duban.closure_decision (entry, ord, task, request_entry, request_ord, decision, reason, post, key)
select 96, n.i, n.name, 95, n.i, 'refused', 'not yet', 'office', '' from n where n.i % 10 = 2;
insert into duban.tenure (task, until, unit, entry) select n.name, '2022-02-01T00:00+08', 'v00003', 97 from n where n.i % 5 = 3;
insert into duban.task_amendment (task, entry, source, ord, at, change, basis, old, new)
select n.name, 97, 97, n.i, '2022-02-01T00:00+08', 'set', 'decision 7', '{}', '{}' from n where n.i % 5 = 3;
insert into duban.report_value (entry, ord, n, task, period, unit, lead, name, value, measure, explained, received)
select r.entry, r.ord, 1, r.task, r.period, r.unit, true, 'km', r.progress, 'km', false, '2022-04-07T09:00+08' from duban.report r where r.progress % 3 = 0;
insert into duban.second_due (plan, period, entry, received, due, cutoff, calendar)
values ('b', '2022Q1', 98, '2022-04-15T09:00+08', '2022-04-11T17:30+08', '2022-04-11T17:31+08', 'cn@98');
insert into duban.acknowledgement (alert, entry, post, key) select a.alert, 99, a.post, '' from duban.alert a where a.alert % 20 = 0;
insert into duban.delivery (delivery, bundle, channel, post, first_alert, last_alert, at, created, state, next_at)
select 'd' || a.alert, 'b' || a.alert, 'mail', a.post, a.alert, a.alert, a.at, a.at, 'sent', a.at from duban.alert a;
insert into duban.same (code, name, entry) select 's' || n.i, 'same', 0 from n where n.i % 50 = 0;
insert into duban.same_task (task, code) select n.name, 's' || n.i / 50 * 50 from n where n.i % 50 < 2 and n.i >= 50;
insert into duban.holder (post, name) select o.code, 'H' from duban.post o;
commit;
vacuum analyze;
