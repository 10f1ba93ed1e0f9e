-- SPDX-License-Identifier: BSD-2-Clause
-- The registry: who may do what, calendars, rules, ladders. Changed by signed statements only.

CREATE TABLE duban.registry_object (
    object text COLLATE "C" PRIMARY KEY,
    entry bigint NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON TABLE duban.registry_object IS 'each registry object as last set, with the entry that set it; the tables beside it are its columns';

CREATE TABLE duban.unit (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    retired date,
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.unit IS 'departments and local governments';

CREATE TABLE duban.unit_alias (
    unit text COLLATE "C" NOT NULL,
    name text NOT NULL,
    from_date date,
    to_date date
);
CREATE INDEX unit_alias_unit ON duban.unit_alias (unit);
COMMENT ON TABLE duban.unit_alias IS 'other names of a unit, each with the dates it held (inclusive, NULL open)';

CREATE TABLE duban.roster (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    of text NOT NULL CHECK (of IN ('units', 'posts')),
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.roster IS 'named groups of units or of posts';

CREATE TABLE duban.roster_member (
    roster text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    from_date date,
    to_date date
);
CREATE INDEX roster_member_roster ON duban.roster_member (roster);
CREATE INDEX roster_member_code ON duban.roster_member (code);
COMMENT ON TABLE duban.roster_member IS 'members of rosters with dates (inclusive, NULL open)';

CREATE TABLE duban.roster_version (
    roster text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    received timestamptz NOT NULL,
    code text COLLATE "C",
    from_date date,
    to_date date
);
CREATE INDEX roster_version_roster ON duban.roster_version (roster, received);
COMMENT ON TABLE duban.roster_version IS 'members of rosters as each entry set them, and one row with code NULL for each version; who owed a period is looked up as of its opening';

CREATE TABLE duban.post (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('contact', 'head', 'leader', 'office', 'chief')),
    unit text COLLATE "C",
    lang text CHECK (lang IN ('zh_CN', 'en')),
    entry bigint NOT NULL,
    quiet_from time,
    quiet_to time,
    CHECK ((role IN ('contact', 'head')) = (unit IS NOT NULL))
);
CREATE INDEX post_unit ON duban.post (unit);
CREATE INDEX post_role ON duban.post (role) WHERE unit IS NULL;
COMMENT ON TABLE duban.post IS 'posts: who is alerted, and in which language (NULL: zh_CN); quiet_from to quiet_to: mail and hooks wait (in front of what the ladder says)';

CREATE TABLE duban.holder (
    post text COLLATE "C" NOT NULL,
    name text NOT NULL,
    from_date date,
    to_date date
);
CREATE INDEX holder_post ON duban.holder (post);
COMMENT ON TABLE duban.holder IS 'who holds a post, with dates; a post without a holder on a day is vacant';

CREATE TABLE duban.delegate (
    post text COLLATE "C" NOT NULL,
    name text NOT NULL,
    key bytea NOT NULL,
    from_date date,
    to_date date
);
CREATE INDEX delegate_key ON duban.delegate (key);
CREATE INDEX delegate_post ON duban.delegate (post);
COMMENT ON TABLE duban.delegate IS 'who may act for a post with a key of their own, with dates';

CREATE TABLE duban.contact (
    post text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    phone text,
    mail text,
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.contact IS 'name, telephone and mail of posts, from contact statements';

CREATE TABLE duban.calendar (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    from_date date NOT NULL,
    to_date date NOT NULL,
    PRIMARY KEY (code, entry)
);
COMMENT ON TABLE duban.calendar IS 'versions of working-day calendars; from_date to to_date is what is loaded';

CREATE TABLE duban.calendar_day (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    day date NOT NULL,
    work boolean NOT NULL,
    PRIMARY KEY (code, entry, day)
);
COMMENT ON TABLE duban.calendar_day IS 'days that differ from Monday to Friday: worked or off';

CREATE TABLE duban.reporting_rule (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    name text NOT NULL,
    cadence text NOT NULL CHECK (cadence IN ('daily', 'weekly', 'ten-day', 'half-monthly', 'monthly', 'quarterly', 'half-yearly', 'yearly')),
    every int NOT NULL DEFAULT 1 CHECK (every BETWEEN 1 AND 366),
    from_date date,
    to_date date,
    of text NOT NULL CHECK (of IN ('this', 'next')),
    month int,
    day int,
    working_day int,
    weekday int CHECK (weekday BETWEEN 1 AND 7),
    week int,
    at time NOT NULL,
    shift text NOT NULL DEFAULT 'none' CHECK (shift IN ('none', 'next', 'previous', 'after', 'skip')),
    shift_days int,
    grace int NOT NULL DEFAULT 0 CHECK (grace >= 0),
    closes int CHECK (closes > 0),
    owes text NOT NULL DEFAULT 'lead' CHECK (owes IN ('lead', 'leads', 'all', 'asked')),
    asked text[] NOT NULL DEFAULT '{}',
    starts jsonb NOT NULL DEFAULT '[]',
    exceptions jsonb NOT NULL DEFAULT '[]',
    calendar text COLLATE "C" NOT NULL,
    zone text NOT NULL,
    resubmit int,
    countersign boolean,
    PRIMARY KEY (code, entry),
    CHECK (num_nonnulls(day, working_day, weekday) = 1)
);
COMMENT ON TABLE duban.reporting_rule IS 'versions of reporting rules: who owes a report for which periods by when (docs/rules.md); grace in minutes, closes in working days, starts [{unit, from}], exceptions [{period, due, time}]; resubmit: working days that a returned report has (NULL: 3); countersign: whether a report counts only when the unit''s head signed it too (NULL: as its plan says)';

CREATE TABLE duban.ladder (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    name text NOT NULL,
    calendar text COLLATE "C" NOT NULL,
    hold int NOT NULL,
    hold_max int NOT NULL,
    opens time NOT NULL DEFAULT '09:00',
    closes time NOT NULL DEFAULT '17:30',
    rehearsal boolean NOT NULL DEFAULT false,
    kinds text[] NOT NULL,
    quiet_from time,
    quiet_to time,
    quiet_off boolean NOT NULL DEFAULT false,
    quiet_except text[] NOT NULL DEFAULT '{}',
    silence_max int NOT NULL,
    renew int NOT NULL,
    PRIMARY KEY (code, entry)
);
COMMENT ON TABLE duban.ladder IS 'versions of ladders; hold = working days that an acknowledgement holds, hold_max = the most it may ask for; opens to closes = office hours; kinds = obligations that it chases; rehearsal: nothing is delivered above the office; quiet_*: when mail and hooks wait, and for whom they do not; silence_max = days that a silence may last; renew = days before a key, certificate or calendar runs out by which it is to be renewed (of the ladder "credential")';

CREATE TABLE duban.ladder_step (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    step smallint NOT NULL,
    level smallint NOT NULL,
    before int,
    after int,
    at time,
    recipients text[] NOT NULL,
    before_wait text,
    after_wait text,
    repeat text,
    rounds smallint NOT NULL DEFAULT 1,
    answer text,
    channels text[] NOT NULL DEFAULT '{}',
    texts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (code, entry, step),
    CHECK (num_nonnulls(before, after, before_wait, after_wait) = 1)
);
COMMENT ON TABLE duban.ladder_step IS 'steps of a ladder in order: level, working days before the due day or after the alert instant (or a wait such as 90m), addressees; repeat: again after this delay while it is the highest, at most rounds times in all; answer: how long an addressee may leave it unacknowledged; channels: names only; texts by kind of alert';

CREATE TABLE duban.signing_key (
    id bigint PRIMARY KEY,
    key bytea NOT NULL UNIQUE,
    spki bytea NOT NULL,
    alg text NOT NULL,
    code text COLLATE "C" NOT NULL,
    operator boolean NOT NULL,
    valid_from timestamptz,
    valid_until timestamptz,
    revoked text,
    last_seq bigint NOT NULL DEFAULT 0,
    last_id bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    refused_hour timestamptz,
    refused int NOT NULL DEFAULT 0,
    entry bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX signing_key_code ON duban.signing_key (code);
COMMENT ON TABLE duban.signing_key IS 'signing keys and the end of each key''s chain; id = entry * 65536 + position in it';

CREATE TABLE duban.client (
    certificate bytea PRIMARY KEY,
    name text NOT NULL,
    code text COLLATE "C" NOT NULL,
    operator boolean NOT NULL,
    deliver text[] NOT NULL,
    valid_until timestamptz,
    revoked text,
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.client IS 'client certificates by SHA-256 and for whom they may deliver';

CREATE TABLE duban.login (
    login text PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL
);
COMMENT ON TABLE duban.login IS 'database login → unit or post whose rows it reads; * = all';

-- names of units and posts on a day, used where people may write either
CREATE FUNCTION duban.unit_code(p_name text, p_day date) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.code FROM duban.unit u WHERE u.code = p_name
    UNION ALL SELECT u.code FROM duban.unit u WHERE u.name = p_name
    UNION ALL SELECT a.unit FROM duban.unit_alias a
     WHERE a.name = p_name AND p_day BETWEEN coalesce(a.from_date, '-infinity') AND coalesce(a.to_date, 'infinity')
    LIMIT 1
$$;
COMMENT ON FUNCTION duban.unit_code(text, date) IS 'code of a unit by code, name or an alias that holds on the day';

CREATE FUNCTION duban.members(p_roster text, p_day date) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.code FROM duban.roster_member m
     WHERE m.roster = p_roster AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
$$;
COMMENT ON FUNCTION duban.members(text, date) IS 'members of a roster on a day';

CREATE FUNCTION duban.vacant(p_post text, p_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM duban.holder h WHERE h.post = p_post
                        AND p_day BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity'))
        OR EXISTS (SELECT FROM duban.post o JOIN duban.unit u ON u.code = o.unit WHERE o.code = p_post AND u.retired <= p_day);
END
$$;
COMMENT ON FUNCTION duban.vacant(text, date) IS 'true when nobody holds the post on the day or its unit is retired; having no key is not vacancy';
