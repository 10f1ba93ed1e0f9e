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
    base_step smallint NOT NULL DEFAULT 0,
    held_until timestamptz,
    next_at timestamptz,
    closed bigint,
    reason text,
    round smallint NOT NULL DEFAULT 0,
    repeats smallint NOT NULL DEFAULT 0,
    repeat_at timestamptz,
    answer_at timestamptz
);
CREATE UNIQUE INDEX case_open ON duban."case" (task, period, unit) WHERE closed IS NULL;
COMMENT ON TABLE duban."case" IS 'one lateness (or its reminders) being chased; named by the entry that opened it; step and level = highest raised; base, base_step: the instant that later steps are counted from, and the step that fell there; round = last of this level, repeats = how often this step fell, repeat_at = when it falls again; answer_at = until when its addressees may leave it unacknowledged; next_at = the next step or repeat';

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
    round smallint NOT NULL DEFAULT 1,
    rehearsal boolean NOT NULL DEFAULT false,
    deliver_at timestamptz,
    UNIQUE ("case", level, round, post)
);
-- "+ 0": only who names a post can use it. A plan made on the empty table looked for an alert by its number in all of it.
CREATE INDEX alert_post ON duban.alert (post, (alert + 0));
CREATE INDEX alert_bundle ON duban.alert (bundle);
COMMENT ON TABLE duban.alert IS 'numbered alerts, one per recipient; the number rises over the instance and is the id on the stream; bundle: what one level owes one post for one instant; rehearsal: recorded, delivered to nobody; deliver_at: mail and hooks wait for the end of quiet hours';

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
    delegate text,
    told jsonb,
    PRIMARY KEY (alert, entry)
);
COMMENT ON TABLE duban.acknowledgement IS 'who acknowledged which alert for which post; held_until when it held the climb; delegate: by whom, for the post; told: 督查室 recorded that the post was told (by, to, at, how)';

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
    fault text,
    redo timestamptz
);
CREATE INDEX materialised_wanted ON duban.materialised (wanted_at);
COMMENT ON TABLE duban.materialised IS 'how far the obligations of a plan are made: -1 nothing, else completions and periods up to an ordinal; upto: the pass that is under way and the task that it has reached (again: some of it exists already); wanted_at: when more is to be made; fault: why it could not; redo: the schedule changed at this instant and the pass replaces what had not opened by then; operational';

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

CREATE TABLE duban.blind (
    entry bigint PRIMARY KEY,
    began timestamptz NOT NULL,
    ended timestamptz NOT NULL,
    drained timestamptz NOT NULL
);
CREATE INDEX blind_drained ON duban.blind (drained);
COMMENT ON TABLE duban.blind IS 'outages of the daemon: nobody looked from began to ended; until drained the outboxes empty and nothing is declared missing or raised that fell from began on';

CREATE TABLE duban.silence (
    entry bigint NOT NULL,
    ord int NOT NULL,
    began timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    author text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    lifted bigint,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (entry, ord)
);
CREATE INDEX silence_ends ON duban.silence (ends);
COMMENT ON TABLE duban.silence IS 'silences: until as it was signed, ends as it is now; lifted = entry that ended it early';

CREATE TABLE duban.silence_target (
    entry bigint NOT NULL,
    ord int NOT NULL,
    target text COLLATE "C" NOT NULL,
    PRIMARY KEY (target, entry, ord)
);
COMMENT ON TABLE duban.silence_target IS 'what a silence covers: unit/u001 or task/p1/3, nothing wider';

CREATE TABLE duban.credential (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL,
    operator boolean NOT NULL,
    expires timestamptz NOT NULL,
    opens timestamptz NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    ended bigint,
    how text,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (task, period)
);
CREATE INDEX credential_owner ON duban.credential (owner);
CREATE UNIQUE INDEX credential_open ON duban.credential (task) WHERE ended IS NULL;
COMMENT ON TABLE duban.credential IS 'what runs out, and by when its owner is to renew it: task = key/…, client/… or calendar/… as in the registry, period = the slot expires!<entry> of its obligation, owner = a unit, or a post above the units; ended = entry that ended this, how = renewed or withdrawn';

CREATE FUNCTION duban.pushed_blind(p_at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached timestamptz := p_at;
    later timestamptz;
BEGIN
    LOOP
        SELECT max(b.drained) INTO later FROM duban.blind b WHERE b.drained > reached AND b.began <= reached;
        EXIT WHEN later IS NULL;
        reached := later;
    END LOOP;
    RETURN reached;
END
$$;
COMMENT ON FUNCTION duban.pushed_blind(timestamptz) IS 'an instant, or the end of the drain time when it lies in a blind period';

CREATE FUNCTION duban.was_blind(p_cutoff timestamptz, p_received timestamptz) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM duban.blind b WHERE b.began <= p_cutoff AND p_cutoff < b.drained AND p_received < b.drained)
$$;
COMMENT ON FUNCTION duban.was_blind(timestamptz, timestamptz) IS 'whether a cut-off lay in a blind period or its drain time, and the report came before the drain time was over';

CREATE FUNCTION duban.pushed(p_at timestamptz, p_task text, p_unit text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached timestamptz := p_at;
    later timestamptz;
BEGIN
    LOOP
        reached := duban.pushed_blind(reached);
        SELECT max(s.ends) INTO later
          FROM duban.silence_target t
         CROSS JOIN LATERAL (SELECT x.ends FROM duban.silence x WHERE x.entry = t.entry AND x.ord = t.ord AND x.began <= reached AND reached < x.ends LIMIT 1) s
         WHERE t.target IN ('task/' || p_task, 'unit/' || p_unit);
        EXIT WHEN later IS NULL;
        reached := later;
    END LOOP;
    RETURN reached;
END
$$;
COMMENT ON FUNCTION duban.pushed(timestamptz, text, text) IS 'when a step falls that is due at an instant: not inside a blind period, nor a silence over the task or the unit';
