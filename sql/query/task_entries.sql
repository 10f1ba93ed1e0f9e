-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (entry), $3 task: the entries of a task in order: reports, missing verdicts, alerts, decisions,
-- what was asked and answered, amendments, what a corrected calendar would have decided.
SELECT e.cursor, e.item FROM (
    SELECT lpad(h.entry::text, 18, '0') || '.' || h.ord AS cursor, json_strip_nulls(h.body)::text AS item
      FROM (SELECT r.entry, r.ord::int AS ord, json_build_object('entry', r.entry, 'received', substring(convert_from(l.entry, 'UTF8') FROM E'\nreceived ([^\n]+)'),
                   'kind', 'report', 'unit', r.unit, 'period', nullif(r.period, '-'), 'outcome', duban.outcome_name(r.outcome), 'report', r.entry || '.' || r.ord,
                   'completion', duban.outcome_name(r.completion),
                   'status', duban.status_name(r.status), 'progress', nullif(r.progress, -1), 'text', b.body ->> 'text',
                   'values', b.body -> 'values', 'next', b.body ->> 'next', 'risk', b.body ->> 'risk',
                   'by_office', nullif(r.by_office, false), 'source', f.source, 'received_on', f.received_on, 'scan', f.scan_sha256,
                   'iat_flagged', nullif(duban.iat_flagged(r.entry), false)) AS body
              FROM duban.report r JOIN duban.log_entry l ON l.index = r.entry
              CROSS JOIN LATERAL (SELECT duban.report_body(r.entry, r.ord) AS body) b
              LEFT JOIN duban.office_record f ON f.entry = r.entry AND f.ord = r.ord
             WHERE r.task = $3::text
            UNION ALL
            SELECT v.entry, -1, json_build_object('entry', v.entry, 'received', duban.utc_micro(v.received), 'kind', 'missing', 'unit', v.unit,
                   'period', nullif(split_part(v.period, '!', 1), '-'))
              FROM duban.verdict v WHERE v.task = $3::text AND v.silence
            UNION ALL
            SELECT d.entry, d.ord, json_build_object('entry', d.entry, 'received', substring(convert_from(l.entry, 'UTF8') FROM E'\nreceived ([^\n]+)'),
                   'kind', d.kind, 'unit', d.unit, 'period', d.period, 'outcome', d.decision, 'text', d.reason, 'decision', d.decision, 'report', CASE WHEN d.kind IN ('review', 'countersignature') THEN d.object END,
                   'request', CASE WHEN d.kind IN ('extension', 'closure') THEN d.object END, 'post', d.post, 'reason', d.reason, 'until', d.until,
                   'due', duban.utc_second(d.due), 'round', d.round, 'evidence', d.evidence)
              FROM duban.v_decision d JOIN duban.log_entry l ON l.index = d.entry WHERE d.task = $3::text
            UNION ALL
            SELECT s.entry, (row_number() OVER (ORDER BY s.period, s.unit, s.first))::int, json_build_object('entry', s.entry,
                   'received', (SELECT duban.utc_micro(y.received) FROM duban.second_due y WHERE y.plan = s.plan AND y.period = s.period AND y.entry = s.entry),
                   'kind', 'second-verdict', 'unit', s.unit, 'period', s.period, 'outcome', s.second, 'first', s.first, 'first_entry', s.first_entry,
                   'due', duban.utc_second(s.second_due), 'calendar', s.second_calendar,
                   'text', format('%s: %s -> %s, due %s -> %s', s.second_calendar, s.first, s.second, duban.utc_second(s.first_due), duban.utc_second(s.second_due)))
              FROM duban.v_second_verdict s WHERE s.task = $3::text
            UNION ALL
            SELECT a.entry, (a.alert % 1000000)::int, json_build_object('entry', a.entry, 'received', duban.utc_micro(a.raised), 'kind', a.kind, 'unit', c.unit,
                   'period', nullif(split_part(c.period, '!', 1), '-'), 'alert', a.alert, 'number', a.number, 'level', a.level, 'post', a.post, 'why', a.why,
                   'acknowledged', (SELECT min(k.entry) FROM duban.acknowledgement k WHERE k.alert = a.alert))
              FROM duban.alert a JOIN duban."case" c ON c."case" = a."case" WHERE c.task = $3::text
            UNION ALL
            SELECT r.entry, r.report_ord::int, json_build_object('entry', r.entry, 'received', duban.utc_micro(duban.entry_received(r.entry)), 'kind', 'report', 'unit', r.unit,
                   'period', r.period, 'outcome', duban.outcome_name(r.outcome), 'completion', duban.outcome_name(r.completion),
                   'same', true, 'status', b.body ->> 'status', 'progress', (b.body ->> 'progress')::int, 'text', b.body ->> 'text', 'values', b.body -> 'values')
              FROM duban.report_same r CROSS JOIN LATERAL (SELECT duban.report_body(r.report_entry, r.report_ord) AS body) b
             WHERE r.task = $3::text
            UNION ALL
            SELECT k.entry, k.ord, json_build_object('entry', k.entry, 'received', duban.utc_micro(duban.entry_received(k.entry)), 'kind', 'ask', 'unit', k.unit,
                   'period', k.period, 'ask', k.entry || '.' || k.ord, 'asked', k.asked, 'due', duban.utc_second(k.due), 'text', k.text)
              FROM duban.ask k WHERE k.task = $3::text
            UNION ALL
            SELECT k.entry, k.ord, json_build_object('entry', k.entry, 'received', duban.utc_micro(k.received), 'kind', 'answer', 'unit', k.unit,
                   'ask', k.ask_entry || '.' || k.ask_ord, 'outcome', duban.outcome_name(k.outcome), 'text', k.text, 'values', k."values")
              FROM duban.answer k WHERE k.task = $3::text
            UNION ALL
            SELECT a.entry, a.ord, json_build_object('entry', a.entry, 'received', duban.utc_micro(duban.entry_received(a.entry)), 'kind', 'amendment',
                   'change', a.change, 'text', a.basis, 'old', a.old, 'new', a.new)
              FROM duban.task_amendment a WHERE a.task = $3::text) h) e
 WHERE $2::text IS NULL OR e.cursor COLLATE "C" > $2::text COLLATE "C"
 ORDER BY e.cursor COLLATE "C" LIMIT $1::int
