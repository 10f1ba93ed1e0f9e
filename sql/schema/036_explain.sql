-- SPDX-License-Identifier: BSD-2-Clause
-- Why an alert exists, why there is none, and what a ladder would do: the arithmetic of raise, told step by step.

-- Days between two instants as a calendar counts them; n is the number of the working day.
CREATE FUNCTION duban.days_counted(p_calendar text, p_entry bigint, p_from date, p_to date) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('day', x.day, 'work', x.work, 'n', CASE WHEN x.work THEN x.n END)) ORDER BY x.day), '[]')
      FROM (SELECT d.day, duban.working(p_calendar, p_entry, d.day) AS work,
                   count(*) FILTER (WHERE duban.working(p_calendar, p_entry, d.day)) OVER (ORDER BY d.day) AS n
              FROM (SELECT p_from + g AS day FROM generate_series(1, least(p_to - p_from, 60)) g) d) x
$$;
COMMENT ON FUNCTION duban.days_counted(text, bigint, date, date) IS 'each day behind one day up to another, worked or not, with its count; at most 60';

-- A line of an entry, or all lines of that name.
CREATE FUNCTION duban.entry_lines(p_entry bigint, p_name text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ARRAY(SELECT substr(l, length(p_name) + 2) FROM duban.log_entry e
                  CROSS JOIN LATERAL string_to_table(convert_from(e.entry, 'UTF8'), E'\n') WITH ORDINALITY x (l, n)
                  WHERE e.index = p_entry AND l LIKE p_name || ' %' ORDER BY n)
$$;
COMMENT ON FUNCTION duban.entry_lines(bigint, text) IS 'values of the lines of one name in an entry';

-- The calendar of a ladder as it was in force at an entry.
CREATE FUNCTION duban.calendar_then(p_calendar text, p_registry bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(c.entry) FROM duban.calendar c WHERE c.code = p_calendar AND c.entry <= p_registry
$$;
COMMENT ON FUNCTION duban.calendar_then(text, bigint) IS 'newest version of a calendar up to an entry';

-- What moved a step away from its printed instant: hold, silence, blind period, an earlier delay, nobody's answer.
CREATE FUNCTION duban.why_moved(p_a duban.alert, p_c duban."case", p_planned timestamptz) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_agg(x.j ORDER BY x.n), '[]') FROM (
        SELECT 1 AS n, jsonb_build_object('by', 'unacknowledged', 'posts', duban.entry_lines(p_a.entry, 'unacknowledged')) AS j
         WHERE p_a.kind = 'alert-unacknowledged'
        UNION ALL
        SELECT 2, jsonb_build_object('by', 'hold', 'entry', k.entry, 'post', k.post, 'until', duban.utc_second(k.held_until))
          FROM duban.acknowledgement k JOIN duban.alert a ON a.alert = k.alert
         WHERE a."case" = p_a."case" AND k.held_until IS NOT NULL AND k.entry < p_a.entry AND k.held_until > p_planned
        UNION ALL
        SELECT 3, jsonb_build_object('by', 'silence', 'silence', s.entry || '.' || s.ord, 'author', s.author, 'reason', s.reason, 'until', duban.utc_second(s.ends))
          FROM duban.silence_target t JOIN duban.silence s ON s.entry = t.entry AND s.ord = t.ord
         WHERE t.target IN ('task/' || p_c.task, 'unit/' || p_c.unit) AND s.began <= p_a.at AND s.ends > p_planned AND s.ends <= p_a.at
        UNION ALL
        SELECT 4, jsonb_build_object('by', 'blind', 'entry', b.entry, 'from', duban.utc_second(b.began), 'to', duban.utc_second(b.ended), 'until', duban.utc_second(b.drained))
          FROM duban.blind b WHERE b.drained > p_planned AND b.drained <= p_a.at AND b.entry < p_a.entry
        UNION ALL
        SELECT 5, jsonb_build_object('by', 'repeat', 'notice', p_a.round)
         WHERE p_a.round > 1 AND EXISTS (SELECT FROM duban.alert a WHERE a."case" = p_a."case" AND a.step = p_a.step AND a.round < p_a.round)) x
     WHERE p_a.at IS DISTINCT FROM p_planned
$$;
COMMENT ON FUNCTION duban.why_moved(duban.alert, duban."case", timestamptz) IS 'why a step fell at another instant than the printed one';

CREATE FUNCTION duban.why_alert(p_alert bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a duban.alert;
    c duban."case";
    o duban.obligation;
    l duban.ladder;
    zone text;
    calendar_entry bigint;
    steps duban.ladder_step[];
    planned timestamptz[];
    base timestamptz;
BEGIN
    SELECT x.* INTO a FROM duban.alert x WHERE x.alert = p_alert;
    SELECT x.* INTO c FROM duban."case" x WHERE x."case" = a."case";
    SELECT x.* INTO o FROM duban.obligation x WHERE x.task = c.task AND x.period = c.period AND x.unit = c.unit;
    SELECT x.* INTO l FROM duban.ladder x WHERE x.code = c.ladder AND x.entry = c.ladder_entry;
    zone := duban.task_zone(c.task);
    IF l.code IS NOT NULL AND o.task IS NOT NULL THEN
        calendar_entry := duban.calendar_then(l.calendar, (duban.entry_lines(a.entry, 'registry'))[1]::bigint);
        steps := duban.ladder_steps(l.code, l.entry);
        base := greatest(c.cutoff, o.opens);
        planned := duban.steps_at(l, steps, calendar_entry, c.due, base, 0, coalesce(zone, 'Asia/Shanghai'));
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'alert', a.alert, 'number', a.number, 'kind', a.kind, 'level', a.level, 'round', a.round, 'post', a.post, 'rehearsal', nullif(a.rehearsal, false),
        'at', duban.utc_micro(a.at), 'raised', duban.utc_micro(a.raised), 'deliver_at', duban.utc_second(a.deliver_at), 'entry', a.entry, 'why', a.why,
        'facts', jsonb_build_object('task', c.task, 'period', nullif(c.period, '-'), 'unit', c.unit, 'kind', o.kind, 'opens', duban.utc_second(o.opens),
            'due', duban.utc_second(c.due), 'cutoff', duban.utc_second(c.cutoff), 'rule', o.rule, 'calendar', o.calendar,
            'verdicts', (SELECT jsonb_agg(jsonb_build_object('verdict', duban.verdict_name(v.verdict), 'entry', v.entry, 'received', duban.utc_micro(v.received)) ORDER BY v.entry)
                           FROM duban.verdict v WHERE v.task = c.task AND v.period = c.period AND v.unit = c.unit)),
        'ladder', CASE WHEN steps IS NOT NULL THEN jsonb_build_object('version', l.code || '@' || l.entry, 'name', l.name, 'step', a.step,
            'delay', duban.step_delay(steps[a.step]), 'from', duban.utc_micro(CASE WHEN a.level = 0 THEN c.due ELSE base END),
            'planned', duban.utc_micro(planned[a.step]), 'to', steps[a.step].recipients,
            'calendar', l.calendar || '@' || calendar_entry,
            'days', CASE WHEN steps[a.step].after IS NOT NULL THEN duban.days_counted(l.calendar, calendar_entry, (base AT TIME ZONE zone)::date, (planned[a.step] AT TIME ZONE zone)::date)
                         WHEN steps[a.step].before IS NOT NULL THEN duban.days_counted(l.calendar, calendar_entry, (planned[a.step] AT TIME ZONE zone)::date, (c.due AT TIME ZONE zone)::date) END) END,
        'moved', CASE WHEN planned IS NOT NULL THEN nullif(duban.why_moved(a, c, planned[a.step]), '[]') END,
        'vacant', nullif(to_jsonb(duban.entry_lines(a.entry, 'vacant')), '[]'),
        'acknowledged', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('entry', k.entry, 'post', k.post, 'delegate', k.delegate, 'told', k.told, 'comment', k.comment,
                                'held_until', duban.utc_second(k.held_until))) ORDER BY k.entry) FROM duban.acknowledgement k WHERE k.alert = a.alert),
        'case', jsonb_build_object('case', c."case", 'closed', c.closed, 'reason', c.reason, 'next', duban.utc_second(c.next_at), 'held_until', duban.utc_second(c.held_until),
            'alerts', (SELECT jsonb_agg(jsonb_build_object('alert', x.alert, 'level', x.level, 'round', x.round, 'post', x.post, 'at', duban.utc_second(x.at)) ORDER BY x.alert)
                         FROM duban.alert x WHERE x."case" = c."case"))))::text;
