#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sql_to_c.sh FILE…: prints a C table {"name", "text"} of SQL files.
# name = file name without .sql, in the order given. A file with the words "also as of" in its first comment
# comes a second time as <name>_asof, reading schema duban_asof (sql/schema/028_asof.sql) instead of duban.
set -eu
echo "/* generated from sql/ by tools/sql_to_c.sh; do not edit */"
entry() { # NAME: the text from standard input
    # a C string literal may be limited to 4095 bytes by pedantic compilers; one line per literal
    printf '{"%s",\n' "$1"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/ "/' -e 's/$/\\n"/'
    printf '},\n'
}
for f in "$@"; do
    base=$(basename "$f" .sql)
    entry "$base" <"$f"
    # relations and the clock; functions and settings stay
    case $f in
    *query/*)
        if grep -q '^--.*also as of' "$f"; then
            sed -e "s/'duban\./'duban!/g" -e 's/duban\.\([a-z_]*\)(/duban!\1(/g' -e 's/duban\./duban_asof./g' -e 's/duban!/duban./g' \
                -e 's/duban\.now(/duban.as_of_now(/g' "$f" | entry "${base}_asof"
        fi
        ;;
    esac
done
