-- SPDX-License-Identifier: BSD-2-Clause
-- Reports that came on paper, by mail or chat, entered by the office in its own name; and the rights on
-- everything that 016 to 019 keep.

CREATE FUNCTION duban.record_one(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.report;
    x record;
BEGIN
    r.entry := p_entry;
    r.ord := p_ord;
    r.task := p ->> 'task';
    r.period := coalesce(p ->> 'period', '-');
    r.unit := duban.unit_code(p ->> 'for', duban.day(p_received));
    r.status := array_position(ARRAY['not-started', 'on-track', 'at-risk', 'blocked', 'done'], p ->> 'status') - 1;
    r.progress := coalesce((p ->> 'progress')::int, -1);
    r.by_office := duban.office_key(p_key) IS TRUE;
    IF duban.office_key(p_key) IS NOT TRUE THEN
        r.errors := duban.fault('key', 'right', format('%s is not the office: only the office enters reports for units', p_key.code));
    ELSIF r.unit IS NULL THEN
        r.errors := duban.fault('for', 'unknown', 'no unit of this name is registered');
    ELSIF (p ->> 'received_on')::date > duban.day(p_received) THEN
        r.errors := duban.fault('received_on', 'range', format('%s is a day to come; the report came today or before', p ->> 'received_on'));
    ELSIF duban.same_person(p_key.key, r.unit, duban.day(p_received)) THEN
        r.errors := duban.fault('key', 'same-person', format('the same person holds a post of %s and reports for it in its name', r.unit));
    ELSE
        SELECT f.errors INTO r.errors FROM jsonb_array_elements(coalesce(p -> 'values', '[]')) v
         CROSS JOIN LATERAL duban.measure_faults(ARRAY[r.task], ARRAY[1], ARRAY[v ->> 'name'], ARRAY[v ->> 'unit']) f
         WHERE v ? 'unit' LIMIT 1;
    END IF;
    x := duban.report_count_all(p_entry, p_received, r);
    IF (x.j).outcome <> 5 THEN
        x.members := nullif(coalesce(x.members, '') || duban.report_more_one(p_entry, p_ord::smallint, p_received, r.unit, r.task, r.period, (x.j).outcome, p), '');
    END IF;
    INSERT INTO duban.report (entry, ord, task, period, unit, status, progress, outcome, due, next_due, rule, calendar, completion,
                              completion_due, errors, line, members, by_office)
    VALUES (p_entry, p_ord, r.task, r.period, coalesce(r.unit, '-'), r.status, r.progress, (x.j).outcome, (x.j).due, (x.j).next_due, (x.j).rule,
            (x.j).calendar, x.completion, x.completion_due, (x.j).errors, x.line, x.members, r.by_office);
    IF (x.j).outcome <> 5 THEN
        INSERT INTO duban.office_record (entry, ord, task, period, unit, source, received_on, scan_name, scan_sha256, post, key)
        VALUES (p_entry, p_ord, r.task, r.period, r.unit, p ->> 'source', (p ->> 'received_on')::date, p -> 'scan' ->> 'name',
                p -> 'scan' ->> 'sha256', p_key.code, p_key.key);
    END IF;
    PERFORM duban.report_act(p_entry, p_ord, r, x.j, x.completion, x.completion_due, x.line, x.members);
END
$$;
COMMENT ON FUNCTION duban.record_one(bigint, int, timestamptz, duban.signing_key, jsonb) IS 'one report entered by the office; judged by the instant of its entry like any other';

CREATE FUNCTION duban.record_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record;
BEGIN
    FOR e IN SELECT x.body, (x.o - 1)::int AS ord FROM jsonb_array_elements(p -> 'records') WITH ORDINALITY x (body, o) ORDER BY x.o LOOP
        PERFORM duban.record_one(p_entry, e.ord, p_received, p_key, e.body);
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.record_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'reports that the office enters, with the outcomes of reports';

CREATE VIEW duban.v_decision WITH (security_invoker = true) AS
SELECT t.plan, x.task, nullif(split_part(x.period, '!', 1), '-') AS period, x.unit, x.kind, x.decision, x.object, x.post, x.reason, x.until, x.due,
       x.round, x.evidence, x.entry, x.ord, x.slot
  FROM (SELECT w.task, w.period, w.unit, 'review' AS kind, w.decision, w.report_entry || '.' || w.report_ord AS object, w.post, w.reason,
               NULL::date AS until, w.due, w.round, NULL::jsonb AS evidence, w.entry, w.ord, w.slot
          FROM duban.review w
        UNION ALL
        SELECT c.task, c.period, c.unit, 'countersignature', 'countersigned', c.report_entry || '.' || c.report_ord, c.post, NULL, NULL, NULL, NULL, NULL,
               c.entry, c.ord, NULL
          FROM duban.countersignature c
        UNION ALL
        SELECT e.task, e.period, e.unit, 'extension', 'asked', e.entry || '.' || e.ord, NULL, e.reason, e.until, e.due, NULL, NULL, e.entry, e.ord, e.period
          FROM duban.extension e
        UNION ALL
        SELECT d.task, e.period, e.unit, 'extension', d.decision, d.request_entry || '.' || d.request_ord, d.post, d.reason, d.until, d.due, NULL, NULL,
               d.entry, d.ord, e.period
          FROM duban.extension_decision d JOIN duban.extension e ON e.entry = d.request_entry AND e.ord = d.request_ord
        UNION ALL
        SELECT c.task, '-', c.unit, 'closure', 'asked', c.entry || '.' || c.ord, NULL, c.text, NULL, NULL, NULL, c.evidence, c.entry, c.ord, NULL
          FROM duban.closure c
        UNION ALL
        SELECT d.task, '-', k.accountable, 'closure', d.decision, d.request_entry || '.' || d.request_ord, d.post, d.reason, NULL, d.due, NULL, NULL,
               d.entry, d.ord, d.slot
          FROM duban.closure_decision d JOIN duban.task k ON k.name = d.task) x
  JOIN duban.task t ON t.name = x.task;
COMMENT ON VIEW duban.v_decision IS 'reviews, countersignatures, extensions and closings asked for and decided, in one shape; object: the report or request, ENTRY.ORDINAL';

CREATE VIEW duban.v_request WITH (security_invoker = true) AS
SELECT v.plan, v.task, coalesce(t.title, t.text) AS title, v.period, v.unit, v.kind, v.object AS request, v.reason, v.until, v.due, v.evidence,
       CASE v.kind WHEN 'extension' THEN (SELECT e.progress FROM duban.extension e WHERE e.entry = v.entry AND e.ord = v.ord) END AS progress,
       (SELECT count(*) FROM duban.extension e WHERE e.task = v.task AND (e.entry, e.ord) <= (v.entry, v.ord)) AS extensions, v.entry
  FROM duban.v_decision v JOIN duban.task t ON t.name = v.task
 WHERE v.decision = 'asked'
   AND NOT EXISTS (SELECT FROM duban.extension_decision d WHERE v.kind = 'extension' AND d.request_entry = v.entry AND d.request_ord = v.ord)
   AND NOT EXISTS (SELECT FROM duban.closure_decision d WHERE v.kind = 'closure' AND d.request_entry = v.entry AND d.request_ord = v.ord);
COMMENT ON VIEW duban.v_request IS 'extensions and closings that nobody has decided about yet; extensions: the how-manieth of the task this is';

CREATE VIEW duban.v_review_due WITH (security_invoker = true) AS
SELECT t.plan, v.task, coalesce(t.title, t.text) AS title, v.period, v.unit, u.name AS unit_name, r.entry || '.' || r.ord AS report,
       duban.verdict_name(v.verdict) AS verdict, duban.status_name(r.status) AS status, nullif(r.progress, -1) AS progress, r.by_office,
       (SELECT count(*) FROM duban.review w WHERE w.task = v.task AND w.period = v.period AND w.unit = v.unit AND w.decision = 'returned') AS returned,
       v.received, r.entry, r.ord
  FROM duban.verdict v
  JOIN duban.task t ON t.name = v.task
  JOIN duban.unit u ON u.code = v.unit
 CROSS JOIN LATERAL (
       SELECT y.*, coalesce(c.entry, y.entry) AS counted FROM duban.report y
         LEFT JOIN duban.countersignature c ON c.report_entry = y.entry AND c.report_ord = y.ord
        WHERE y.task = v.task AND y.period = v.period AND y.unit = v.unit AND coalesce(c.outcome, y.outcome) IN (1, 2, 4)
        ORDER BY coalesce(c.entry, y.entry) DESC, coalesce(c.ord, y.ord) DESC LIMIT 1) r
 WHERE NOT v.silence AND v.verdict <= 2 AND v.period <> '-' AND position('!' IN v.period) = 0 AND t.closed IS NULL
   AND NOT EXISTS (SELECT FROM duban.review w WHERE w.task = v.task AND w.period = v.period AND w.unit = v.unit AND w.entry > r.counted);
COMMENT ON VIEW duban.v_review_due IS 'the newest report of each period that nobody has accepted or returned since it came; returned: how often the period was returned before';

GRANT SELECT ON duban.v_decision, duban.v_request, duban.v_review_due TO duban_receiver, duban_alerter, duban_reader, duban_auditor;

GRANT EXECUTE ON FUNCTION duban.report_newest, duban.report_named, duban.again_due, duban.review_fault, duban.review_one, duban.review_apply,
    duban.countersign_fault, duban.countersign_apply, duban.extension_ask_fault, duban.extension_ask, duban.request_act,
    duban.extension_decide_fault, duban.extension_grant, duban.extension_decide, duban.extension_apply, duban.closure_ask_fault,
    duban.closure_ask, duban.task_close, duban.task_reopen, duban.completion_again, duban.closure_decide_fault, duban.closure_decide,
    duban.closure_apply, duban.record_one, duban.record_apply TO duban_append;
GRANT SELECT, INSERT ON duban.review, duban.countersignature, duban.extension, duban.extension_decision, duban.closure,
    duban.closure_decision, duban.office_record TO duban_append;
GRANT SELECT ON duban.review, duban.countersignature, duban.extension, duban.extension_decision, duban.closure,
    duban.closure_decision, duban.office_record TO duban_receiver, duban_alerter, duban_reader, duban_auditor;

ALTER TABLE duban.review ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.review FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.review FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.review TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.countersignature ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.countersignature FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.countersignature FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.countersignature TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.extension ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.extension FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.extension FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.extension TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.extension_decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.extension_decision FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.extension_decision FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.extension_decision TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.closure ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.closure FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.closure FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.closure TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.closure_decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.closure_decision FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.closure_decision FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.closure_decision TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);

ALTER TABLE duban.office_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.office_record FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.office_record FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.office_record TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
