#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The documentation against the code: what the code has and a page should name, and what a page
# names and the code should have. Needs python3 only; BUILD=dir adds the built programs.
cd -- "$(dirname -- "$0")/../.." || exit 1
exec python3 - <<'P'
import glob, os, re, shutil, subprocess, urllib.parse

n = bad = 0

def ok(good, name, why=""):
    global n, bad
    n += 1
    bad += not good
    print(f"{'ok' if good else 'not ok'} {n} - {name}")
    if not good and why:
        print("# " + str(why).replace("\n", "\n# "))

def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()

def none(missing, name):
    missing = list(missing)
    ok(not missing, name, missing[:20])

pages = sorted(glob.glob("*.md") + glob.glob("docs/*.md") + glob.glob("docs/*/*.md"))
ok(len(pages) > 10, "there are pages")

# ---- links and files ---------------------------------------------------------------------------
def anchors(text):
    heads = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}

broken = []
for page in pages:
    text = re.sub(r"^```.*?^```", "", read(page), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = urllib.parse.unquote(target).partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(there):
            broken.append(f"{page}: {target}")
        elif anchor and there.endswith(".md") and anchor not in anchors(read(there)):
            broken.append(f"{page}: no heading {target}")
none(broken, "every relative link resolves")

fences = [p for p in pages if len(re.findall(r"^```", read(p), re.M)) % 2]
none(fences, "every fenced block is closed")
paths = []
for page in pages:
    for name in re.findall(r"`((?:common|plan|daemon|client|sql|conf|tests|examples|docs|tools|po)/[\w./-]+)`", read(page)):
        if name != "plan/p1" and "LL" not in name and not os.path.exists(name) and not glob.glob(name + "*"):
            paths.append(f"{page}: {name}")
none(paths, "every file that a page names exists")
sources = {os.path.basename(f) for f in glob.glob("*/*.[ch]") + glob.glob("*/*/*.[ch]")}
sql_files = {os.path.basename(f)[:-4] for f in glob.glob("sql/schema/*.sql")}
text = read("docs/architecture.md")
none((f for f in re.findall(r"`(?:\w+/)?(\w+\.c)`", text) if f not in sources), "every source file in architecture.md exists")
none((f for f in re.findall(r"\b(0\d\d_\w+)", text) if f not in sql_files), "every schema file in architecture.md exists")
roles = [f for d in ("receive", "alert", "sign") for f in glob.glob(f"daemon/{d}/*.c")]
aside = {"admin.c", "query.c", "query_log.c", "log_path.c", "problem.c", "submission.c", "receiver_figures.c"}
none((f for f in roles if os.path.basename(f) not in aside and os.path.basename(f) not in text), "every step of the roles is in architecture.md")

# ---- SQL ----------------------------------------------------------------------------------------
schema = "\n".join(read(f) for f in sorted(glob.glob("sql/schema/*.sql")))
sql_md = read("docs/sql.md")
views = re.findall(r"CREATE VIEW duban\.(\w+)", schema)
ok(len(views) >= 10, "the schema has views")
none((v for v in views if f"**{v}**" not in sql_md), "every view is in sql.md")
none((v for v in set(re.findall(r"\b(v_\w+|missing_\w+)\b", sql_md)) if v not in views), "every view in sql.md exists")
for view, body in re.findall(r"CREATE VIEW duban\.(\w+) WITH.*?AS\n(.*?);\n", schema, re.S):
    part = re.search(rf"\*\*{view}\*\*(.*?)\n\n(?=\*\*|#|```|[A-Z])", sql_md, re.S)
    select = re.split(r"\n\s*FROM |\n FROM ", body.split("UNION")[0])[0]
    depth, item, items = 0, "", []
    for c in re.sub(r"^SELECT\s", "", select):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            items.append(item)
            item = ""
        else:
            item += c
    names = []
    for i in items + [item.split("FROM duban")[0]]:
        i = i.strip()
        m = re.search(r'\bAS\s+"?(\w+)"?\s*$', i, re.S) or re.search(r'(?:^|\.)"?(\w+)"?\s*$', i)
        names.append(m.group(1) if m else i)
    none((c for c in names if not part or f"`{c}`" not in part.group(1)), f"every column of {view} is in sql.md")
none((r for r in re.findall(r"\('(duban_\w+)', (?:true|false)\)", read("sql/roles.sql")) if f"`{r}`" not in sql_md), "every role is in sql.md")

# ---- log -----------------------------------------------------------------------------------------
log = read("docs/log.md")
lines = set()
for f in glob.glob("sql/schema/*.sql"):
    for part in re.findall(r"E'((?:[^']|'')*)'", read(f)):
        if "duban-entry/v1" in part or re.match(r"\\n\w[\w-]* |(alert|vacant|registry) %s|%s|at %s", part):
            lines |= set(re.findall(r"(?:^|\\n)([a-z][a-z0-9-]*) ", part))
lines |= set(re.findall(r"'([a-z-]+) ' \|\|", schema)) & {"clock-offset", "outcomes-sha256"}
lines |= set(re.findall(r"\\n([a-z][a-z0-9-]+) ", read("daemon/receive/batch_arrays.c"))) | {"arrival"}
ok({"received", "sig", "task", "ladder", "vacant", "registry", "schema", "certificate"} <= lines, "lines of entries are found in the code", lines)
none((l for l in lines if f'"{l} ' not in log and f'%s"{l} "' not in log), "every line of an entry is in log.md")
none((k for k in re.findall(r"\\nkind (\w+)\\n", schema) if f'"kind {k}"' not in log), "every kind of entry is in log.md")

# ---- HTTP ----------------------------------------------------------------------------------------
api = read("docs/api.md")
codes = re.findall(r'\{"([a-z-]+)", "([a-z-]+)",\s+(\d+), \d+\}', read("daemon/receive/problem.c"))
ok(len(codes) > 10, "problem codes are found in the code")
none((c for c in codes if not re.search(rf"^\| `{c[0]}` \| {c[2]} \| {c[1]} \|", api, re.M)), "every problem code is in api.md, with status and retry")
wire = set(re.findall(r'bad\(p, \d+, "([a-z-]+)"', read("daemon/net/http.c") + read("daemon/net/http_head.c")))
none((c for c in wire if f"| `{c}` |" not in api), "every code of the HTTP parser is in api.md")
for route in re.findall(r'\{"(/v1/[^"]+)", "', read("daemon/receive/query.c")) + re.findall(r'"(/(?:log|v1)/[a-z/]+)"', read("daemon/receive/query_log.c") + read("daemon/receive/accept.c")):
    want = re.escape(route.rstrip("/")).replace(r"\*", r"\{\w+\}")
    ok(re.search(rf"GET {want}|POST {want}", api), f"{route} is in api.md")
filters = re.findall(r'SHAPE_LIST, \{((?:"\w+"(?:, )?)+)\}', read("daemon/receive/query.c"))
none((f for fs in filters for f in re.findall(r"\w+", fs) if f"`{f}`" not in api and f"`{f}=1`" not in api), "every filter is in api.md")
metrics = set(re.findall(r'"(duban_\w+)"', read("daemon/receive/receiver_figures.c") + read("daemon/receive/admin.c")))
metrics |= {"duban_" + m for m in re.search(r"names\[\] = \{(.*?)\}", read("daemon/receive/admin.c"), re.S).group(1).replace('"', "").replace(",", " ").split()}
known = set(re.findall(r"duban_\w+", api)) | {m + "_sum" for m in re.findall(r"`(duban_\w+)_sum` and", api)} | {m + "_count" for m in re.findall(r"`(duban_\w+)_sum` and", api)}
none((m for m in metrics if m not in known), "every metric is in api.md")
members = {}
for f in glob.glob("sql/query/*.sql"):
    members[os.path.basename(f)[:-4]] = set(re.findall(r"'([a-z_]+)', (?:[a-z]|\()", read(f)))
for name in ("due", "ledger", "task", "alerts", "plan"):
    none((m for m in members[name] if f"`{m}`" not in api), f"every member of {name} is in api.md")

# ---- manual pages --------------------------------------------------------------------------------
def plain(path):
    return re.sub(r"\\[&fBRIP]+", "", read(path)).replace("\\-", "-")

conf5 = plain("docs/man/duband.conf.5")
settings = re.findall(r'\{"([a-z-]+)", SETTINGS_(\w+), (NULL|"[^"]*"), (-?\d+), (-?\d+)', read("daemon/settings.c"))
ok(len(settings) > 15, "settings are found in the code")
for name, kind, default, low, high in settings:
    part = re.search(rf"^\.It Cm {name} .*?(?=^\.It|^\.El)", conf5, re.S | re.M)
    good = part is not None
    if good and default not in ("NULL", '""'):
        good = f".Ql {default[1:-1]} ." in part.group(0)
    if good and kind in ("NUMBER", "SECONDS"):
        good = f"From {low} to {high}." in part.group(0)
    ok(good, f"{name} is in duband.conf(5) with default and range")
none((s for s in re.findall(r"^\.It Cm ([a-z-]+)", conf5, re.M) if s not in [x[0] for x in settings]), "every key in duband.conf(5) exists")
none((s[0] for s in settings if not re.search(rf"^#? ?{s[0]} = ", read("conf/duband.conf"), re.M)), "every setting is in the sample")

duban1 = plain("docs/man/duban.1")
commands = re.findall(r'^    \{"([a-z ]+)",$|^    \{"([a-z ]+)", ', read("client/main.c"), re.M)
commands = [a or b for a, b in commands]
ok(len(commands) > 15, "commands are found in the code")
none((c for c in commands if not re.search(rf"^\.It Cm {c}\b", duban1, re.M)), "every command is in duban(1)")
named = set(re.findall(r"^\.It Cm ([a-z]+(?: (?:amend|apply|export|parse|register|show|test|verify))?)\b", duban1, re.M))
none((c for c in named if c not in commands), "every command in duban(1) exists")
options = set()
for f in glob.glob("client/*.c"):
    options |= set(re.findall(r'\{"([a-z-]{2,})", OPTIONS_\w+', read(f)))
none((o for o in options - {"config"} if f"Fl -{o}" not in duban1), "every option is in duban(1)")
status = set(re.findall(r"APP_\w+ = (\d)", read("client/app.h")))
none((s for s in status if not re.search(rf"^\.It {s}$", duban1, re.M)), "every exit status is in duban(1)")
duband8 = plain("docs/man/duband.8")
names = re.search(r"names\[\] = \{(.*?)\}", read("daemon/main.c"), re.S).group(1)
none((c for c in re.findall(r'"(\w+)"', names) if f"Cm {c}" not in duband8), "every command is in duband(8)")
none((c for c in re.findall(r"^\.It Cm (\w+)", duband8, re.M) if c not in names), "every command in duband(8) exists")
local1 = plain("docs/man/duban-local.1")
none((c for c in re.findall(r"^cmd_(\w+)\(\)", read("client/duban-local.sh"), re.M) if not re.search(rf"^\.It Cm {c}\b", local1, re.M)), "every command is in duban-local(1)")
none((v for v in re.findall(r"\b(DUBAN_[A-Z_]+) \"", read("client/duban-local.sh")) if f"Ev {v}" not in local1), "every line of duban-local env is in duban-local(1)")
if shutil.which("mandoc"):
    for page in sorted(glob.glob("docs/man/*.[158]")):
        r = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True)
        ok(r.returncode == 0 and not r.stdout.strip(), f"mandoc -Tlint {page}", r.stdout[:800])

