# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# For tests of channels: certificates of our own, an SMTP and an HTTPS sink that do what a file says.
# Source it after lib.sh.
PYTHON=/usr/bin/python3 # Debian's, which has python3-aiosmtpd
"$PYTHON" -c 'import aiosmtpd' 2>/dev/null || skip_all "python3-aiosmtpd is not installed"

certificates() { # DIR: ca.pem, and sink.pem/sink.key for 127.0.0.1, both of that CA
    mkdir -p "$1"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=sink -keyout "$1/sink.key" \
        -out "$1/sink.csr" 2>/dev/null
    openssl x509 -req -in "$1/sink.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 \
        -extfile <(printf 'subjectAltName=IP:127.0.0.1') -out "$1/sink.pem" 2>/dev/null
}
sink() { # NAME PROGRAM OPTION...: runs tests/fakes/PROGRAM with $W/NAME; its port in SINK_PORT, number in SINK_PID
    local name=$1 program=$2
    shift 2
    mkdir -p "$W/$name"
    rm -f "$W/$name/port"
    background "$PYTHON" "$SOURCE/tests/fakes/$program" "$W/$name" "$@" >"$W/$name/port" 2>"$W/$name/err"
    # shellcheck disable=SC2034
    SINK_PID=$BACKGROUND
    eventually 20 test -s "$W/$name/port" || bail "$program did not start: $(<"$W/$name/err")"
    # shellcheck disable=SC2034
    SINK_PORT=$(<"$W/$name/port")
}
mode() { # NAME WORDS
    printf '%s\n' "$2" >"$W/$1/.mode"
    mv "$W/$1/.mode" "$W/$1/mode"
}
mails() { find "$W/smtp" -name '*.eml' | wc -l; }
has_mails() { (($(mails) >= $1)); }
requests() { cat "$W/${1:-https}/requests" 2>/dev/null | wc -l; }
has_requests() { (($(requests "${2:-https}") >= $1)); }
header() { # FILE NAME: a header, decoded
    "$PYTHON" -c 'import email, email.policy, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(m[sys.argv[2]] or "")' "$1" "$2"
}
part() { # FILE plain|html: a body
    "$PYTHON" -c 'import email, email.policy, sys
m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(m.get_body((sys.argv[2],)).get_content())' "$1" "$2"
}
state() { # WHERE: states of deliveries
    sql "select coalesce(string_agg(state || coalesce(' ' || reason, ''), ', ' order by channel, first_alert), '-') from duban.v_delivery where $1"
}
has_state() { [[ $(state "$1") == "$2" ]]; }
