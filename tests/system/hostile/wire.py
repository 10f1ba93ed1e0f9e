#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad HTTP and bad TLS, byte by byte: what the server answers, and when it hangs up.

    wire.py DIR HANDSHAKE HEADER BODY IDLE      the deadlines that duband was given, in seconds

DIR/u001 is an identity; DIR/certificates/NAME.{pem,key} are bad ones. Prints "ok NAME", "not ok NAME", lines for
people, and "end".
"""
import os
import socket
import ssl
import sys
import threading
import time

from sign import Chain, envelope

DIR = sys.argv[1]
HANDSHAKE, HEADER, BODY, IDLE = map(int, sys.argv[2:6])
URL, CA, AUD = (os.environ["DUBAN_" + n] for n in ("URL", "CA", "AUD"))
WHERE = ("127.0.0.1", int(URL.rsplit(":", 1)[1]))
OURS = (f"{DIR}/u001/client.pem", f"{DIR}/u001/client.key")
SLACK = 3  # deadlines are looked at once a second; the machine may be busy
printing = threading.Lock()


def ok(passed, name, *seen):
    with printing:
        print("ok" if passed else "not ok", name)
        if not passed:
            print("  seen:", *seen)
        sys.stdout.flush()
    return passed


# ---- connections and answers -------------------------------------------------------------------------


def context(alpn=("http/1.1",), certificate=OURS, version=ssl.TLSVersion.TLSv1_3):
    c = ssl.create_default_context(cafile=CA)
    c.minimum_version, c.maximum_version = ssl.TLSVersion.TLSv1_2, version
    if certificate:
        c.load_cert_chain(*certificate)
    if alpn:
        c.set_alpn_protocols(list(alpn))
    return c


def plain(timeout=90):
    return socket.create_connection(WHERE, timeout=timeout)


def connect(**options):
    return context(**options).wrap_socket(plain(), server_hostname="127.0.0.1")


def put(s, data):
    try:
        s.sendall(data)
    except OSError:
        pass  # the server may refuse before it has read everything


class Answers:
    """All answers on a connection until the server closes it or is silent for a while."""

    def __init__(self, s, quiet=1.0, limit=90):
        start, data = time.monotonic(), b""
        self.closed, self.how = False, ""
        while not self.closed and time.monotonic() - start < limit:
            s.settimeout(quiet if data else limit)
            try:
                more = s.recv(65536)
                data += more
                self.closed = not more
            except socket.timeout:
                break
            except OSError as e:
                self.closed, self.how = True, type(e).__name__ + " " + str(e)
        self.after = time.monotonic() - start
        self.raw, self.all = data, []
        while data.startswith(b"HTTP/1.1 "):
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
            status = int(lines[0].split()[1])
            length = 0 if status == 100 else int(fields.get("content-length", 0))
            self.all.append((status, fields, rest[:length]))
            data = rest[length:]
        self.rest = data

    def __str__(self):
        heads = [(s, f.get("connection"), b[:150]) for s, f, b in self.all]
        return f"{heads} rest={self.rest[:60]!r} closed={self.closed} {self.how} after={self.after:.1f}"

    @property
    def statuses(self):
        return [s for s, _, _ in self.all]


def refused(name, data, statuses=(400,)):
    """One problem document, `Connection: close`, and the end; nothing behind it is looked at."""
    s = connect()
    put(s, data)
    a = Answers(s, quiet=4)
    fine = len(a.all) == 1 and a.statuses[0] in statuses and a.closed and not a.rest
    fine = fine and a.all[0][1].get("connection") == "close"
    fine = fine and a.all[0][1].get("content-type") == "application/problem+json" and b'"code"' in a.all[0][2]
    ok(fine, f"{name}: {'/'.join(map(str, statuses))}, closed", a)
    s.close()


def served(name, data, statuses, keeps=True):
    s = connect()
    put(s, data)
    a = Answers(s)
    ok(a.statuses == list(statuses) and a.closed != keeps and not a.rest, f"{name}: {statuses}", a)
    s.close()


HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /v1/me HTTP/1.1\r\n" + HOST
POST = b"POST /v1/statements HTTP/1.1\r\n" + HOST + b"Content-Type: application/vnd.dsse.envelope.v1+json\r\n"
END = b"\r\n"


# ---- requests ------------------------------------------------------------------------------------------


def requests():
    served("a polite request", GET + END, [200])
    second = GET + END  # must never be answered behind a bad one
    for name, data in (
        ("two Content-Lengths", POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
        ("the same Content-Length twice", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
        ("a list of Content-Lengths", POST + b"Content-Length: 2, 2\r\n\r\n{}"),
        ("chunked", POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        ("chunked and Content-Length", POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"),
        ("Content-Length and chunked", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}"),
        ("Transfer-Encoding: identity", POST + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}"),
        ("a negative Content-Length", POST + b"Content-Length: -1\r\n\r\n"),
        ("Content-Length +2", POST + b"Content-Length: +2\r\n\r\n{}"),
        ("Content-Length 0x2", POST + b"Content-Length: 0x2\r\n\r\n{}"),
        ("an empty Content-Length", POST + b"Content-Length:\r\n\r\n{}"),
        ("two Hosts", GET + HOST + END),
        ("no Host", b"GET /v1/me HTTP/1.1\r\n\r\n"),
        ("bare LF", b"GET /v1/me HTTP/1.1\nHost: 127.0.0.1\n\n"),
        ("bare LF behind one field", GET + b"X-A: 1\nX-B: 2\r\n\r\n"),
        ("bare LF as the empty line", GET + b"\n"),
        ("bare CR in a field", GET + b"X-A: 1\rX-B: 2\r\n\r\n"),
        ("obs-fold", GET + b"X-A: 1\r\n 2\r\n\r\n"),
        ("obs-fold with a tab", GET + b"X-A: 1\r\n\t2\r\n\r\n"),
        ("NUL in a value", GET + b"X-A: a\0b\r\n\r\n"),
        ("NUL in a name", GET + b"X\0A: a\r\n\r\n"),
        ("NUL in the path", b"GET /v1/me\0 HTTP/1.1\r\n" + HOST + END),
        ("a blank before the colon", GET + b"X-A : 1\r\n\r\n"),
        ("a field without a name", GET + b": 1\r\n\r\n"),
        ("a field without a colon", GET + b"X-A\r\n\r\n"),
        ("a blank line before the request", b"\r\n" + GET + END),
        ("three blanks in the request line", b"GET  /v1/me  HTTP/1.1\r\n" + HOST + END),
        ("a path with a blank", b"GET /v1/ me HTTP/1.1\r\n" + HOST + END),
        ("a path with a DEL", b"GET /v1/me\x7f HTTP/1.1\r\n" + HOST + END),
        ("a path without a slash", b"GET v1/me HTTP/1.1\r\n" + HOST + END),
        ("65 fields", GET + b"".join(b"X-%d: 1\r\n" % i for i in range(65)) + END),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/1.0", b"GET /v1/me HTTP/1.0\r\n" + HOST + END),
        ("no version", b"GET /v1/me\r\n"),
        ("binary", bytes(range(256)) * 8),
    ):
        refused(name, data + second, (400, 431, 501, 505))
    for name, data, statuses in (
        ("a huge Content-Length", POST + b"Content-Length: 99999999999999999999\r\n\r\n", (400, 413)),
        ("a Content-Length of 2^63", POST + b"Content-Length: 9223372036854775808\r\n\r\n", (400, 413)),
        ("a field of 17 KB", GET + b"X-A: " + b"a" * 17000 + b"\r\n\r\n", (400, 431)),
        ("a name of 17 KB", GET + b"a" * 17000 + b": 1\r\n\r\n", (400, 431)),
        ("a huge URL", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + END, (400, 414, 431)),
        ("a URL of a megabyte", b"GET /" + b"a" * 1000000 + b" HTTP/1.1\r\n" + HOST + END, (400, 414, 431)),
        ("a header of 20 MB", GET + (b"X-A: " + b"a" * 65000 + b"\r\n") * 320 + END, (400, 431)),
        ("20 MB of small fields", GET + b"X-A: 1\r\n" * 2500000 + END, (400, 431)),
    ):
        refused(name, data, statuses)
    s = connect()
    put(s, POST + b"\r\n")
    a = Answers(s)
    ok(a.statuses in ([400], [411]), "POST without a length: 400/411", a)
    served("64 fields", GET + b"".join(b"X-%d: 1\r\n" % i for i in range(63)) + END, [200])
    served("a header just below 16 KiB", GET + b"X-A: " + b"a" * (16384 - len(GET) - 9) + b"\r\n\r\n", [200])
    served("a long path that is none", b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\n" + HOST + END, [404])
    served("an unknown path", b"GET /../../etc/passwd HTTP/1.1\r\n" + HOST + END, [404])
    served("Connection: close is obeyed", GET + b"Connection: close\r\n\r\n", [200], keeps=False)
    s = connect()
    put(s, POST + b"Content-Length: 5242880\r\n\r\n" + b"x" * 5242880)
    a = Answers(s, quiet=4)
    ok(a.statuses == [413], "a body of 5 MiB: 413", a)
    for method in (b"PUT", b"DELETE", b"CONNECT", b"TRACE", b"OPTIONS", b"get", b"G" * 5000):
        s = connect()
        put(s, method + b" /v1/me HTTP/1.1\r\n" + HOST + END)
        a = Answers(s)
        ok(len(a.all) == 1 and a.statuses[0] in (400, 405, 501), f"method {method.decode()[:10]}: 400/405/501", a)


def pipelining():
    s = connect()
    put(s, (GET + END) * 50)
    a = Answers(s, quiet=2)
    ok(a.statuses == [200] * 50 and not a.closed, "50 requests in one write: 50 answers", a.statuses)
    put(s, GET + END + POST + b"Content-Length: 2\r\n\r\n{}" + b"GET /nothing HTTP/1.1\r\n" + HOST + END + GET + b"X: \0\r\n\r\n" + GET + END)
    a = Answers(s, quiet=2)
    ok(a.statuses == [200, 400, 404, 400] and a.closed, "good, bad envelope, unknown path, bad HTTP, good: four answers in order, then closed", a)
    chain = Chain(f"{DIR}/u001", AUD, "u001").follow(Follower())
    bodies = []
    for _ in range(5):
        p = chain.payload({"task": TASK, "period": "2022Q1", "status": "on-track"})
        chain.took(p)
        bodies.append(envelope(chain.key, p))
    s = connect()
    put(s, b"".join(POST + b"Content-Length: %d\r\n\r\n" % len(b) + b for b in bodies))
    a = Answers(s, quiet=3)
    ok(a.statuses == [200] * 5 and all(b'"duplicate":false' in b.replace(b" ", b"") for _, _, b in a.all), "5 statements in one write: 5 receipts", a)
    put(s, POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(bodies[0]))
    s.settimeout(5)
    hundred = s.recv(100)
    put(s, bodies[0])
    a = Answers(s, quiet=3)
    ok(hundred.startswith(b"HTTP/1.1 100 ") and a.statuses == [200], "Expect: 100-continue is honoured", hundred, a)
    for text in (GET + END, POST + b"Content-Length: %d\r\n\r\n" % len(bodies[0]) + bodies[0]):
        s = connect()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(text)):
            put(s, text[i : i + 1])
        a = Answers(s)
        ok(a.statuses == [200], f"{text[:4].decode()} written byte by byte, without pause: 200", a)


class Follower:
    """What Chain.follow() needs, on this file's own connections."""

    def json(self, _method, _path):
        import json

        s = connect()
        put(s, GET + END)
        a = Answers(s)
        s.close()
        return 200, json.loads(a.all[0][2])


