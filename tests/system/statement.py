#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes one DSSE envelope with the openssl command line, right or wrong in any wished way.

    statement.py --home HOME --aud A --unit U --seq N --prev HEX [--kind report] [options]

  --body JSON        members behind the head, default {"reports":[]}
  --set NAME=JSON    replaces or adds a head member; NAME alone removes it
  --raw FILE         these very bytes as payload ("-" = standard input); no head is made
  --sign-key FILE    another key signs (the payload still names --home's key)
  --type T           another payload type
  --keyid HEX        another keyid in the envelope
  --flip             one bit of the signature is turned over
  --identity         prints the identity (SHA-256 of the PAE) instead of the envelope
  --save DIR         also writes pae, sig, payload there
"""
import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import uuid

p = argparse.ArgumentParser()
for name in ("home", "aud", "unit", "prev", "kind", "body", "raw", "sign-key", "type", "keyid", "save"):
    p.add_argument("--" + name)
p.add_argument("--seq", type=int, default=1)
p.add_argument("--set", action="append", default=[])
p.add_argument("--flip", action="store_true")
p.add_argument("--identity", action="store_true")
a = p.parse_args()


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


sign_key = os.path.join(a.home, "sign.key")
key = hashlib.sha256(openssl("pkey", "-in", sign_key, "-pubout", "-outform", "DER")).hexdigest()
if a.raw == "-":
    payload = sys.stdin.buffer.read()
elif a.raw:
    payload = open(a.raw, "rb").read()
else:
    head = {
        "v": 1,
        "aud": a.aud,
        "unit": a.unit,
        "key": key,
        "seq": a.seq,
        "prev": a.prev or "0" * 64,
        "id": str(uuid.uuid4()),
        "nonce": base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("="),
        "iat": "2026-01-01T00:00:00Z",
    }
    head.update(json.loads(a.body) if a.body else {"reports": []})
    for change in a.set:
        name, _, value = change.partition("=")
        if value:
            head[name] = json.loads(value)
        else:
            head.pop(name, None)
    payload = json.dumps(head, ensure_ascii=False).encode()

kind = a.type or f"application/vnd.duban.{a.kind or 'report'}.v1+json"
pae = b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)
signer = a.sign_key or sign_key
text = openssl("pkey", "-in", signer, "-noout", "-text").decode()
if "ED25519" in text.upper().split("\n")[0]:
    with open(os.path.join(a.home, ".pae"), "wb") as f:
        f.write(pae)
    sig = openssl("pkeyutl", "-sign", "-inkey", signer, "-rawin", "-in", f.name)
    os.unlink(f.name)
else:
    sig = openssl("dgst", "-sha256", "-sign", signer, data=pae)
if a.flip:
    sig = sig[:-1] + bytes([sig[-1] ^ 1])
if a.save:
    for name, data in (("pae", pae), ("sig", sig), ("payload", payload)):
        with open(os.path.join(a.save, name), "wb") as f:
            f.write(data)
if a.identity:
    print(hashlib.sha256(pae).hexdigest())
else:
    encoded = {
        "payloadType": kind,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": a.keyid or key, "sig": base64.b64encode(sig).decode()}],
    }
    print(json.dumps(encoded))
