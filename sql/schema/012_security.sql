-- SPDX-License-Identifier: BSD-2-Clause
-- Owners, rights, row-level security. One policy per role (docs/security.md).

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.seal OWNER TO duban_append;
ALTER FUNCTION duban.head OWNER TO duban_append;
ALTER FUNCTION duban.leaves OWNER TO duban_append;
ALTER FUNCTION duban.inclusion_proof OWNER TO duban_append;
ALTER FUNCTION duban.consistency_proof OWNER TO duban_append;
ALTER FUNCTION duban.tile OWNER TO duban_append;
ALTER FUNCTION duban.entry_bundle OWNER TO duban_append;
ALTER FUNCTION duban.materialise OWNER TO duban_append;
ALTER FUNCTION duban.append OWNER TO duban_append;
ALTER FUNCTION duban.append_act OWNER TO duban_append;
ALTER FUNCTION duban.genesis OWNER TO duban_append;
ALTER FUNCTION duban.next_due OWNER TO duban_append;
ALTER FUNCTION duban.raise OWNER TO duban_append;
ALTER FUNCTION duban.generation OWNER TO duban_append;
ALTER FUNCTION duban.keys OWNER TO duban_append;
ALTER FUNCTION duban.clients OWNER TO duban_append;
ALTER FUNCTION duban.chain OWNER TO duban_append;
ALTER FUNCTION duban.receipt OWNER TO duban_append;
ALTER FUNCTION duban.receipt_by_key OWNER TO duban_append;
ALTER FUNCTION duban.stream_open OWNER TO duban_append;
ALTER FUNCTION duban.stream_resume OWNER TO duban_append;
ALTER FUNCTION duban.status OWNER TO duban_append;
ALTER FUNCTION duban.me OWNER TO duban_append;
ALTER FUNCTION duban.reader_code OWNER TO duban_append;
ALTER FUNCTION duban.receiver_code OWNER TO duban_append;
ALTER FUNCTION duban.receiver_posts OWNER TO duban_append;
ALTER FUNCTION duban.reader_tasks OWNER TO duban_append;
ALTER FUNCTION duban.receiver_tasks OWNER TO duban_append;
ALTER FUNCTION duban.report_body OWNER TO duban_append;
ALTER FUNCTION duban.iat_flagged OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
GRANT EXECUTE ON FUNCTION duban.genesis TO duban_owner;

-- append: inserts into the log, never updates or deletes there
GRANT SELECT ON ALL TABLES IN SCHEMA duban TO duban_append;
GRANT INSERT ON duban.instance, duban.log_entry, duban.head, duban.checkpoint, duban.tile, duban.statement,
    duban.report, duban.verdict, duban.acknowledgement, duban.act, duban.alert, duban.closing, duban.plan,
    duban.task, duban.assignment, duban.task_leader, duban.target, duban.calendar, duban.calendar_day,
    duban.reporting_rule, duban.ladder, duban.ladder_step TO duban_append;
GRANT UPDATE ON duban.log_lock, duban.plan TO duban_append;
GRANT INSERT, UPDATE ON duban.registry_object, duban.unit, duban.roster, duban.post, duban.contact, duban.signing_key,
    duban.client, duban.login, duban.task_state, duban."case", duban.alert_number, duban.materialised TO duban_append;
GRANT INSERT, DELETE ON duban.unit_alias, duban.roster_member, duban.holder, duban.delegate, duban.obligation TO duban_append;
GRANT INSERT, UPDATE, DELETE ON duban.plan_period, duban.agenda TO duban_append;

-- receivers
GRANT EXECUTE ON FUNCTION duban.append, duban.append_act, duban.chain, duban.receipt, duban.receipt_by_key, duban.seal,
    duban.head, duban.leaves, duban.keys, duban.clients, duban.generation, duban.stream_open, duban.stream_resume,
    duban.status, duban.me, duban.inclusion_proof, duban.consistency_proof, duban.tile, duban.entry_bundle, duban.receiver_code,
    duban.receiver_tasks, duban.receiver_posts, duban.report_body, duban.iat_flagged TO duban_receiver;