def early_close():
    for name, data in (
        ("nothing", b""),
        ("half a request line", b"GET /v1"),
        ("half a header", GET),
        ("half a body", POST + b"Content-Length: 100\r\n\r\n{"),
        ("a request, not waiting for its answer", GET + END),
        ("40 requests, not waiting for the answers", (b"GET /v1/ledger?limit=1000 HTTP/1.1\r\n" + HOST + END) * 40),
    ):
        for how in ("closing in order", "with a reset", "half"):
            s = connect()
            put(s, data)
            if how == "closing in order":
                try:
                    s.settimeout(0.2)
                    s.unwrap()
                except OSError:
                    pass
            elif how == "with a reset":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                socket.socket.shutdown(s, socket.SHUT_WR)
            s.close()
        ok(alive(), f"closed after {name}: the server goes on")
    hello = client_hello()
    for cut in (0, 1, 5, 50, len(hello) - 1, len(hello)):
        s = plain()
        put(s, hello[:cut])
        s.close()
    ok(alive(), "closed within the handshake: the server goes on")


def resident():
    """KiB of all processes of duband."""
    with open(os.environ["DUBAN_PIDFILE"], encoding="ascii") as f:
        parent = f.read().strip()
    total = 0
    for pid in os.listdir("/proc"):
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8") as f:
                fields = dict(line.split(":", 1) for line in f.read().splitlines() if ":" in line)
            if fields["PPid"].strip() == parent:
                total += int(fields["VmRSS"].split()[0])
        except (OSError, KeyError, ValueError):
            pass
    return total