# ---- rules of the house ---------------------------------------------------------------------------
none((p for p in pages if re.search(r"\bTODO\b|\bFIXME\b|\bXXX\b|lorem ipsum", read(p))), "nothing is left to write")
none((p for p in pages if "/work/" in read(p) or "/root/.." in read(p)), "no page names a path of somebody's machine")
build = os.environ.get("BUILD", "build")
if os.access(f"{build}/duban", os.X_OK):
    r = subprocess.run([f"{build}/duban", "--lang", "en", "help"], capture_output=True, text=True)
    shown = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", r.stdout, re.M)
    none((c for c in shown if c not in commands), "duban help shows the commands of the page")
else:
    print(f"# {build}/duban is not built: its help was not compared")
# ---- sentences that the client translates --------------------------------------------------------
def joined(text):
    return re.sub(r'"\s*\n\s*"', "", text)

said = "".join(read(f).replace("''", "'") for f in glob.glob("sql/schema/*.sql")) + "".join(joined(read(f)) for f in glob.glob("common/*.[ch]"))
said = said.replace('\\"', '"')
rows = [r.replace('\\"', '"') for r in re.findall(r'N_\("((?:[^"\\]|\\.)*)"\)', joined(read("client/foreign.c")))]
ok(len(rows) > 50, "the client knows sentences of the server")
none((r for r in rows if any(len(x) > 3 and x not in said for x in r.split("%s"))), "… each of which the server says")

print(f"1..{n}")
raise SystemExit(bad != 0)
P
