#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a reviewer should not have to say: format, static analysis, shell, messages, manual pages.
# Tools that are not installed are named and skipped unless LINT_STRICT=1 (CI).
set -uo pipefail
cd -- "$(dirname -- "$0")/.." || exit
BUILD=$(realpath -m -- "${BUILD:-build}")
faults=0
mapfile -t c_files < <(find common plan client daemon tests bench -name '*.[ch]' | sort)
mapfile -t sh_files < <(grep -rlE '^#!/bin/(ba)?sh' client tests examples tools bench .ci 2>/dev/null; find tests -name '*.t' -o -name 'lib*.sh')

step() { # NAME COMMAND...
    local name=$1 out
    shift
    if out=$("$@" 2>&1); then
        echo "ok    $name"
    else
        echo "FAULT $name"
        head -n 60 <<<"$out" | sed 's/^/      /'
        ((++faults))
    fi
}
have() { # TOOL PACKAGE
    command -v "$1" >/dev/null && return
    echo "skip  $1 is not installed (apt-get install $2)"
    [[ -z ${LINT_STRICT:-} ]] || ((++faults))
    return 1
}

headers() { # every source says its licence
    local missing
    missing=$(grep -L 'SPDX-License-Identifier: BSD-2-Clause' "${c_files[@]}" "${sh_files[@]}" sql/*.sql sql/*/*.sql conf/*/*.conf)
    [[ -z $missing ]] || { printf 'no SPDX line: %s\n' "${missing//$'\n'/ }" && return 1; }
}
unfinished() {
    ! grep -nE '\b(TODO|FIXME|XXX)\b' "${c_files[@]}" sql/*.sql sql/*/*.sql
}
includes() { # libpq only in daemon/db, OpenSSL's SSL only in tls_stream and certificate code
    ! printf '%s\n' "${c_files[@]}" | grep -v -E '^(daemon/db|bench)/' | xargs grep -n '#include <libpq-fe.h>'
}
calendar() { # standard.conf carries the calendar word for word
    diff <(sed -n '/^calendar "cn"/,$p' conf/calendars/cn-2022-2026.conf) <(sed -n '/^calendar "cn"/,$p' conf/registry/standard.conf)
}
messages() { # all translated, none fuzzy
    local po status=0
    for po in po/*.po; do
        msgfmt --check -o /dev/null "$po" || status=1
        if msgattrib --untranslated "$po" | grep -q '^msgid' || msgattrib --only-fuzzy "$po" | grep -q '^msgid'; then
            echo "$po:"
            msgfmt --statistics -o /dev/null "$po"
            msgattrib --untranslated "$po" | grep '^msgid' | head -n 20
            msgattrib --only-fuzzy "$po" | grep '^msgid' | head -n 20
            status=1
        fi
    done
    return "$status"
}
template() { # po/ holds every message of the sources: make pot was run
    local pot
    pot=$(mktemp) || return 1
    xgettext --from-code=UTF-8 -L C -k_ -kN_ --no-location --sort-output -o "$pot" common/*.c plan/*.c client/*.c daemon/*.c daemon/*/*.c
    diff <(grep -E '^(msgid|")' "$pot" | grep -v '^"[A-Z][A-Za-z-]*: ') <(grep -E '^(msgid|")' po/duban.pot | grep -v '^"[A-Z][A-Za-z-]*: ') >"$pot.diff"
    local status=$?
    ((status == 0)) || { echo "run: make pot, then translate" && head -n 30 "$pot.diff"; }
    rm -f "$pot" "$pot.diff"
    return "$status"
}
# shellcheck disable=SC2016
tidy() {
    local files=() flags
    mapfile -t files < <(find common plan client daemon -name '*.c' | sort)
    flags="-std=c11 -D_GNU_SOURCE -I. -I$BUILD/gen -DDUBAN_VERSION=\"x\" -DDUBAN_DATADIR=\"x\" -DDUBAN_LOCALEDIR=\"x\" -DDUBAN_SYSCONFDIR=\"x\" $(pkg-config --cflags libcrypto libssl jansson libevent_core libpq libconfuse libcurl smartcols libutf8proc)"
    printf '%s\0' "${files[@]}" | xargs -0 -n 8 -P 2 sh -c 'flags=$1; shift; exec clang-tidy --quiet --warnings-as-errors="*" --config-file=.clang-tidy "$@" -- $flags' sh "$flags"
}
static() {
    cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,portability --library=tests/cppcheck.cfg \
        --suppress=missingIncludeSystem --suppress=internalAstError --suppress=uninitvar:plan/warnings.c --suppress=autoVariables:daemon/link.c -I. -j 2 common plan client daemon
}

step 'licence lines' headers
step 'nothing unfinished' unfinished
step 'libpq stays in daemon/db' includes
step 'calendar is the same in both files' calendar
have clang-format clang-format && step clang-format clang-format --dry-run --Werror "${c_files[@]}"
have shellcheck shellcheck && step shellcheck shellcheck -S warning -x -P SCRIPTDIR "${sh_files[@]}"
have msgattrib gettext && step 'every message is translated' messages && [[ -f po/duban.pot ]] && step 'po/ is up to date' template
have mandoc mandoc && step 'manual pages' mandoc -Tlint -W warning docs/man/*.[158]
have cppcheck cppcheck && step cppcheck static
have clang-tidy clang-tidy && step clang-tidy tidy
((faults == 0)) && echo "lint: nothing to say" && exit 0
echo "lint: $faults kinds of fault"
exit 1
