#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Impolite clients, one per call: each prints what the server did in one line.

    http_abuse.py CASE HOST PORT CA [CERT KEY]

The last word of the line is machine-readable: "status=400 closed=yes after=0.1".
"""
import socket
import ssl
import sys
import time

CASE, HOST, PORT, CA = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
CERT = sys.argv[5:7]


def context(version=ssl.TLSVersion.TLSv1_3, alpn=("http/1.1",)):
    c = ssl.create_default_context(cafile=CA)
    c.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
    c.maximum_version = version
    c.check_hostname = False
    if CERT:
        c.load_cert_chain(*CERT)
    if alpn:
        c.set_alpn_protocols(list(alpn))
    return c


def connect(**options):
    raw = socket.create_connection((HOST, PORT), timeout=90)
    return context(**options).wrap_socket(raw)


def answer(s, limit=90):
    """Status code of the first answer (0 = none), and whether and when the server closed."""
    start, data, closed = time.monotonic(), b"", "no"
    s.settimeout(limit)
    try:
        while True:
            more = s.recv(65536)
            if not more:
                closed = "yes"
                break
            data += more
            if b"\r\n\r\n" in data and b"Connection: close" not in data:
                s.settimeout(2)
    except socket.timeout:
        pass
    except (ConnectionError, ssl.SSLError, OSError):
        closed = "yes"
    status = int(data.split()[1]) if data.startswith(b"HTTP/1.") else 0
    print(f"status={status} closed={closed} after={time.monotonic() - start:.0f}")


def send(s, data):
    try:
        s.sendall(data)
    except (ConnectionError, ssl.SSLError, OSError):
        pass  # the server may refuse before it has read everything


GET = b"GET /v1/me HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /v1/statements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.dsse.envelope.v1+json\r\n"
REQUESTS = {
    "polite": GET + b"\r\n",
    "two-lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "same-length-twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "chunked": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunked-and-length": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    "two-hosts": GET + b"Host: other\r\n\r\n",
    "no-host": b"GET /v1/me HTTP/1.1\r\n\r\n",
    "bare-lf": b"GET /v1/me HTTP/1.1\nHost: localhost\n\n",
    "obs-fold": GET + b"X-A: 1\r\n 2\r\n\r\n",
    "nul": GET + b"X-A: a\0b\r\n\r\n",
    "space-before-colon": GET + b"X-A : 1\r\n\r\n",
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no-length": POST + b"\r\n",
    "negative-length": POST + b"Content-Length: -1\r\n\r\n",
    "huge-length": POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    "five-megabytes": POST + b"Content-Length: 5242880\r\n\r\n",
    "many-fields": GET + b"".join(b"X-%d: 1\r\n" % i for i in range(65)) + b"\r\n",
    "long-field": GET + b"X-A: " + b"a" * 17000 + b"\r\n\r\n",
}


def main():
    if CASE in REQUESTS:
        s = connect()
        send(s, REQUESTS[CASE])
        answer(s)
    elif CASE == "header-without-end":
        s = connect()
        send(s, GET + b"X-A: 1\r\n")
        answer(s)
    elif CASE == "header-20-megabytes":
        s = connect()
        send(s, GET)
        for _ in range(320):
            send(s, b"X-A: " + b"a" * 65000 + b"\r\n")
        answer(s)
    elif CASE == "byte-a-second":
        s = connect()
        s.settimeout(1)
        start = time.monotonic()
        text = GET + b"X-Slow: " + b"a" * 600
        for i in range(len(text)):
            try:
                s.send(text[i : i + 1])
                s.recv(4096)
                break  # an answer or the end
            except socket.timeout:
                continue
            except (ConnectionError, ssl.SSLError, OSError):
                break
        print(f"closed=yes after={time.monotonic() - start:.0f}")
    elif CASE == "body-stalls":
        s = connect()
        send(s, POST + b"Content-Length: 1000\r\n\r\n{")
        answer(s)
    elif CASE == "silence":
        s = socket.create_connection((HOST, PORT), timeout=90)
        answer(s)
    elif CASE == "plain-http":
        s = socket.create_connection((HOST, PORT), timeout=90)
        send(s, GET + b"\r\n")
        answer(s)
    elif CASE == "tls-1.2":
        try:
            s = connect(version=ssl.TLSVersion.TLSv1_2)
            send(s, GET + b"\r\n")
            answer(s)
        except (ssl.SSLError, ConnectionError) as e:
            print(f"refused={type(e).__name__}")
    elif CASE == "alpn-h2-only":
        try:
            s = connect(alpn=("h2",))
            send(s, GET + b"\r\n")
            answer(s)
        except (ssl.SSLError, ConnectionError) as e:
            print(f"refused={type(e).__name__}")
    elif CASE == "no-alpn":
        s = connect(alpn=())
        send(s, GET + b"\r\n")
        answer(s)
    elif CASE == "certificate":  # with whatever certificate was given: TLS 1.3 refuses late
        try:
            s = connect()
            send(s, GET + b"\r\n")
            answer(s)
        except (ssl.SSLError, ConnectionError) as e:
            print(f"refused={type(e).__name__}")
    elif CASE == "idle":  # N connections that only shake hands (the count is in the environment)
        import os
        import resource

        want = int(os.environ.get("IDLE", "5000"))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, want + 100), hard))
        c, held, refused = context(), [], 0
        for _ in range(want):
            try:
                held.append(c.wrap_socket(socket.create_connection((HOST, PORT), timeout=20)))
            except (OSError, ssl.SSLError):
                refused += 1
        print(f"held={len(held)} refused={refused}", flush=True)
        sys.stdin.read()  # until the test closes our standard input
    else:
        sys.exit(f"no such case: {CASE}")


main()