END
$$;
COMMENT ON FUNCTION duban.why_alert(bigint) IS 'facts, versions and arithmetic behind one alert, as JSON';

CREATE FUNCTION duban.step_delay(p duban.ladder_step) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p.before IS NOT NULL OR p.before_wait IS NOT NULL THEN '-' ELSE '+' END || coalesce(p.before_wait, p.after_wait, p.before::text, p.after::text)
$$;
COMMENT ON FUNCTION duban.step_delay(duban.ladder_step) IS 'when a step falls, as written: -3 before the due day, +1 behind the alert instant, +90m';

-- Why an obligation has no alert (or no further one): the first reason that holds.
CREATE FUNCTION duban.why_not_one(o duban.obligation, p_now timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    p duban.plan;
    c duban."case";
    l duban.ladder;
    i duban.raise_item;
    v duban.verdict;
    s record;
    reason text;
    at timestamptz;
    more jsonb := '{}';
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = o.task;
    SELECT x.* INTO p FROM duban.plan x WHERE x.handle = t.plan;
    SELECT x.* INTO c FROM duban."case" x WHERE x.task = o.task AND x.period = o.period AND x.unit = o.unit AND x.closed IS NULL;
    SELECT x.* INTO l FROM duban.ladder x WHERE x.code = coalesce(c.ladder, p.ladder, o.kind) AND x.entry <= coalesce(c.ladder_entry, 9223372036854775807) ORDER BY x.entry DESC LIMIT 1;
    SELECT x.* INTO v FROM duban.verdict x WHERE x.task = o.task AND x.period = o.period AND x.unit = o.unit AND NOT x.silence;
    at := coalesce(c.next_at, (SELECT a.at FROM duban.agenda a WHERE a.task = o.task AND a.period = o.period AND a.unit = o.unit));
    IF v.task IS NOT NULL THEN
        reason := 'settled';
        more := jsonb_build_object('verdict', duban.verdict_name(v.verdict), 'entry', v.entry, 'received', duban.utc_micro(v.received));
    ELSIF o.cutoff <= t.released THEN
        reason := 'released';
    ELSIF o.opens > p_now THEN
        reason := 'not-open';
        at := o.opens;
    ELSIF l.code IS NULL THEN
        reason := 'no-ladder';
    ELSIF c."case" IS NULL AND NOT o.kind = ANY (l.kinds) THEN
        reason := 'not-chased';
    ELSIF duban.pushed_blind(o.cutoff) > p_now AND o.cutoff <= p_now THEN
        reason := 'blind';
        at := duban.pushed_blind(o.cutoff);
    ELSIF c.held_until > p_now THEN
        reason := 'held';
        SELECT k.entry, k.post, k.delegate INTO s FROM duban.acknowledgement k JOIN duban.alert a ON a.alert = k.alert
         WHERE a."case" = c."case" AND k.held_until IS NOT NULL ORDER BY k.entry DESC LIMIT 1;
        more := jsonb_build_object('until', duban.utc_second(c.held_until), 'entry', s.entry, 'post', s.post, 'delegate', s.delegate);
    ELSIF duban.pushed(greatest(least(at, p_now), o.cutoff), o.task, o.unit) > p_now AND o.cutoff <= p_now THEN
        reason := 'silenced';
        SELECT x.entry || '.' || x.ord AS silence, x.author, x.reason, x.ends INTO s FROM duban.silence_target y JOIN duban.silence x ON x.entry = y.entry AND x.ord = y.ord
         WHERE y.target IN ('task/' || o.task, 'unit/' || o.unit) AND x.began <= p_now AND x.ends > p_now ORDER BY x.ends DESC LIMIT 1;
        more := jsonb_build_object('silence', s.silence, 'author', s.author, 'text', s.reason, 'until', duban.utc_second(s.ends));
        at := s.ends;
    ELSIF o.cutoff > p_now THEN
        reason := 'before-cutoff';
        at := coalesce(at, o.cutoff);
    ELSIF c."case" IS NOT NULL AND c.next_at IS NULL THEN
        reason := 'top';
    ELSE
        reason := 'climbing';
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object('task', o.task, 'period', nullif(o.period, '-'), 'unit', o.unit, 'kind', o.kind, 'due', duban.utc_second(o.due),
        'cutoff', duban.utc_second(o.cutoff), 'rule', o.rule, 'calendar', o.calendar, 'reason', reason, 'next', duban.utc_second(at), 'ladder', l.code || '@' || l.entry,
        'case', c."case", 'level', c.level,
        'told', (SELECT jsonb_agg(jsonb_build_object('alert', a.alert, 'level', a.level, 'post', a.post, 'at', duban.utc_second(a.at)) ORDER BY a.alert) FROM duban.alert a WHERE a."case" = c."case"),
        'vacant', (SELECT nullif(to_jsonb(duban.entry_lines(max(a.entry), 'vacant')), '[]') FROM duban.alert a WHERE a."case" = c."case")) || more);
