-- SPDX-License-Identifier: BSD-2-Clause
-- The ledger: plans, tasks, obligations, reports, verdicts. Natural keys; a function of the log.

CREATE TABLE duban.plan (
    handle text COLLATE "C" PRIMARY KEY,
    title text NOT NULL,
    number text,
    issuer text,
    issued date,
    from_date date NOT NULL,
    to_date date NOT NULL,
    rule text COLLATE "C" NOT NULL,
    ladder text COLLATE "C" NOT NULL,
    zone text NOT NULL,
    source_sha256 text NOT NULL,
    entry bigint NOT NULL,
    received timestamptz NOT NULL,
    countersign boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE duban.plan IS 'registered plans; received = instant of the registering entry; countersign: a report counts when the unit''s head has signed it too';

CREATE TABLE duban.plan_period (
    plan text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    opens timestamptz NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    owed boolean NOT NULL,
    rule text NOT NULL,
    calendar text NOT NULL,
    loaded boolean NOT NULL,
    planned date NOT NULL,
    closes timestamptz,
    plain boolean NOT NULL,
    next_from date,
    next_due timestamptz,
    PRIMARY KEY (plan, period)
);
COMMENT ON TABLE duban.plan_period IS 'the schedule of a plan: each period of its rule''s cadence, with the rule and calendar versions in force when it opens; loaded = false: the calendar does not cover its due day yet; planned = the day before shifting; closes = from when on a first report gets no verdict; plain = owed, with one window for every unit: append decides without looking further';

CREATE TABLE duban.second_due (
    plan text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    received timestamptz NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    calendar text NOT NULL,
    PRIMARY KEY (plan, period, entry)
);
COMMENT ON TABLE duban.second_due IS 'what a corrected calendar makes of a period that had opened: its due instant by the same version of the rule and the calendar of that entry, where it differs from the one before; gives second verdicts (duban.v_second_verdict)';

CREATE TABLE duban.rule_fault (
    plan text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    rule text COLLATE "C" NOT NULL,
    why text NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (plan, period)
);
COMMENT ON TABLE duban.rule_fault IS 'what a rule cannot say: a period without an obligation because its day does not exist, or (period -) a whole schedule that cannot be made; from_entry: the entry that tried';

CREATE TABLE duban.task (
    name text COLLATE "C" PRIMARY KEY,
    plan text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    no text,
    kind text NOT NULL CHECK (kind IN ('task', 'indicator')),
    section text[] NOT NULL,
    title text,
    text text NOT NULL,
    accountable text COLLATE "C",
    printed date,
    printed_raw text,
    printed_source text,
    inherited date,
    continuous boolean NOT NULL,
    ends date NOT NULL,
    entry bigint NOT NULL,
    plain boolean NOT NULL DEFAULT true,
    since timestamptz NOT NULL DEFAULT '-infinity',
    withdrawn bigint,
    approved date,
    closed bigint,
    released timestamptz,
    baseline text,
    target text,
    nature text
);
CREATE UNIQUE INDEX task_plan ON duban.task (plan, ordinal);
CREATE INDEX task_accountable ON duban.task (accountable);
COMMENT ON TABLE duban.task IS 'tasks and indicators; printed, inherited and approved deadlines are three fields, ends = last day on which reports are owed; plain = false: every report of it is judged one by one (duban.judge); since: obligations of periods that opened up to this instant were made by the entry that changed the task, and nobody else owes them; withdrawn: entry that took it out of the plan; closed: entry that struck it off; what fell due up to released and was not reported is owed no more';

CREATE TABLE duban.assignment (
    task text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    role text NOT NULL CHECK (role IN ('lead', 'co-lead', 'participant')),
    ordinal int NOT NULL,
    roster boolean NOT NULL,
    PRIMARY KEY (task, code)
);
CREATE INDEX assignment_code ON duban.assignment (code) INCLUDE (task, roster);
COMMENT ON TABLE duban.assignment IS 'unit or roster × task; the lead is accountable';

CREATE TABLE duban.task_leader (
    task text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    roster boolean NOT NULL,
    PRIMARY KEY (task, code)
);
CREATE INDEX task_leader_code ON duban.task_leader (code) INCLUDE (task, roster);
COMMENT ON TABLE duban.task_leader IS 'supervising leaders of a task: posts or rosters of posts';

CREATE TABLE duban.target (
    task text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    name text,
    op text,
    value numeric,
    unit text,
    baseline numeric,
    cumulative boolean NOT NULL DEFAULT false,
    PRIMARY KEY (task, ordinal)
);
COMMENT ON TABLE duban.target IS 'target values printed in a task; baseline: where it starts; cumulative: a value that never falls';

CREATE TABLE duban.target_point (
    task text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    period text COLLATE "C" NOT NULL,
    value numeric NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (task, ordinal, period)
);
COMMENT ON TABLE duban.target_point IS 'plan curve of a target: the value that is expected at the end of a period';

CREATE TABLE duban.obligation (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    opens timestamptz NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    rule text,
    calendar text,
    kind text NOT NULL DEFAULT 'report',
    PRIMARY KEY (task, period, unit)
);
CREATE INDEX obligation_unit ON duban.obligation (unit, due);
CREATE INDEX obligation_due ON duban.obligation (due);
COMMENT ON TABLE duban.obligation IS 'who owes what by when; never updated; period - is the completion of the task; made ahead in slices, append does not need it; kind: report, completion, resubmission, answer, promise …: of the last ones period is a slot that nobody can type as a period';

CREATE TABLE duban.report (
    entry bigint NOT NULL,
    ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    progress smallint NOT NULL,
    outcome smallint NOT NULL,
    due timestamptz,
    next_due timestamptz,
    rule text,
    calendar text,
    completion smallint,
    completion_due timestamptz,
    errors text,
    line text,
    members text,
    by_office boolean NOT NULL DEFAULT false,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX report_task ON duban.report (task, entry);
COMMENT ON TABLE duban.report IS 'each report of each statement with its outcome: 1 on-time, 2 late, 3 not-owed, 4 correction, 5 refused, 6 waiting; line and members: further outcome lines, and members of the receipt''s object as JSON text that starts with a comma; by_office: entered by the office for the unit';

CREATE TABLE duban.verdict (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    silence boolean NOT NULL,
    verdict smallint NOT NULL,
    entry bigint NOT NULL,
    received timestamptz NOT NULL,
    rule text,
    calendar text,
    by_office boolean NOT NULL DEFAULT false,
    PRIMARY KEY (task, period, unit, silence)
);
COMMENT ON TABLE duban.verdict IS '1 on-time, 2 late, 4 returned-late (silence false), 3 missing (silence true); written once, never changed; by_office: by a report that the office entered';

CREATE TABLE duban.task_state (
    task text COLLATE "C" PRIMARY KEY,
    entry bigint NOT NULL,
    ord smallint NOT NULL,
    period text COLLATE "C" NOT NULL,
    status smallint NOT NULL,
    progress smallint NOT NULL,
    received timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE duban.task_state IS 'the newest report of each task''s accountable lead';

CREATE TABLE duban.slot (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    base text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (task, period)
);
COMMENT ON TABLE duban.slot IS 'names under which a period (base) or the completion (-) was owed again, with the statement that asked for it';

CREATE TABLE duban.review (
    entry bigint NOT NULL,
    ord int NOT NULL,
    report_entry bigint NOT NULL,
    report_ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    decision text NOT NULL CHECK (decision IN ('accepted', 'returned')),
    reason text,
    round int,
    slot text COLLATE "C",
    due timestamptz,
    cutoff timestamptz,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX review_task ON duban.review (task, period, unit);
COMMENT ON TABLE duban.review IS 'reports accepted or returned, by whom and why; a return names the slot under which the period is owed again, by when, and the how-manieth it is';

CREATE TABLE duban.countersignature (
    entry bigint NOT NULL,
    ord int NOT NULL,
    report_entry bigint NOT NULL,
    report_ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    outcome smallint NOT NULL,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX countersignature_task ON duban.countersignature (task, period);
CREATE INDEX countersignature_report ON duban.countersignature (report_entry, report_ord);
COMMENT ON TABLE duban.countersignature IS 'waiting reports that the unit''s head signed too, with the outcome that each then had';

CREATE TABLE duban.extension (
    entry bigint NOT NULL,
    ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    due timestamptz NOT NULL,
    until date NOT NULL,
    reason text NOT NULL,
    progress int NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX extension_task ON duban.extension (task);
COMMENT ON TABLE duban.extension IS 'extensions asked for: of a period, a resubmission or (-) the completion; due = when it was due then';

CREATE TABLE duban.extension_decision (
    entry bigint NOT NULL,
    ord int NOT NULL,
    request_entry bigint NOT NULL,
    request_ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    decision text NOT NULL CHECK (decision IN ('granted', 'refused')),
    until date,
    due timestamptz,
    cutoff timestamptz,
    reason text,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord),
    UNIQUE (request_entry, request_ord)
);
CREATE INDEX extension_decision_task ON duban.extension_decision (task);
COMMENT ON TABLE duban.extension_decision IS 'extensions granted (with the new date) or refused (with the reason), by whom; once each';

CREATE TABLE duban.closure (
    entry bigint NOT NULL,
    ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    text text NOT NULL,
    evidence jsonb NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX closure_task ON duban.closure (task);
COMMENT ON TABLE duban.closure IS 'closings asked for, with text and the hashes of the evidence';

CREATE TABLE duban.closure_decision (
    entry bigint NOT NULL,
    ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    request_entry bigint,
    request_ord int,
    decision text NOT NULL CHECK (decision IN ('granted', 'refused', 'reopened')),
    reason text,
    slot text COLLATE "C",
    due timestamptz,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord),
    UNIQUE (request_entry, request_ord)
);
CREATE INDEX closure_decision_task ON duban.closure_decision (task);
COMMENT ON TABLE duban.closure_decision IS 'closings granted or refused, tasks reopened; slot and due: the completion that is owed again';

CREATE TABLE duban.office_record (
    entry bigint NOT NULL,
    ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    source text NOT NULL,
    received_on date NOT NULL,
    scan_name text,
    scan_sha256 text,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX office_record_task ON duban.office_record (task);
COMMENT ON TABLE duban.office_record IS 'reports that the office entered for a unit: how and on which day they came (a claim that decides nothing), and the digest of the scan';

CREATE FUNCTION duban.status_name(p smallint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['not-started', 'on-track', 'at-risk', 'blocked', 'done'])[p + 1]
$$;
COMMENT ON FUNCTION duban.status_name(smallint) IS 'status as written in payloads';

CREATE FUNCTION duban.outcome_name(p smallint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['on-time', 'late', 'not-owed', 'correction', 'refused', 'waiting'])[p]
$$;
COMMENT ON FUNCTION duban.outcome_name(smallint) IS 'outcome as written in receipts';

CREATE FUNCTION duban.verdict_name(p smallint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['on-time', 'late', 'missing', 'returned-late'])[p]
$$;
COMMENT ON FUNCTION duban.verdict_name(smallint) IS 'verdict as written in views';