def unread():
    """Answers that nobody reads: they wait with the peer, not in the server's memory."""
    before = resident()
    hoarders = []
    for _ in range(10):
        s = connect()
        s.setblocking(False)
        try:
            for _ in range(2000):
                s.send((b"GET /v1/ledger?limit=1000 HTTP/1.1\r\n" + HOST + END) * 20)
        except (OSError, ssl.SSLWantWriteError):
            pass
        hoarders.append(s)
    time.sleep(4)
    grown = resident() - before
    ok(grown < (100000 if not os.environ.get("SANITIZED") else 600000), "10 peers that ask without end and read nothing: bounded memory", f"{grown} KiB more")
    ok(alive(), "… the server goes on")
    for s in hoarders:
        s.close()


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def alive():
    try:
        s = connect()
        put(s, GET + END)
        return Answers(s, limit=10).statuses == [200]
    except OSError as e:
        print(" ", e)
        return False


# ---- TLS -----------------------------------------------------------------------------------------------


def no_service(name, **options):
    """Refused in the handshake or, TLS 1.3, at the first read: never an answer."""
    try:
        s = connect(**options)
        put(s, GET + END)
        a = Answers(s, limit=15)
        ok(a.all == [] and a.closed, f"{name}: refused", a)
    except (ssl.SSLError, ConnectionError) as e:
        ok(True, f"{name}: refused ({type(e).__name__})")


