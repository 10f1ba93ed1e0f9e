#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/schema and docs/examples against each other, and the schemas against the daemon's own tables
# of members (common/statement_*.c): a member that one of them lacks fails here.
cd -- "$(dirname -- "$0")/../.." || exit 1
python3 -c 'import jsonschema' 2>/dev/null || {
    echo "1..0 # SKIP python3-jsonschema is not installed"
    exit 0
}
exec python3 -W ignore::DeprecationWarning - <<'P'
import copy, glob, json, os, re
import jsonschema

n = bad = 0

def ok(good, name, why=""):
    global n, bad
    n += 1
    bad += not good
    print(f"{'ok' if good else 'not ok'} {n} - {name}")
    if not good and why:
        print("# " + str(why).replace("\n", "\n# "), flush=True)

def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)

schemas = {os.path.basename(p)[:-5]: load(p) for p in sorted(glob.glob("docs/schema/*.json"))}
validators = {}
for name, schema in schemas.items():
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        fault = ""
    except jsonschema.SchemaError as e:
        fault = e.message
    ok(not fault, f"schema/{name}.json is a schema", fault)
    validators[name] = jsonschema.Draft202012Validator(schema)

def faults(name, j):
    return [e.message for e in validators[name].iter_errors(j)]

def kind_of(example):  # acknowledge-bundle is an example of acknowledge
    return example if example in schemas else example.rsplit("-", 1)[0]

seen = set()
examples = {os.path.basename(p)[:-5]: load(p) for p in sorted(glob.glob("docs/examples/*.json"))}
for name, j in examples.items():
    kind = kind_of(name)
    seen.add(kind)
    f = faults(kind, j)
    ok(not f, f"examples/{name}.json is right", f[:3])
ok(seen == set(schemas), "each schema has an example", sorted(set(schemas) - seen))

# one change each, which the schema must notice
def changed(name, edit):
    j = copy.deepcopy(examples[name])
    edit(j)
    return faults(kind_of(name), j)

def setter(*path_value):
    *path, value = path_value
    def edit(j):
        for p in path[:-1]:
            j = j[p]
        if value is None:
            del j[path[-1]]
        else:
            j[path[-1]] = value
    return edit

for name in examples:
    if kind_of(name) in ("receipt", "problem"):
        continue
    for member in list(examples[name]):
        if member in ("bundle", "comment", "decision", "basis"):
            continue
        ok(changed(name, setter(member, None)), f"{name} without {member}: wrong")
    ok(changed(name, setter("x", 1)), f"{name} with an unknown member: wrong")
