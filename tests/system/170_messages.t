#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a clerk reads when key, certificate, CA or server is wrong: by real files and real handshakes,
# compared word for word with tests/golden (dates, subjects and addresses made equal).
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW"
CAKEY=$I/operator/ca.key CA=$DUBAN_CA
printf 'unit "u001" { name = "试验局" }\n' >"$W/unit.conf"
duban --home "$DUBAN_OPERATOR_HOME" registry apply --yes "$W/unit.conf" >/dev/null || bail "no unit"
enrol u001 --unit u001

norm() { # HOME: what differs from run to run
    sed -E -e "s#$1#HOME#g" -e 's#https://[^ ，；：;]*[^ ，；：;:,]#URL#g' -e 's/CN ?= ?[^,，)）]*/CN/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [^ ]* [0-9]{2}:[0-9]{2}/DATE/g' -e 's#[^ ]*/(other|ca)\.pem#CAFILE#g' -e 's/^duban: //'
}
case_is() { # NAME HOME STATUS: `due` in both languages
    local lang want got
    for lang in en zh_CN; do
        run duban --home "$2" --lang "$lang" "${COMMAND[@]}"
        is "$STATUS" "$3" "$1 ($lang): exit $3"
        want=$(norm HOME <"$SOURCE/tests/golden/$1.$lang.txt")
        got=$(head -n 1 <<<"$ERR" | norm "$2")
        is "$got" "$want" "$1 ($lang): the message"
    done
}
COMMAND=(due)
copy() { # NAME: a HOME like u001's
    rm -rf -- "${W:?}/$1"
    cp -a "$W/u001" "$W/$1"
}
set_conf() { sed -i "s|^$2 = .*|$2 = \"$3\"|" "$W/$1/duban.conf"; }
issue() { # NAME DAYS CA CAKEY: another client certificate for the key of this HOME
    openssl req -new -key "$W/$1/client.key" -subj /CN=u001 -out "$W/$1.csr" 2>/dev/null &&
        printf 'subjectAltName=URI:urn:duban:unit:u001\nextendedKeyUsage=clientAuth\n' >"$W/$1.ext" &&
        openssl x509 -req -in "$W/$1.csr" -CA "$3" -CAkey "$4" -days "$2" -extfile "$W/$1.ext" \
            -set_serial 7 -out "$W/$1/client.pem" 2>/dev/null
}

run duban --home "$W/u001" due
is "$STATUS" 0 "with everything right it works"

copy shared
chmod 644 "$W/shared/sign.key"
COMMAND=(report p1/1 --period 2022Q1 --status on-track)
case_is key-readable-by-others "$W/shared" 5
copy nokey
rm "$W/nokey/sign.key"
case_is key-missing "$W/nokey" 5
copy badkey
echo 'not a key' >"$W/badkey/sign.key"
case_is key-damaged "$W/badkey" 5
COMMAND=(due)

copy expired
issue expired 0 "$CA" "$CAKEY" || bail "openssl x509"
sleep 1.1
case_is certificate-expired "$W/expired" 5
copy pair
cp "$W/shared/client.pem" "$W/pair/client.pem"
openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$W/pair/client.key"
chmod 600 "$W/pair/client.key"
case_is certificate-of-another-key "$W/pair" 5
copy nocert
rm "$W/nocert/client.pem"
case_is certificate-missing "$W/nocert" 5

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=other CA' -days 9 \
    -keyout "$W/other.key" -out "$W/other.pem" 2>/dev/null
copy wrongca
set_conf wrongca ca "$W/other.pem"
case_is wrong-ca "$W/wrongca" 5

# the server refuses after the handshake: TLS 1.3 tells it only at the first read
copy foreign
issue foreign 60 "$W/other.pem" "$W/other.key" || bail "openssl x509"
case_is refused-unknown-ca "$W/foreign" 5

# a server of our CA under another name
printf 'subjectAltName=DNS:elsewhere.example\nextendedKeyUsage=serverAuth\n' >"$W/server.ext"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=elsewhere -keyout "$W/server.key" -out "$W/server.csr" 2>/dev/null
openssl x509 -req -in "$W/server.csr" -CA "$CA" -CAkey "$CAKEY" -days 9 -extfile "$W/server.ext" -set_serial 8 -out "$W/server.pem" 2>/dev/null
port=$((33000 + RANDOM % 2000))
background openssl s_server -accept "127.0.0.1:$port" -cert "$W/server.pem" -key "$W/server.key" -tls1_3 -quiet -www
eventually 10 bash -c "exec 8<>/dev/tcp/127.0.0.1/$port" 2>/dev/null || bail "no openssl s_server"
copy elsewhere
set_conf elsewhere url "https://127.0.0.1:$port"
run duban --home "$W/elsewhere" due
is "$STATUS" 5 "wrong server: exit 5"
case_is wrong-server "$W/elsewhere" 5

# nothing was signed or sent by all this, except what works
is "$(sql 'select count(*) from duban.report')" 0 "no report came through"
done_testing