def tls():
    no_service("TLS 1.2", version=ssl.TLSVersion.TLSv1_2)
    no_service("no client certificate", certificate=None)
    for name in sorted(os.listdir(f"{DIR}/certificates")):
        if name.endswith(".pem"):
            base = f"{DIR}/certificates/{name[:-4]}"
            no_service(f"client certificate: {name[:-4].replace('-', ' ')}", certificate=(base + ".pem", base + ".key"))
    no_service("ALPN h2 only", alpn=("h2",))
    no_service("ALPN of another protocol", alpn=("duban/1",))
    for name, alpn, chosen in (("ALPN h2 and http/1.1", ("h2", "http/1.1"), "http/1.1"), ("no ALPN", (), None)):
        s = connect(alpn=alpn)
        put(s, GET + END)
        a = Answers(s)
        ok(a.statuses == [200] and s.selected_alpn_protocol() == chosen, f"{name}: served", a, s.selected_alpn_protocol())
    c = context()
    s = c.wrap_socket(plain(), server_hostname="127.0.0.1")
    put(s, GET + END)
    Answers(s)
    again = c.wrap_socket(plain(), server_hostname="127.0.0.1", session=s.session)
    ok(s.version() == "TLSv1.3" and not again.session_reused and not s.session.has_ticket, "TLS 1.3, no ticket, no resumption", s.version())
    for name, data in (
        ("plain HTTP on the TLS port", GET + END),
        ("zeros instead of TLS", bytes(4096)),
        ("an SSL 2 hello", bytes.fromhex("802e0100020015000000100100800300800700c006004002008004008000000100")),
        ("a TLS record of 64 KiB", b"\x16\x03\x01\xff\xff" + b"x" * 65535),
        ("a megabyte of noise", os.urandom(1 << 20)),
    ):
        s = plain()
        put(s, data)
        a = Answers(s, limit=HANDSHAKE + SLACK + 5)
        ok(a.closed and a.after <= HANDSHAKE + SLACK and b"HTTP/1.1 200" not in a.raw, f"{name}: closed", a)