END
$$;
COMMENT ON FUNCTION duban.why_not_one(duban.obligation, timestamptz) IS 'what keeps an obligation from being raised: settled, released, not-open, no-ladder, not-chased, blind, held, silenced, before-cutoff, top (nobody is above), climbing';

CREATE FUNCTION duban.why_not(p_task text, p_period text) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    at timestamptz := duban.now();
BEGIN
    RETURN QUERY
    SELECT duban.why_not_one(o, at) FROM duban.obligation o
     WHERE o.task = p_task AND (p_period IS NULL AND o.opens <= at OR o.period = p_period) ORDER BY o.due, o.period, o.unit;
    IF NOT FOUND THEN
        RETURN QUERY
        SELECT jsonb_strip_nulls(jsonb_build_object('task', t.name, 'period', p_period, 'unit', t.accountable, 'entry', t.withdrawn,
                   'reason', CASE WHEN t.withdrawn IS NOT NULL THEN 'withdrawn' WHEN t.accountable IS NULL THEN 'nobody-owes'
                                  WHEN p_period IS NOT NULL THEN 'not-owed' ELSE 'nothing-open' END))
          FROM duban.task t WHERE t.name = p_task;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.why_not(text, text) IS 'one object for each obligation of a task that is open (or of one period): why it is not raised further';

