#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Bad statements of every kind: what is answered, and that nothing is stored that should not be.

    statements.py DIR GOOD-UNIT TASK OTHERS-TASK

DIR holds the identities u001, u002 (ed25519), u005; DUBAN_… the instance. GOOD-UNIT reports beside us: its rows
are left out of what must not change. TASK is one of u001, OTHERS-TASK one in which u001 has no part.
Prints "ok NAME" and "not ok NAME", lines for people, and "end".
"""
import base64
import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys
import time

import sign
from sign import Chain, Client, Key, envelope

DIR, GOOD, TASK, OTHERS = sys.argv[1:5]
URL, CA, AUD = (os.environ["DUBAN_" + n] for n in ("URL", "CA", "AUD"))
REPORTED = {"task": TASK, "period": "2022Q1", "status": "on-track"}


def ok(passed, name, *seen):
    print("ok" if passed else "not ok", name, flush=True)
    if not passed:
        print("  seen:", *seen, flush=True)
    return passed


def sql(query):
    e = os.environ
    out = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", e["DUBAN_PGHOST"], "-p", e["DUBAN_PGPORT"],
         "-d", e["DUBAN_PGDATABASE"], "-U", e["DUBAN_PGUSER"], "-c", query],
        stdout=subprocess.PIPE, check=True)  # fmt: skip
    return out.stdout.decode().strip()


def stored():
    """Everything that a statement of ours could have changed, in one snapshot."""
    return sql(
        f"""select (select count(*) from duban.log_entry)
                 - (select count(*) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = '{GOOD}'),
                   (select count(*) from duban.report where unit <> '{GOOD}'),
                   (select count(*) from duban.verdict where unit <> '{GOOD}'),
                   (select md5(coalesce(string_agg(x::text, ' ' order by x.task), '')) from duban.task_state x
                     where x.task not in (select name from duban.task where accountable = '{GOOD}')),
                   (select string_agg(last_seq || encode(last_id, 'hex'), ' ' order by id) from duban.signing_key where code <> '{GOOD}')"""
    )


def log_entries():
    return int(stored().split("|")[0])


def client(name, timeout=30):
    return Client(URL, CA, os.path.join(DIR, name), timeout)


def refused(name, status, codes, body, by=None, retry="after-fix", expected=None):
    """One envelope is refused like this, and nothing is stored."""
    before = stored()
    got, problem, headers = (by or U1).post(body)
    fine = (
        got == status
        and problem.get("code") in codes.split("|")
        and problem.get("retry") == retry
        and problem.get("status") == status
        and headers.get_content_type() == "application/problem+json"
        and "receipt" not in problem
        and (expected is None or problem.get("expected") == expected)
    )
    ok(fine, f"{name}: {status} {codes}, {retry}", got, problem)
    if not ok(stored() == before, f"{name}: nothing is stored"):
        C1.follow(U1)  # or everything behind it fails too


def posted(by, body):
    """What is right by the newest registry: of two receivers the other reads it a moment later and refuses until then."""
    until = time.monotonic() + 10
    while True:
        status, answer, _ = by.post(body)
        if status != 403 or time.monotonic() > until:
            return status, answer
        time.sleep(0.05)


def taken(name, chain, by, *reports, **members):
    """A right statement: its receipt. The chain goes on."""
    payload = chain.payload(*(reports or [REPORTED]), **members)
    body = envelope(chain.key, payload)
    status, receipt = posted(by, body)
    ok(status == 200 and receipt.get("duplicate") is False, name, status, receipt)
    if status == 200:
        chain.took(payload)
    return body, receipt


def registry(change):
    """A signed registry statement of the operator; its outcome."""
    payload = json.dumps(OFFICE.head(changes=[change])).encode()
    status, receipt, _ = OPERATOR.post(envelope(OFFICE.key, payload, sign.REGISTRY))
    if status != 200:
        sys.exit(f"the registry statement was refused: {receipt}")
    OFFICE.took(payload, sign.REGISTRY)
    return receipt["outcomes"][0]["outcome"]


def key_object(key, unit, **members):
    spki = base64.b64encode(key.spki).decode()
    return {"set": "key", "key": key.name, "spki": spki, "alg": key.alg, "for": unit, **members}


# ---- the cases ---------------------------------------------------------------------------------------


def signatures():
    good = C1.payload(REPORTED)
    right = C1.key.sign(sign.pae(sign.REPORT, good))
    for name, bad in (
        ("a wrong signature", right[:-1] + bytes([right[-1] ^ 1])),
        ("a signature of another statement", C1.key.sign(sign.pae(sign.REPORT, C1.payload(REPORTED)))),
        ("a signature cut short", right[:-2]),
        ("a signature with a byte behind it", right + b"\0"),
        ("a signature of zeros", b"\x30\x06\x02\x01\x00\x02\x01\x00"),
        ("64 bytes where DER is due", bytes(64)),
        ("a signature of the payload alone", C1.key.sign(good)),
    ):
        refused(name, 403, "signature", envelope(C1.key, good, signature=bad), retry="never")
    refused("no signature bytes", 400, "malformed", envelope(C1.key, good, signature=b""))
    refused(
        "the type changed after signing",
        403,
        "signature",
        envelope(C1.key, good, "application/vnd.duban.acknowledge.v1+json", signature=right),
        retry="never",
    )
    changed = good.replace(b"on-track", b"at-risk ")
    refused("the payload changed after signing", 403, "signature", envelope(C1.key, changed, signature=right), retry="never")
    flipped = bytearray(C2.key.sign(sign.pae(sign.REPORT, C2.payload(REPORTED))))
    flipped[40] ^= 1
    refused(
        "a wrong ed25519 signature", 403, "signature", envelope(C2.key, C2.payload(REPORTED), signature=bytes(flipped)), U2, "never"
    )


def rights():
    good = C1.payload(REPORTED)
    theirs = C2.key.sign(sign.pae(sign.REPORT, good))
    refused("signed by another unit's key under our name", 403, "signature", envelope(C1.key, good, signature=theirs), retry="never")
    refused(
        "signed by another unit's key under its own name", 403, "key", envelope(C1.key, good, keyid=C2.key.name, signature=theirs)
    )
    speaking = Chain(os.path.join(DIR, "u002"), AUD, "u001")
    refused("another unit's key speaks for us", 403, "unit", envelope(speaking.key, speaking.payload(REPORTED)), U2)
    refused("… delivered by us", 403, "unit", envelope(speaking.key, speaking.payload(REPORTED)))
    refused("a certificate that may not deliver for this unit", 403, "unit", envelope(C1.key, good), U2)
    sign.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{DIR}/stranger.key")
    stranger = Key(f"{DIR}/stranger.key")
    refused("an unknown key", 403, "key", envelope(stranger, C1.payload(REPORTED, key=stranger.name)))
    refused("an unknown key under our name", 403, "signature", envelope(stranger, good, keyid=C1.key.name), retry="never")
    refused("aud of another server", 403, "audience", envelope(C1.key, C1.payload(REPORTED, aud="duban.example/other/log1")))
    refused("aud without its /test", 403, "audience", envelope(C1.key, C1.payload(REPORTED, aud=AUD.removesuffix("/test"))))
    for kind, members in (
        ("registry", {"changes": [key_object(C1.key, "u001", operator=True)]}),
        ("contact", {"contacts": [{"post": "u001-contact", "name": "x"}]}),
        ("registry", {"changes": [{"set": "clock", "by": 1000000}]}),
    ):
        payload = json.dumps(C1.head(**members)).encode()
        refused(f"a {kind} statement by a unit", 403, "key", envelope(C1.key, payload, f"application/vnd.duban.{kind}.v1+json"))


def places():
    taken("a right statement", C1, U1)
    now = {"seq": C1.seq, "prev": C1.prev}
    for name, members in (
        ("a gap in seq", {"seq": C1.seq + 1}),
        ("a far gap in seq", {"seq": 2**53}),
        ("a place that is taken, by other bytes", {"seq": 1, "prev": "0" * 64}),
        ("the right place after the wrong statement", {"prev": "1" * 64}),
        ("the right place, prev as if it were the first", {"prev": "0" * 64}),
    ):
        refused(name, 409, "sequence", envelope(C1.key, C1.payload(REPORTED, **members)), expected=now)
    refused("seq 0", 400, "schema", envelope(C1.key, C1.payload(REPORTED, seq=0)))
    refused("seq -1", 400, "schema|malformed", envelope(C1.key, C1.payload(REPORTED, seq=-1)))


def shapes():
    for name, members in (
        ("an unknown member", {"unknown": 1}),
        ("null", {"iat": None}),
        ("another version", {"v": 2}),
        ("a version as text", {"v": "1"}),
        ("a nonce that is too short", {"nonce": "short"}),
        ("an id that is no UUID", {"id": "1"}),
        ("no report", {"reports": []}),
        ("reports as an object", {"reports": {}}),
        ("a report that is a text", {"reports": ["x"]}),
        ("a report without status", {"reports": [{"task": TASK}]}),
        ("a report without task", {"reports": [{"status": "done"}]}),
        ("an unknown member of a report", {"reports": [dict(REPORTED, colour="red")]}),
        ("a value that is a number", {"reports": [dict(REPORTED, values=[{"name": "x", "value": 5.5}])]}),
        ("progress 2^53+1", {"reports": [dict(REPORTED, progress=2**53 + 1)]}),
        ("1,001 reports", {"reports": [REPORTED] * 1001}),
        ("no unit", {"unit": None}),
    ):
        refused(name, 400, "schema|malformed", envelope(C1.key, C1.payload(**members)))
    without = json.loads(C1.payload(REPORTED))
    without.pop("nonce")
    refused("a missing member", 400, "schema", envelope(C1.key, json.dumps(without).encode()))

    p = C1.payload(REPORTED)
    for name, raw in (
        ("a member twice", p[:-1] + b', "v": 1}'),
        ("a member of a report twice", p.replace(b'"status"', b'"status": "done", "status"')),
        ("a member twice, once escaped", p[:-1] + b', "\\u0076": 1}'),
        ("NaN", p.replace(b'"v": 1', b'"v": NaN')),
        ("Infinity", p.replace(b'"v": 1', b'"v": Infinity')),
        ("a real number", p.replace(b'"v": 1', b'"v": 1.0')),
        ("an exponent", p.replace(b'"v": 1', b'"v": 1e0')),
        ("2^53+1", p.replace(b'"seq": %d' % C1.seq, b'"seq": 9007199254740993')),
        ("a number of 4,000 digits", p.replace(b'"v": 1', b'"v": 1' + b"0" * 4000)),
        ("a leading zero", p.replace(b'"v": 1', b'"v": 01')),
        ("\\u0000", p.replace(b"on-track", b"on\\u0000track")),
        ("\\u0000 in a name", p[:-1] + b', "a\\u0000b": 1}'),
        ("a NUL byte", p.replace(b"on-track", b"on\0track")),
        ("invalid UTF-8", p.replace(b"on-track", b"on\xfftrack")),
        ("overlong UTF-8", p.replace(b"on-track", b"on\xc0\xaftrack")),
        ("a surrogate in UTF-8", p.replace(b"on-track", b"on\xed\xa0\x80track")),
        ("a lone escaped surrogate", p.replace(b"on-track", b"on\\ud800track")),
        ("a byte order mark", b"\xef\xbb\xbf" + p),
        ("bytes behind the end", p + b"{}"),
        ("a comment", p + b"//"),
        ("a trailing comma", p[:-1] + b",}"),
        ("single quotes", p.replace(b'"', b"'")),
        ("a depth bomb of arrays", p[:-1] + b', "x": ' + b"[" * 100000 + b"]" * 100000 + b"}"),
        ("a depth bomb of objects", p[:-1] + b', "x": ' + b'{"a":' * 40000 + b"1" + b"}" * 40000 + b"}"),
        ("a depth of 7", p[:-1] + b', "x": [[[[[[1]]]]]]}'),
        ("an array instead of an object", b"[" + p + b"]"),
        ("a cut payload", p[:-1]),
        ("an empty payload", b""),
        ("blanks", b"   "),
    ):
        refused(name, 400, "malformed|schema", envelope(C1.key, raw))
    for name, size in (("a payload of 256 KiB and a byte", 256 * 1024 + 1), ("a payload of 2 MiB", 2 * 1024 * 1024)):
        refused(name, 413, "size", envelope(C1.key, p[:-1] + b" " * (size - len(p)) + b"}"))
    body, receipt = p[:-1] + b" " * (256 * 1024 - len(p)) + b"}", None
    status, receipt, _ = U1.post(envelope(C1.key, body))
    if ok(status == 200, "a payload of 256 KiB is taken", status, receipt):
        C1.took(body)
    taken("1,000 reports are taken", C1, U1, *[REPORTED] * 1000)


def envelopes():
    right = json.loads(envelope(C1.key, C1.payload(REPORTED)))
    two = dict(right, signatures=right["signatures"] * 2)
    for name, body in (
        ("nothing as envelope", b""),
        ("{} as envelope", b"{}"),
        ("a list as envelope", b"[]"),
        ("null as envelope", b"null"),
        ("an envelope with two signatures", json.dumps(two).encode()),
        ("an envelope without signatures", json.dumps(dict(right, signatures=[])).encode()),
        ("an envelope with a further member", json.dumps(dict(right, alg="none")).encode()),
        ("an envelope with payload twice", json.dumps(right).encode()[:-1] + b', "payload": "e30="}'),
        ("an envelope whose payload is not base64", json.dumps(dict(right, payload="!!")).encode()),
        ("an envelope with a keyid that is no digest", json.dumps(dict(right, signatures=[{"keyid": "x", "sig": "AA=="}])).encode()),
        ("an envelope cut short", json.dumps(right).encode()[:-5]),
        ("an envelope with bytes behind it", json.dumps(right).encode() + b"x"),
        ("an envelope in UTF-16", json.dumps(right).encode("utf-16")),
        ("a depth bomb as envelope", b"[" * 200000),
    ):
        refused(name, 400, "malformed", body)
    for name, kind in (("an unknown payload type", "application/vnd.duban.nonsense.v1+json"), ("an empty payload type", "")):
        refused(name, 400, "schema|malformed", envelope(C1.key, C1.payload(REPORTED), kind))
    before = stored()
    status, problem, _ = U1.json("POST", "/v1/statements", json.dumps(right).encode(), "text/plain")
    ok(status == 415 and stored() == before, "another Content-Type: 415", status, problem)
    status, problem, _ = U1.json("POST", "/v1/statements", b"{}\n" * 257, sign.NDJSON)
    ok(status == 413 and problem.get("code") == "size" and stored() == before, "257 lines: 413", status, problem)
    U1.close()


def values():
    """Wrong values refuse the report, not the statement: it gets its place and a receipt."""
    verdicts = sql("select count(*) from duban.verdict where unit = 'u001'")
    state = sql(f"select x::text from duban.task_state x where task = '{TASK}'")
    for name, report, field, codes in (
        ("an unknown task", {"task": "p1/99999"}, "task", "unknown"),
        ("a task of an unknown plan", {"task": "nowhere/1"}, "task", "unknown"),
        ("a task that is not its own", {"task": OTHERS}, "task", "not-assigned"),
        ("a task that is no task at all", {"task": "'; drop table duban.statement; --"}, "task", "task|unknown"),
        ("an unknown period", {"period": "2035Q1"}, "period", "unknown"),
        ("a period of another cadence", {"period": "2022-W12"}, "period", "unknown"),
        ("a period that is none", {"period": "2022Q5"}, "period", "period"),
        ("progress 101", {"progress": 101}, "progress", "range"),
        ("progress -1", {"progress": -1}, "progress", "range"),
        ("an unknown status", {"status": "fine"}, "status", "enumeration"),
        ('value "5,5"', {"values": [{"name": "x", "value": "5,5"}]}, "values", "decimal"),
        ('value "1e3"', {"values": [{"name": "x", "value": "1e3"}]}, "values", "decimal"),
        ("a date that is none", {"next_by": "2022-02-30"}, "next_by", "date"),
        ("an evidence digest that is none", {"evidence": [{"name": "a", "size": 1, "sha256": "x"}]}, "evidence", "digest"),
    ):
        before = log_entries()
        _, receipt = taken(f"{name}: the statement is taken", C1, U1, dict(REPORTED, **report))
        outcome = (receipt.get("outcomes") or [{}])[0]
        errors = outcome.get("errors") or [{}]
        ok(
            len(receipt.get("outcomes", [])) == 1
            and outcome.get("outcome") == "refused"
            and any(str(e.get("field", "")).startswith(field) and e.get("code") in codes.split("|") for e in errors)
            and all(e.get("detail") for e in errors),
            f"{name}: refused, {field} {codes}",
            outcome,
        )
        ok(log_entries() == before + 1, f"{name}: one entry")
    no_period = {k: v for k, v in REPORTED.items() if k != "period"}
    _, receipt = taken("no period: the statement is taken", C1, U1, no_period)
    ok(receipt["outcomes"][0]["outcome"] == "refused", "no period: refused", receipt)
    ok(
        sql("select count(*) from duban.verdict where unit = 'u001'") == verdicts
        and sql(f"select x::text from duban.task_state x where task = '{TASK}'") == state,
        "refused reports leave verdicts and task as they were",
    )
    _, receipt = taken("a good report between two bad ones", C1, U1, dict(REPORTED, progress=101), REPORTED, dict(REPORTED, task="p1/99999"))
    seen = [o["outcome"] for o in receipt.get("outcomes", [])]
    ok(seen[::2] == ["refused"] * 2 and seen[1] in ("on-time", "correction"), "… each has its own outcome", seen)
    _, receipt = taken("several faults in one report", C1, U1, dict(REPORTED, progress=101, next_by="x", values=[{"name": "x", "value": "y"}]))
    ok(len(receipt["outcomes"][0]["errors"]) == 3, "… are all named at once", receipt)


def same(first, again):
    return again.get("duplicate") is True and all(first[k] == again[k] for k in ("id", "entry", "received", "outcomes"))


def duplicates():
    body, first = taken("a statement to be repeated", C1, U1)
    payload = base64.b64decode(json.loads(body)["payload"])
    before = stored()

    def repeated(name, what=body, by=None):
        status, again, _ = (by or U1).post(what)
        ok(status == 200 and same(first, again), f"{name}: the same receipt", status, again)
        ok(stored() == before, f"{name}: nothing more is stored")

    repeated("the same bytes again")
    repeated("signed again (ECDSA is random)", envelope(C1.key, payload))
    refused("the same payload with a wrong signature", 403, "signature", envelope(C1.key, payload, signature=C2.key.sign(b"x")), retry="never")
    status, _, lines = U1.send("POST", "/v1/statements", b"\n".join([body] * 5), sign.NDJSON)
    many = [json.loads(line) for line in lines.splitlines()]
    ok(status == 200 and len(many) == 5 and all(same(first, m) for m in many), "five times in one request", many)
    status, again, _ = U1.json("GET", f"/v1/statements/{C1.key.name}/{first_seq(body)}")
    ok(status == 200 and same(first, again), "GET of its place", status, again)

    for name, members in (
        ("expired", {"until": "2020-01-01T00:00:00Z"}),
        ("not yet valid", {"from": "2099-01-01T00:00:00Z"}),
        ("revoked", {"revoked": "lost"}),
    ):
        ok(registry(key_object(C1.key, "u001", **members)) == "applied", f"the key is {name} now")
        refused(f"a key that is {name}", 403, "key", envelope(C1.key, C1.payload(REPORTED)))
        before = stored()
        repeated(f"a key that is {name}, a statement from before")
    ok(registry(key_object(C1.key, "u002")) == "refused", "a key cannot be given to another unit")
    ok(registry(key_object(C1.key, "u001")) == "applied", "the key is valid again")
    taken("the key is good again", C1, U1)


def first_seq(body):
    return json.loads(base64.b64decode(json.loads(body)["payload"]))["seq"]


def certificates():
    fingerprint = sign.openssl("x509", "-in", f"{DIR}/u005/client.pem", "-outform", "DER")
    name = hashlib.sha256(fingerprint).hexdigest()
    item = {"set": "client", "certificate": name, "name": "u005", "for": "u005"}
    u5, c5 = client("u005"), Chain(f"{DIR}/u005", AUD, "u005")
    report = dict(REPORTED, task=sql("select min(name) from duban.task where accountable = 'u005'") or TASK)
    for what, members in (("revoked", {"revoked": "lost"}), ("expired in the registry", {"until": "2020-01-01T00:00:00Z"})):
        ok(registry(dict(item, **members)) == "applied", f"the certificate is {what} now")
        u5.close()
        refused(f"a client certificate that is {what}", 403, "certificate|unit", envelope(c5.key, c5.payload(report)), u5)
    ok(registry(dict(item, deliver=["u001"])) == "applied", "the certificate may deliver for u001 now")
    u5.close()
    body = envelope(C1.key, C1.payload(REPORTED))
    status, receipt = posted(u5, body)
    if ok(status == 200, "a certificate that may deliver for this unit", status, receipt):
        C1.took(base64.b64decode(json.loads(body)["payload"]))
    speaking = Chain(f"{DIR}/u005", AUD, "u001")
    refused("… and still may not speak for it", 403, "unit", envelope(speaking.key, speaking.payload(REPORTED)), u5)
    return u5, c5


def races():
    """One place, many at once: one gets it."""
    pool = concurrent.futures.ThreadPoolExecutor(8)
    clients = [client("u001") for _ in range(8)]
    body = envelope(C1.key, C1.payload(REPORTED))
    before = log_entries()
    answers = list(pool.map(lambda c: c.post(body), clients))
    fresh = [a for a in answers if a[0] == 200 and a[1]["duplicate"] is False]
    ok(
        all(a[0] == 200 for a in answers) and len(fresh) == 1 and len({a[1]["entry"] for a in answers}) == 1,
        "the same statement on 8 connections at once: one entry, 8 receipts",
        [a[:2] for a in answers if a[0] != 200],
        len(fresh),
    )
    ok(log_entries() == before + 1, "… stored once")
    C1.took(base64.b64decode(json.loads(body)["payload"]))
    rivals = [C1.payload(REPORTED) for _ in range(8)]
    signed = [envelope(C1.key, r) for r in rivals]
    answers = list(pool.map(lambda i: clients[i].post(signed[i]), range(8)))
    won = [i for i in range(8) if answers[i][0] == 200]
    ok(
        len(won) == 1 and all(answers[i][1].get("code") == "sequence" for i in range(8) if i not in won),
        "8 statements for one place at once: one is taken, 7 are told what is expected",
        [(a[0], a[1].get("code")) for a in answers],
    )
    ok(log_entries() == before + 2, "… stored once")
    if won:
        C1.took(rivals[won[0]])
    ahead, chain = [], Chain(f"{DIR}/u001", AUD, "u001")
    chain.seq, chain.prev = C1.seq, C1.prev
    for _ in range(6):
        p = chain.payload(REPORTED)
        chain.took(p)
        ahead.append(envelope(chain.key, p))
    ahead[3] = b"{}"
    status, _, text = U1.send("POST", "/v1/statements", b"\n".join(ahead), sign.NDJSON)
    seen = [json.loads(line) for line in text.splitlines()]
    ok(
        status == 200
        and [s.get("code", "receipt") for s in seen] == ["receipt"] * 3 + ["malformed", "sequence", "sequence"],
        "a chain in one request with a broken link: three receipts, then problems in order",
        seen,
    )
    C1.follow(U1)
    pool.shutdown()


def rate(u5, c5):
    """Beyond 100 statements an hour in which everything is refused: 429, and no place is taken."""
    bad, first = {"task": "p1/99999", "period": "2022Q1", "status": "done"}, None
    refusals, lines = [], []
    for _ in range(100):
        p = c5.payload(bad)
        c5.took(p)
        lines.append(envelope(c5.key, p))
    first = lines[0]
    for start in (0, 50):
        status, _, text = u5.send("POST", "/v1/statements", b"\n".join(lines[start : start + 50]), sign.NDJSON)
        refusals += [json.loads(line) for line in text.splitlines()]
    ok(len([r for r in refusals if "entry" in r]) == 100, "100 statements with nothing good are taken", refusals[-1])
    body = envelope(c5.key, c5.payload(bad))
    before = stored()
    status, problem, headers = u5.post(body)
    ok(
        status == 429 and problem.get("code") == "rate" and problem.get("retry") == "later" and headers.get("Retry-After"),
        "the 101st: 429 rate, later, Retry-After",
        status,
        problem,
    )
    ok(stored() == before, "… and nothing is stored")
    status, again, _ = u5.post(first)
    ok(status == 200 and again.get("duplicate") is True, "a repeated one of them still gets its receipt", status, again)
    mine = sql("select min(name) from duban.task where accountable = 'u005'")
    if mine:
        taken("one with something good is taken", c5, u5, bad, {"task": mine, "period": "2022Q1", "status": "on-track"})
    # another key in the same batch must not suffer
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        flood = pool.submit(lambda: [client("u005").post(envelope(c5.key, c5.payload(bad)))[0] for _ in range(20)])
        for _ in range(5):
            taken("another unit beside the flood", C1, U1)
        ok(set(flood.result()) == {429}, "… the flood stays refused", flood.result())


OFFICE = Chain(os.environ["DUBAN_OPERATOR_HOME"], AUD, "office")
OPERATOR = Client(URL, CA, os.environ["DUBAN_OPERATOR_HOME"])
OFFICE.follow(OPERATOR)
U1, U2 = client("u001"), client("u002")
C1, C2 = Chain(f"{DIR}/u001", AUD, "u001"), Chain(f"{DIR}/u002", AUD, "u002")
start = time.monotonic()
for case in (signatures, rights, places, shapes, envelopes, values, duplicates, races):
    case()
rate(*certificates())
print(f"  {time.monotonic() - start:.0f} s")
print("end")