for name, path, value in [
    ("report", ("v",), 2), ("report", ("seq",), 0), ("report", ("seq",), 2**53 + 1),
    ("report", ("key",), "A" * 64), ("report", ("prev",), "0"), ("report", ("nonce",), "short"),
    ("report", ("iat",), "2022-04-07 01:12:30"), ("report", ("reports",), []),
    ("report", ("reports", 0, "task"), "6.1"), ("report", ("reports", 0, "period"), "2022-13"),
    ("report", ("reports", 0, "status"), "正常推进"), ("report", ("reports", 0, "progress"), 101),
    ("report", ("reports", 0, "progress"), "25"), ("report", ("reports", 0, "values", 0, "value"), "5,5"),
    ("report", ("reports", 0, "values", 0, "value"), 5.5), ("report", ("reports", 0, "text"), "a\u0000"),
    ("report", ("reports", 0, "next_by"), "31.5.2022"), ("report", ("reports", 0, "evidence", 0, "size"), -1),
    ("report", ("reports", 2, "corrects"), 1.5), ("report", ("reports", 0, "note"), "x"),
    ("acknowledge", ("alerts",), [0]), ("acknowledge", ("alerts",), [3, 3]),
    ("acknowledge-bundle", ("alerts",), [3]), ("acknowledge", ("bundle",), "b"),
    ("contact", ("contacts", 0, "post"), "U001"), ("plan", ("plan", "handle"), "a" * 17),
    ("plan", ("plan", "tasks", 0, "kind"), "Task"), ("plan", ("plan", "tasks", 0, "task"), "(1)"),
    ("registry", ("changes", 3, "unit"), None), ("registry", ("changes", 4, "unit"), "u001"),
    ("registry", ("changes", 6, "working_day"), 3), ("registry", ("changes", 6, "shift"), None),
    ("registry", ("changes", 7, "working_day"), 0), ("registry", ("changes", 8, "steps", 0, "time"), None),
    ("registry", ("changes", 8, "steps", 1, "after"), "9x"), ("registry", ("changes", 8, "steps", 1, "to"), ["boss"]),
    ("registry-key", ("changes", 0, "alg"), "rsa"), ("registry-clock", ("changes", 0, "by"), 5),
    ("review", ("reviews", 1, "reason"), None), ("review", ("reviews", 0, "due"), "2022-04-15"),
    ("review", ("reviews", 0, "report"), "812.0.1"), ("review", ("reviews", 0, "decision"), "accepted"),
    ("countersign", ("reports",), ["1.0", "1.0"]), ("extension", ("requests", 0, "progress"), 101),
    ("extension", ("requests", 0, "until"), "30.9.2022"), ("extension", ("decisions",), []),
    ("extension-decision", ("decisions", 1, "reason"), None), ("extension-decision", ("decisions", 1, "until"), "2022-04-15"),
    ("closure", ("requests", 0, "evidence"), []), ("closure-decision", ("decisions", 1, "request"), "9.0"),
    ("closure-decision", ("decisions", 0, "task"), "p1/8"), ("closure-decision", ("decisions", 0, "reason"), None),
    ("record", ("records", 0, "scan"), None), ("record", ("records", 0, "source"), "fax"),
    ("record", ("records", 0, "for"), None), ("record", ("records", 0, "received_on"), "7.4.2022"),
    ("receipt", ("proof",), "x"), ("receipt", ("outcomes", 0, "outcome"), "accepted"),
    ("receipt", ("received",), "2022-04-07T01:12:31Z"), ("problem", ("expected",), None),
    ("problem", ("retry",), "maybe"),
    ("registry", ("changes", -2, "url"), "http://10.20.30.40/"), ("registry", ("changes", -2, "url"), None),
    ("registry", ("changes", -3, "url"), "https://a/"), ("registry", ("changes", -3, "fallback"), None),
    ("registry", ("changes", -3, "kind"), "fax"), ("registry", ("changes", -1, "lang"), "de"),
    ("silence", ("silences", 0, "until"), "soon"), ("silence", ("silences", 0, "reason"), None), ("silence-end", ("ends",), ["x"]),
    ("acknowledge", ("until",), "tomorrow"), ("acknowledge", ("told",), {"by": "a"}),
    ("test", ("posts",), []), ("test", ("posts",), ["A"]),
    ("ask", ("asks", 0, "units"), []), ("ask", ("asks", 0, "due"), "soon"), ("ask", ("asks", 0, "text"), None),
    ("answer", ("answers", 0, "ask"), "12"), ("answer", ("answers", 0, "values", 0, "value"), "3,5"),
    ("plan-amend", ("from",), None), ("plan-amend", ("amend",), None), ("plan-amend", ("changes",), []),
    ("plan-amend", ("changes", 0, "change"), "drop"), ("plan-amend", ("changes", 2, "clear"), ["text"]),
    ("plan-amend", ("changes", -1, "clear"), ["title"]), ("plan-amend", ("changes", -1, "leaders"), ["leader-01"]), ("plan-amend", ("changes", -1, "task"), "1"),
    ("registry-merge", ("changes", 1, "retired"), None), ("registry-merge", ("changes", 2, "tasks"), ["p1/1"]),
    ("report", ("reports", 0, "early_warning"), ""), ("report", ("reports", 0, "cites"), "12.1"),
]:
    ok(changed(name, setter(*path, value)), f"{name}: {'.'.join(map(str, path))} = {value!r}: wrong"[:110])

# the daemon's tables
def tables(path):
    text = open(path, encoding="utf-8").read()
    found = {}
    # lists of members that several tables share are macros
    for m in re.finditer(r"^#define ([A-Z_]+)(\([^)]*\))?[ \t]*\\\n((?:.*\\\n)*.*\n)", text, re.M):
        if '.name = "' not in m.group(3):
            continue
        use = re.compile(r"(?<!define )\b" + m.group(1) + (r"\([^()]*\)" if m.group(2) else r"\b(?!\()"))
        text = text[:m.end()] + use.sub(lambda _: m.group(3), text[m.end():])
    for m in re.finditer(r"const struct shape (\w+)\[\] = \{(.*?)\n?\s*SHAPE_END", text, re.S):
        body = m.group(2)
        names = re.findall(r'\.name = "(\w+)"', body)
        names += re.findall(r'\b(?:NAME|INSTANT|HEX|CLOCK|REASON|COUNT|OBJECTS|STATEMENT_(?:ITEM|TASK|DATE|CODE|DECIMAL|PERIOD)|DELAY|REPEATS)\("(\w+)"', body)
        names += ["set"] * bool(re.search(r"\bSET\b", body))
        found[m.group(1)] = set(names)
    return found

