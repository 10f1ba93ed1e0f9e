-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (silence): silences over what the client may see, oldest first
SELECT lpad(split_part(s.silence, '.', 1), 18, '0') || '.' || lpad(split_part(s.silence, '.', 2), 4, '0') AS cursor,
       json_strip_nulls(json_build_object('silence', s.silence, 'author', s.author, 'began', duban.utc_second(s.began), 'until', duban.utc_second(s.until),
           'ends', duban.utc_second(s.ends), 'lasts', s.lasts, 'lifted', s.lifted, 'reason', s.reason, 'targets', s.targets))::text AS item
  FROM duban.v_silence s
 WHERE $2::text IS NULL OR lpad(split_part(s.silence, '.', 1), 18, '0') || '.' || lpad(split_part(s.silence, '.', 2), 4, '0') > $2::text
 ORDER BY 1 LIMIT $1::int