# ---- the slow ones: deadlines are absolute ----------------------------------------------------------------


def drip(s, data, start):
    """A byte a second until the server hangs up or answers; how long that took."""
    s.settimeout(1)
    for i in range(min(len(data), 30)):
        try:
            s.sendall(data[i : i + 1])
            more = s.recv(4096)
            if more == b"" or more.startswith(b"HTTP/1.1 4"):
                break
        except socket.timeout:
            continue
        except OSError:
            break
    return time.monotonic() - start


def within(name, took, limit):
    ok(limit - 2 <= took <= limit + SLACK, f"{name}: closed after {limit} s", f"{took:.1f}")


def slow_case(name, limit, do):
    start = time.monotonic()
    s = do()
    if isinstance(s, float):
        within(name, s, limit)
        return
    a = Answers(s, quiet=90)
    ok(a.closed and a.statuses in ([], [400], [408]), f"{name}: no answer that serves it", a)
    within(name, time.monotonic() - start, limit)


def half_hello():
    s = plain()
    put(s, client_hello()[:100])
    return s


def slow_hello():
    return drip(plain(), client_hello(), time.monotonic())


def slow_header():
    return drip(connect(), GET + b"X-Slow: " + b"a" * 600, time.monotonic())


def slow_body():
    s = connect()
    put(s, POST + b"Content-Length: 1000\r\n\r\n")
    return drip(s, b"{" * 600, time.monotonic())


def after(data):
    def do():
        s = connect()
        put(s, data)
        return s

    return do


def used_and_silent():
    s = connect()
    put(s, GET + END)
    s.recv(65536)
    return s


def slow():
    cases = (
        ("silence after connect", HANDSHAKE, plain),
        ("half a ClientHello, then silence", HANDSHAKE, half_hello),
        ("a ClientHello a byte a second", HANDSHAKE, slow_hello),
        ("a header without end", HEADER, after(GET + b"X-A: 1\r\n")),
        ("a header a byte a second", HEADER, slow_header),
        ("a body that stalls", BODY, after(POST + b"Content-Length: 1000\r\n\r\n{")),
        ("a body a byte a second", BODY, slow_body),
        ("silence after the handshake", IDLE, connect),
        ("silence after a request", IDLE, used_and_silent),
    )
    threads = [threading.Thread(target=slow_case, args=c) for c in cases]
    for t in threads:
        t.start()
    return threads


TASK = os.environ["TASK"]
waiting = slow()
for group in (requests, pipelining, early_close, unread, tls):
    group()
for t in waiting:
    t.join()
ok(alive(), "after all of this: a polite request is served")
print("end")
