-- SPDX-License-Identifier: BSD-2-Clause
-- Alerting: cases, numbered alerts, acknowledgements, stream events, and the agenda (a hint).

CREATE TABLE duban."case" (
    "case" bigint PRIMARY KEY,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    ladder text COLLATE "C" NOT NULL,
    ladder_entry bigint NOT NULL,
    step smallint NOT NULL,
    level smallint NOT NULL,
    base timestamptz NOT NULL,
    base_after int NOT NULL DEFAULT 0,
    held_until timestamptz,
    next_at timestamptz,
    closed bigint,
    reason text
);
CREATE UNIQUE INDEX case_open ON duban."case" (task, period, unit) WHERE closed IS NULL;
COMMENT ON TABLE duban."case" IS 'one lateness (or its reminders) being chased; named by the entry that opened it; step and level = highest raised';

CREATE TABLE duban.alert (
    alert bigint PRIMARY KEY,
    number text NOT NULL,
    bundle text NOT NULL,
    kind text NOT NULL,
    "case" bigint NOT NULL,
    step smallint NOT NULL,
    level smallint NOT NULL,
    post text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    raised timestamptz NOT NULL,
    entry bigint NOT NULL,
    why text NOT NULL,
    UNIQUE ("case", step, post)
);
CREATE INDEX alert_post ON duban.alert (post);
CREATE INDEX alert_bundle ON duban.alert (bundle);
COMMENT ON TABLE duban.alert IS 'numbered alerts, one per recipient; the number rises over the instance and is the id on the stream';

CREATE TABLE duban.alert_number (
    year int NOT NULL,
    kind text NOT NULL,
    last int NOT NULL,
    PRIMARY KEY (year, kind)
);
COMMENT ON TABLE duban.alert_number IS 'last printed number per year and kind; gapless';

CREATE TABLE duban.closing (
    event bigint PRIMARY KEY,
    "case" bigint NOT NULL,
    reason text NOT NULL,
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.closing IS 'withdrawals on the stream; event ids come from the sequence of alerts';

CREATE TABLE duban.acknowledgement (
    alert bigint NOT NULL,
    entry bigint NOT NULL,
    post text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    comment text,
    decision text,
    held_until timestamptz,
    PRIMARY KEY (alert, entry)
);
COMMENT ON TABLE duban.acknowledgement IS 'who acknowledged which alert; held_until when it held the climb';

CREATE TABLE duban.act (
    entry bigint NOT NULL,
    ord int NOT NULL,
    object text NOT NULL,
    outcome text NOT NULL,
    errors text,
    line text,
    members text,
    PRIMARY KEY (entry, ord)
);
COMMENT ON TABLE duban.act IS 'outcomes of statements other than reports, one row each; line: the lines in the digest when they are not the plain one; members: more of the receipt''s object, as JSON text that starts with a comma';

CREATE TABLE duban.agenda (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (task, period, unit)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01);
CREATE INDEX agenda_at ON duban.agenda (at);
COMMENT ON TABLE duban.agenda IS 'when to look at an obligation next; a hint that raise checks against the rule; operational';

CREATE TABLE duban.materialised (
    plan text COLLATE "C" PRIMARY KEY,
    ordinal int NOT NULL DEFAULT -1,
    upto int,
    reached text COLLATE "C" NOT NULL DEFAULT '',
    again boolean NOT NULL DEFAULT false,
    wanted_at timestamptz NOT NULL DEFAULT '-infinity',
    fault text
);
CREATE INDEX materialised_wanted ON duban.materialised (wanted_at);
COMMENT ON TABLE duban.materialised IS 'how far the obligations of a plan are made: -1 nothing, else completions and periods up to an ordinal; upto: the pass that is under way and the task that it has reached (again: some of it exists already); wanted_at: when more is to be made; fault: why it could not; operational';

CREATE TABLE duban.remake (
    task text COLLATE "C" PRIMARY KEY
);
COMMENT ON TABLE duban.remake IS 'tasks that were changed: what they owe in periods to come is made again by the next slice; operational';

CREATE TABLE duban.put_off (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    why text NOT NULL,
    PRIMARY KEY (task, period, unit)
);
COMMENT ON TABLE duban.put_off IS 'obligations that raise could not judge and looks at again later; operational';
