#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends N random statements of all kinds, in random order, by random keys, plausible and absurd ones,
to a running instance; moves the test clock now and then. Same SEED, same choices.

    anything.py N SEED HOME NAME=UNIT…      (HOME/NAME is an enrolled identity; operator=office first)

Prints one line a kind: kind, how many got a receipt, how many a problem. Anything but 200, 400, 403,
409 or 429 is a fault."""
import base64
import collections
import hashlib
import http.client
import json
import os
import random
import ssl
import subprocess
import sys
import urllib.parse
import uuid

N, SEED, W = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
R = random.Random(SEED)
URL = urllib.parse.urlparse(os.environ["DUBAN_URL"])


def sql(text):
    out = subprocess.run(["psql", "-XqAt", "-h", os.environ["DUBAN_PGHOST"], "-p", os.environ["DUBAN_PGPORT"], "-U",
                          os.environ["DUBAN_PGUSER"], "-d", os.environ["DUBAN_PGDATABASE"], "-c", text],
                         check=True, stdout=subprocess.PIPE).stdout.decode()
    return out.split("\n")[:-1]


class Identity:
    def __init__(self, name, unit):
        self.unit = unit
        self.home = os.environ["DUBAN_OPERATOR_HOME"] if name == "operator" else os.path.join(W, name)
        self.sign_key = os.path.join(self.home, "sign.key")
        spki = subprocess.run(["openssl", "pkey", "-in", self.sign_key, "-pubout", "-outform", "DER"], check=True,
                              stdout=subprocess.PIPE).stdout
        self.key = hashlib.sha256(spki).hexdigest()
        context = ssl.create_default_context(cafile=os.environ["DUBAN_CA"])
        context.load_cert_chain(os.path.join(self.home, "client.pem"), os.path.join(self.home, "client.key"))
        self.http = http.client.HTTPSConnection(URL.hostname, URL.port, context=context, timeout=60)
        self.http.request("GET", "/v1/me")
        me = json.loads(self.http.getresponse().read())
        mine = [k for k in me["keys"] if k["key"] == self.key][0]
        self.seq, self.prev, self.aud = mine["seq"], mine["prev"], me["aud"]

    def send(self, kind, body):
        head = {"v": 1, "aud": self.aud, "unit": self.unit, "key": self.key, "seq": self.seq, "prev": self.prev,
                "id": str(uuid.UUID(int=R.getrandbits(128), version=7 if sys.version_info >= (3, 14) else 4)),
                "nonce": base64.urlsafe_b64encode(R.randbytes(16)).decode().rstrip("="), "iat": "2026-01-01T00:00:00Z"}
        payload = json.dumps({**head, **body}, ensure_ascii=False).encode()
        kind = f"application/vnd.duban.{kind}.v1+json"
        pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.sign_key], input=pae, check=True,
                             stdout=subprocess.PIPE).stdout
        envelope = {"payloadType": kind, "payload": base64.b64encode(payload).decode(),
                    "signatures": [{"keyid": self.key, "sig": base64.b64encode(sig).decode()}]}
        self.http.request("POST", "/v1/statements", json.dumps(envelope),
                          {"Content-Type": "application/vnd.dsse.envelope.v1+json"})
        answer = self.http.getresponse()
        text = answer.read()
        if answer.status == 200:
            self.seq, self.prev = self.seq + 1, hashlib.sha256(pae).hexdigest()
        elif answer.status not in (400, 403, 409, 429):
            sys.exit(f"SEED {SEED}: {answer.status} for {payload.decode()}: {text.decode()}")
        if answer.status != 200 and os.environ.get("WHY"):
            print(kind, text.decode(), file=sys.stderr)
        return answer.status


WHO = [Identity(*word.split("=")) for word in sys.argv[4:]]
UNITS = [w.unit for w in WHO if w.unit.startswith("u") and "-" not in w.unit]
POSTS = ["office", "leader-01", "leader-02", "u001-contact", "u002-head", "chief"]


def some(table, otherwise):
    return R.choice(table) if table and R.random() < 0.95 else otherwise


def day(state):
    return "2022-%02d-%02d" % (R.randint(state["month"], 12), R.randint(1, 28))


def text():
    return R.choice(["一切正常", "资金未到位", "", "a\"b\\c", "two\nlines", "𝔘nicode ☃", "x" * 300])


def report(state, mine):
    one = {"task": some(mine or state["tasks"], "p1/nothing"), "period": some(["2022Q1", "2022Q2", "2022Q3"], "2031Q1"),
           "status": R.choice(["not-started", "on-track", "at-risk", "blocked", "done", "done"])}
    for name, value in (("progress", R.randint(0, 101)), ("text", text()), ("risk", text()), ("next", text()), ("next_by", day(state)),
                        ("values", [{"name": "产值", "value": str(R.randint(-3, 90)), "unit": R.choice(["亿元", "个"])}]),
                        ("explanation", "重新核算"), ("early_warning", "汛期"), ("cites", [some(state["answers"], "1.0")])):
        if R.random() < (0.5 if name in ("progress", "text") else 0.12):
            one[name] = value
    return one


def make(kind, who, state):
    mine = [t for t, u in state["leads"] if u == who.unit] if R.random() < 0.8 else []
    task = some(mine or state["tasks"], "p1/nothing")
    if kind == "report":
        return {"reports": [report(state, mine) for _ in range(R.choice([1, 1, 1, 2, 5]))]}
    if kind == "acknowledge":
        return {"alerts": [int(some(state["alerts"], "999999")) for _ in range(R.randint(1, 3))], "comment": text() or "知悉"}
    if kind == "review":
        return {"reviews": [{"report": r, "decision": "return", "reason": "补充数据", "due": day(state)} if R.random() < 0.6
                            else {"report": r, "decision": "accept"}
                            for r in {some(state["reports"], "5.5") for _ in range(R.randint(1, 3))}]}
    if kind == "countersign":
        return {"reports": [some(state["reports"], "5.5")]}
    if kind in ("extension", "closure") and R.random() < 0.5:
        one = {"request": some(state[kind], "7.7"), "decision": R.choice(["grant", "refuse"]), "reason": "研究决定"}
        if kind == "extension" and one["decision"] == "grant" and R.random() < 0.5:
            one["until"] = day(state)
        if kind == "closure" and R.random() < 0.3:
            one = {"task": task, "decision": "reopen", "reason": "反弹"}
        return {"decisions": [one]}
    if kind == "extension":
        one = {"task": task, "until": day(state), "reason": "客观原因", "progress": R.randint(0, 100)}
        if R.random() < 0.5:
            one["period"] = R.choice(["2022Q1", "2022Q2"])
        return {"requests": [one]}
    if kind == "closure":
        return {"requests": [{"task": task, "text": "已完成", "evidence": [{"name": "a.pdf", "size": 1, "sha256": "0" * 64}]}]}
    if kind == "record":
        one = report(state, [])
        one.update({"for": R.choice(UNITS), "source": "phone", "received_on": "2022-04-0%d" % R.randint(1, 9)})
        return {"records": [one]}
    if kind == "ask":
        return {"asks": [{"task": task, "period": "2022Q2", "units": R.sample(UNITS, 2), "due": day(state), "text": "请报数"}]}
    if kind == "answer":
        return {"answers": [{"ask": some(state["asks"], "3.3"), "text": text() or "三个"}]}
    if kind == "silence":
        return {"silences": [{"units": [R.choice(UNITS)], "until": day(state), "reason": "应急"}]}
    if kind == "test":
        return {"posts": [R.choice(POSTS)]}
    if kind == "contact":
        return {"contacts": [{"post": "u001-contact", "name": "某人", "phone": str(R.randint(100, 999))}]}
    if kind == "plan":
        return {"amend": "p1", "basis": "政办〔2022〕%d号" % R.randint(1, 9), "from": day(state),
                "changes": [R.choice([{"change": "set", "task": task.split("/")[1], "leads": R.sample(UNITS, 2)},
                                      {"change": "set", "task": task.split("/")[1], "deadline": day(state), "deadline_raw": "印发"},
                                      {"change": "plan", "title": "调整%d" % R.randint(1, 9), "to": R.choice(["2022-12-31", "2022-09-30", "2023-03-31"])},
                                      {"change": "plan", "ladder": "standard", "countersign": R.random() < 0.5,
                                       "leaders": [{"was": "leader-01", "now": "leader-02"}, {"was": "leader-02", "now": "leader-01"}]},
                                      {"change": "withdraw", "task": task.split("/")[1], "reason": "并入其他事项"}])]}
    return {"changes": [R.choice([
        {"set": "unit", "code": "u009", "name": "改名%d" % R.randint(1, 99)},
        {"set": "rule", "code": "quarterly", "name": "季报", "cadence": "quarterly", "of": "next", "working_day": R.randint(3, 9),
         "time": "17:30", "shift": "none", "calendar": "cn", "zone": "Asia/Shanghai", "countersign": R.random() < 0.3},
        {"set": "clock", "by": R.randint(1, 5) * 86400000000 + R.randint(0, 3600) * 1000000},
        {"set": "post", "code": "leader-02", "name": "分管领导", "role": "leader",
         "holders": [{"name": "新任", "from": "2022-01-01", "to": day(state)}]}])]}


KINDS = {"report": 30, "acknowledge": 6, "review": 9, "countersign": 2, "extension": 8, "closure": 7, "record": 3, "ask": 4, "answer": 4,
         "silence": 2, "test": 1, "contact": 1, "plan": 2, "registry": 7}
OFFICE = ["office"]
ENTITLED = {"plan": OFFICE, "registry": OFFICE, "contact": OFFICE, "test": OFFICE, "record": OFFICE, "review": ["office", "leader-01"],
            "silence": ["office", "leader-01"], "answer": UNITS, "countersign": ["u001-head"]}
counts = collections.Counter()
state = {}
# each kind once at least, whatever SEED says
kinds = list(KINDS) + R.choices(list(KINDS), KINDS.values(), k=max(0, N - len(KINDS)))
R.shuffle(kinds)
for n, kind in enumerate(kinds):
    if n % 20 == 0:
        state = {"tasks": sql("select name from duban.task order by name"),
                 "leads": [tuple(r.split("|")) for r in sql("select name, accountable from duban.task where accountable is not null order by 1")],
                 "reports": sql("select entry || '.' || ord from duban.report where outcome < 5 order by entry desc, ord limit 60"),
                 "alerts": sql("select alert from duban.alert order by alert desc limit 60"),
                 "asks": sql("select entry || '.' || ord from duban.ask order by 1"),
                 "answers": sql("select entry || '.' || ord from duban.answer order by 1"),
                 "extension": sql("select entry || '.' || ord from duban.extension order by 1"),
                 "closure": sql("select entry || '.' || ord from duban.closure order by 1"),
                 "month": int(sql("select extract(month from duban.day(duban.now()))")[0])}
    who = R.choice([w for w in WHO if w.unit in ENTITLED.get(kind, [w.unit]) or R.random() < 0.1])
    counts[kind, who.send(kind, make(kind, who, state)) == 200] += 1
for kind in KINDS:
    print(kind, counts[kind, True], counts[kind, False])
