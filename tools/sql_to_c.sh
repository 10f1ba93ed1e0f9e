#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sql_to_c.sh FILE…: prints a C table {"name", "text"} of SQL files.
# name = file name without .sql, in the order given.
set -eu
echo "/* generated from sql/ by tools/sql_to_c.sh; do not edit */"
for f in "$@"; do
    base=$(basename "$f" .sql)
    # a C string literal may be limited to 4095 bytes by pedantic compilers; one line per literal
    printf '{"%s",\n' "$base"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/ "/' -e 's/$/\\n"/' "$f"
    printf '},\n'
done