def props(schema, *path):
    for p in path:
        schema = schema[p]
    return set(schema["properties"])

head = set(re.findall(r'\.name = "(\w+)"', open("common/statement_kinds.h", encoding="utf-8").read()))
report, ack = tables("common/statement_report.c"), tables("common/statement_acknowledge.c")
review, request = tables("common/statement_review.c"), tables("common/statement_request.c")
objects, plan = tables("common/statement_objects.c"), tables("common/statement_plan.c")
R, G, P = schemas["report"], schemas["registry"], schemas["plan"]
pairs = [
    ("head", head, props(R) - {"reports"}),
    ("report", report["REPORT"], props(R, "$defs", "report")),
    ("value", report["VALUE"], props(R, "$defs", "report", "properties", "values", "items")),
    ("evidence", report["EVIDENCE"], props(R, "$defs", "report", "properties", "evidence", "items")),
    ("acknowledge", ack["statement_acknowledge_shape"], props(schemas["acknowledge"]) - head),
    ("test", tables("common/statement_test.c")["statement_test_shape"], props(schemas["test"]) - head),
    ("review", review["REVIEW"], props(schemas["review"], "properties", "reviews", "items")),
    ("countersign", review["statement_countersign_shape"], props(schemas["countersign"]) - head),
    ("extension request", request["EXTENSION_REQUEST"], props(schemas["extension"], "properties", "requests", "items")),
    ("extension decision", request["EXTENSION_DECISION"], props(schemas["extension"], "properties", "decisions", "items")),
    ("closure request", request["CLOSURE_REQUEST"], props(schemas["closure"], "properties", "requests", "items")),
    ("closure decision", request["CLOSURE_DECISION"], props(schemas["closure"], "properties", "decisions", "items")),
    ("record", report["RECORD"], props(schemas["record"], "$defs", "report")),
    ("silence", tables("common/statement_silence.c")["statement_silence_shape"], props(schemas["silence"]) - head),
    ("one silence", tables("common/statement_silence.c")["SILENCE"], props(schemas["silence"], "properties", "silences", "items")),
    ("told", ack["TOLD"], props(schemas["acknowledge"], "properties", "told")),
    ("contact", ack["CONTACT"], props(schemas["contact"], "properties", "contacts", "items")),
    ("ask", tables("common/statement_ask.c")["ASK"], props(schemas["ask"], "properties", "asks", "items")),
    ("answer", tables("common/statement_ask.c")["ANSWER"], props(schemas["answer"], "properties", "answers", "items")),
    ("amendment", plan["statement_plan_shape"], props(P) - head),
    ("amended task", plan["SET_TASK"], props(P, "$defs", "set")),
    ("new task", plan["NEW_TASK"], props(P, "$defs", "new")),
    ("withdrawn task", plan["WITHDRAW_TASK"], props(P, "$defs", "withdraw")),
    ("same", objects["SAME"], props(G, "$defs", "same")),
    ("plan", plan["PLAN"], props(P, "properties", "plan")),
    ("task", plan["TASK"], props(P, "$defs", "task")),
    ("target", plan["TARGET"], props(P, "$defs", "task", "properties", "targets", "items")),
    ("ladder step", objects["STEP"], props(G, "$defs", "step")),
    ("alias", objects["ALIAS"], props(G, "$defs", "unit", "properties", "aliases", "items")),
    ("member", objects["MEMBER"], props(G, "$defs", "roster", "properties", "members", "items")),
    ("delegate", objects["DELEGATE"], props(G, "$defs", "post", "properties", "delegates", "items")),
]
for kind in "unit roster post calendar rule ladder key client login channel".split():
    pairs.append((kind, objects[kind.upper()], props(G, "$defs", kind)))
pairs.append(("clock", objects["TEST_CLOCK"], props(G, "$defs", "clock")))
for name, code, doc in pairs:
    ok(bool(code) and code == doc, f"members of {name} are those of the daemon", f"code {sorted(code)} schema {sorted(doc)}")

limits = dict(re.findall(r"#define (\w+_MAX) (\d+)\n", open("common/statement.h", encoding="utf-8").read()))
ok(R["properties"]["reports"]["maxItems"] == int(limits["STATEMENT_REPORTS_MAX"]), "as many reports as the daemon takes")

# registry.md: every kind and key of the readable text
text = open("docs/registry.md", encoding="utf-8").read()
for kind in "unit roster post contact calendar rule ladder key client login channel".split():
    ok(re.search(rf'^{kind} "', text, re.M), f"docs/registry.md shows {kind}")
print(f"1..{n}")
raise SystemExit(bad != 0)
P