-- What a ladder does with something due at an instant and never delivered: every step and repeat in order.
CREATE FUNCTION duban.ladder_test(p_code text, p_ladder text, p_due text, p_task text) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l duban.ladder;
    s duban.ladder_step;
    steps duban.ladder_step[];
    zone text := coalesce(duban.task_zone(p_task), 'Asia/Shanghai');
    unit text := (SELECT t.accountable FROM duban.task t WHERE t.name = p_task);
    calendar_entry bigint;
    due timestamptz := CASE WHEN length(p_due) = 10 THEN (p_due::date + time '23:59') AT TIME ZONE zone
                            WHEN p_due ~ '(Z|[+-][0-9:]+)$' AND length(p_due) > 16 THEN p_due::timestamptz ELSE p_due::timestamp AT TIME ZONE zone END;
    at timestamptz[];
    fell timestamptz;
    named text[];
    unfilled text[];
BEGIN
    IF p_ladder IS NOT NULL THEN
        l := duban.ladder_of(p_ladder::jsonb, -1);
        steps := ARRAY(SELECT x FROM duban.ladder_steps_of(p_ladder::jsonb, -1) x ORDER BY x.step);
    ELSE
        SELECT x.* INTO l FROM duban.ladder x WHERE x.code = p_code ORDER BY x.entry DESC LIMIT 1;
        steps := duban.ladder_steps(l.code, l.entry);
    END IF;
    calendar_entry := duban.calendar_entry(l.calendar);
    IF calendar_entry IS NULL OR due IS NULL THEN
        RETURN;
    END IF;
    at := duban.steps_at(l, steps, calendar_entry, due, due + interval '1 minute', 0, zone);
    FOREACH s IN ARRAY steps LOOP
        fell := at[s.step];
        IF unit IS NOT NULL THEN
            SELECT x.posts, x.vacant INTO named, unfilled FROM duban.recipients(s.recipients, p_task, unit, (fell AT TIME ZONE zone)::date) x;
        END IF;
        FOR round IN 1 .. s.rounds LOOP
            EXIT WHEN round > 1 AND fell >= at[s.step + 1];
            RETURN NEXT jsonb_strip_nulls(jsonb_build_object('ladder', CASE WHEN p_ladder IS NULL THEN l.code || '@' || l.entry ELSE l.code END, 'calendar', l.calendar || '@' || calendar_entry,
                'due', duban.utc_second(due), 'step', s.step, 'level', s.level, 'delay', duban.step_delay(s), 'notice', nullif(round, 1), 'at', duban.utc_second(fell), 'to', s.recipients,
                'posts', to_jsonb(named), 'vacant', nullif(to_jsonb(unfilled), '[]'), 'channels', nullif(to_jsonb(s.channels), '[]'),
                'answer_by', CASE WHEN round = 1 AND s.answer IS NOT NULL THEN duban.utc_second(duban.delay_add(duban.delay_of(s.answer), fell, l, calendar_entry, NULL, zone)) END,
                'deliver_at', CASE WHEN l.quiet_from IS NOT NULL THEN duban.utc_second(duban.quiet_end(fell, l.quiet_from, l.quiet_to, l.quiet_off, l.calendar, calendar_entry, zone)) END,
                'rehearsal', nullif(l.rehearsal AND s.recipients && '{leader,chief}', false)));
            fell := duban.delay_add(duban.delay_of(s.repeat), fell, l, calendar_entry, NULL, zone);
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.ladder_test(text, text, text, text) IS 'steps of a ladder (registered, or given as JSON) for a due instant, with the posts of a task when one is named';

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.why_alert OWNER TO duban_append;
ALTER FUNCTION duban.why_not OWNER TO duban_append;
ALTER FUNCTION duban.ladder_test OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
REVOKE ALL ON FUNCTION duban.days_counted, duban.entry_lines, duban.calendar_then, duban.why_moved, duban.why_alert, duban.step_delay, duban.why_not_one,
    duban.why_not, duban.ladder_test FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.days_counted, duban.entry_lines, duban.calendar_then, duban.why_moved, duban.why_alert, duban.step_delay, duban.why_not_one,
    duban.why_not, duban.ladder_test TO duban_append;
GRANT EXECUTE ON FUNCTION duban.why_alert, duban.why_not, duban.ladder_test TO duban_receiver;