GRANT SELECT ON duban.log_entry, duban.checkpoint, duban.migration TO duban_receiver;
-- alerter
GRANT EXECUTE ON FUNCTION duban.raise, duban.next_due, duban.materialise, duban.status, duban.generation TO duban_alerter;
-- readers of all kinds: views and what they stand on
GRANT EXECUTE ON FUNCTION duban.reader_code, duban.reader_tasks, duban.report_body, duban.iat_flagged TO duban_reader, duban_auditor;
GRANT EXECUTE ON FUNCTION duban.now, duban.day, duban.status_name, duban.outcome_name, duban.verdict_name, duban.utc_micro, duban.utc_second,
    duban.step_last TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT (one, clock_offset) ON duban.log_lock TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.unit, duban.unit_alias, duban.roster, duban.roster_member, duban.post, duban.holder, duban.calendar,
    duban.calendar_day, duban.reporting_rule, duban.ladder, duban.ladder_step, duban.plan, duban.plan_period, duban.task,
    duban.assignment, duban.task_leader, duban.target, duban.obligation, duban.report, duban.verdict, duban.task_state,
    duban."case", duban.alert, duban.closing, duban.acknowledgement, duban.contact, duban.v_due, duban.v_overdue,
    duban.v_ledger, duban.v_report, duban.v_verdict, duban.v_unit_punctuality, duban.v_unassigned, duban.v_alert,
    duban.v_calendar_gap, duban.missing_verdicts, duban.missing_alerts
    TO duban_receiver, duban_alerter, duban_reader;
GRANT SELECT ON duban.instance TO duban_receiver, duban_alerter, duban_reader;
GRANT SELECT ON duban.registry_object TO duban_receiver;
GRANT SELECT ON ALL TABLES IN SCHEMA duban TO duban_auditor;

ALTER TABLE duban.task ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.task_leader ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.target ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.obligation ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.report ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.verdict ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.task_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban."case" ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.closing ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.acknowledgement ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.contact ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.registry_object ENABLE ROW LEVEL SECURITY;

CREATE POLICY reader ON duban.task FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR name IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.task FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR name IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.task TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.assignment FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.assignment FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.assignment TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.task_leader FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.task_leader FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.task_leader TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.target FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.target FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.target TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.obligation FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.obligation FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.obligation TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.report FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.report FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.report TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.verdict FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.verdict FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.verdict TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.task_state FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.task_state FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.task_state TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban."case" FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban."case" FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban."case" TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.alert FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR "case" IN (SELECT c."case" FROM duban."case" c));
CREATE POLICY receiver ON duban.alert FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR "case" IN (SELECT c."case" FROM duban."case" c));
CREATE POLICY inner_roles ON duban.alert TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.closing FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR "case" IN (SELECT c."case" FROM duban."case" c));
CREATE POLICY receiver ON duban.closing FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR "case" IN (SELECT c."case" FROM duban."case" c));
CREATE POLICY inner_roles ON duban.closing TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.acknowledgement FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR alert IN (SELECT a.alert FROM duban.alert a));
CREATE POLICY receiver ON duban.acknowledgement FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR alert IN (SELECT a.alert FROM duban.alert a));
CREATE POLICY inner_roles ON duban.acknowledgement TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.contact FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR post IN (SELECT o.code FROM duban.post o WHERE o.code = (SELECT duban.reader_code()) OR o.unit = (SELECT duban.reader_code())));
CREATE POLICY receiver ON duban.contact FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR post IN (SELECT o.code FROM duban.post o WHERE o.code = (SELECT duban.receiver_code()) OR o.unit = (SELECT duban.receiver_code())));
CREATE POLICY inner_roles ON duban.contact TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
-- the registry as it was set is for operators; a plan's own body holds every task
CREATE POLICY receiver ON duban.registry_object FOR SELECT TO duban_receiver USING ((SELECT duban.receiver_code()) = '*');
CREATE POLICY inner_roles ON duban.registry_object TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
