#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Processes of duband killed or stopped under load: the others go on, what died is started again,
# nothing acknowledged is lost.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/faults.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2
parent() { cat "$DUBAN_PIDFILE"; }
children() { pgrep -P "$(parent)" | sort -n | tr '\n' ' '; }
count() { children | wc -w; }
load_start u001 u002 u003
good=$(count)
complete() { [[ $(count) == "$good" ]]; }
for p in $(children); do
    before=$(children)
    kill -KILL "$p"
    ok "child $p killed: all clients go on" progress
    ok "… and another was started" eventually 15 complete
    isnt "$(children)" "$before" "… a new one"
done
victims=$(children)
for p in $victims; do kill -KILL "$p"; done
ok "all children killed at once: all clients go on" progress
ok "… all were started" eventually 15 complete

# a process that hangs is as bad as one that died
for p in $(children); do
    kill -STOP "$p"
    replaced() { ! kill -0 "$p" 2>/dev/null || grep -q '^State:.Z' "/proc/$p/status"; }
    ok "child $p stopped (SIGSTOP): duband replaces it" eventually 45 replaced
    kill -CONT "$p" 2>/dev/null
    ok "… all clients go on" progress
done

kill -STOP "$(parent)" && sleep 2 && kill -CONT "$(parent)"
ok "the parent stopped for a moment: all clients go on" progress

# the parent dies: no child survives it, and the next start takes over
orphans=$(children)
kill -KILL "$(parent)"
gone() { local p; for p in $orphans; do ! kill -0 "$p" 2>/dev/null || grep -q '^State:.Z' "/proc/$p/status" || return 1; done; }
ok "the parent killed: its children end" eventually 15 gone
run duban-local start "$I"
is "$STATUS" 0 "started again"
ok "all clients go on" progress
duban-local kill "$I"
run duban-local start "$I"
is "$STATUS" 0 "everything killed, PostgreSQL too, and started again"
ok "all clients go on" progress
load_end
done_testing
