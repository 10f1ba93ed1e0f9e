#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Statements and HTTPS without any code of duban: DSSE by hand, signatures by the openssl command.

As a program it prints one envelope whose payload is read from standard input:

    sign.py SIGN-KEY TYPE <payload.json >envelope.json
"""
import base64
import hashlib
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import uuid

REPORT = "application/vnd.duban.report.v1+json"
REGISTRY = "application/vnd.duban.registry.v1+json"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"
NDJSON = "application/x-ndjson"


def openssl(*args, data=None):
    done = subprocess.run(["openssl", *args], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return done.stdout


class Key:
    def __init__(self, path):
        self.path = path
        self.spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
        self.name = hashlib.sha256(self.spki).hexdigest()
        self.ed25519 = bytes.fromhex("302a300506032b6570032100") == self.spki[:12]
        self.alg = "ed25519" if self.ed25519 else "ecdsa-p256"

    def sign(self, message):
        if not self.ed25519:
            return openssl("dgst", "-sha256", "-sign", self.path, data=message)
        with tempfile.NamedTemporaryFile() as f:  # one-shot algorithm: openssl wants a file
            f.write(message)
            f.flush()
            return openssl("pkeyutl", "-sign", "-inkey", self.path, "-rawin", "-in", f.name)


def pae(kind, payload):
    """https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md"""
    kind = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def identity(kind, payload):
    return hashlib.sha256(pae(kind, payload)).hexdigest()


def envelope(key, payload, kind=REPORT, keyid=None, signature=None):
    """The envelope's bytes. signature: other bytes than key's own."""
    signature = signature if signature is not None else key.sign(pae(kind, payload))
    return json.dumps(
        {
            "payloadType": kind,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [{"keyid": keyid or key.name, "sig": base64.b64encode(signature).decode()}],
        }
    ).encode()


class Chain:
    """What one key signs: numbers and links its statements."""

    def __init__(self, home, aud, unit):
        self.key = Key(os.path.join(home, "sign.key"))
        self.aud, self.unit, self.seq, self.prev = aud, unit, 1, "0" * 64

    def follow(self, client):
        """Goes on where the server says that this key stands."""
        for k in client.json("GET", "/v1/me")[1]["keys"]:
            if k["key"] == self.key.name:
                self.seq, self.prev = k["seq"], k["prev"]
        return self

    def head(self, **members):
        return {
            "v": 1,
            "aud": self.aud,
            "unit": self.unit,
            "key": self.key.name,
            "seq": self.seq,
            "prev": self.prev,
            "id": str(uuid.uuid4()),
            "nonce": base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("="),
            "iat": "2026-01-01T00:00:00Z",
            **members,
        }

    def payload(self, *reports, **members):
        return json.dumps(self.head(**{"reports": list(reports), **members}), ensure_ascii=False).encode()

    def took(self, payload, kind=REPORT):
        self.seq, self.prev = self.seq + 1, identity(kind, payload)


class Client:
    """One kept connection of one identity; a new one where the server closed it."""

    def __init__(self, url, ca, home, timeout=30):
        self.host, self.port = url.split("//")[1].split(":")
        self.timeout = timeout
        self.context = ssl.create_default_context(cafile=ca)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(os.path.join(home, "client.pem"), os.path.join(home, "client.key"))
        self.context.set_alpn_protocols(["http/1.1"])
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def send(self, method, path, body=None, kind=None):
        """status, headers, body; any failure is an exception, nothing is tried again."""
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                self.host, int(self.port), timeout=self.timeout, context=self.context
            )
        try:
            self.connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = self.connection.getresponse()
            text = answer.read()
        except Exception:
            self.close()
            raise
        if answer.getheader("Connection", "").lower() == "close":
            self.close()
        return answer.status, answer.headers, text

    def json(self, method, path, body=None, kind=None):
        status, headers, text = self.send(method, path, body, kind)
        try:
            return status, json.loads(text), headers
        except ValueError:
            return status, {}, headers

    def post(self, envelope_bytes):
        """status, receipt or problem, headers of one envelope."""
        return self.json("POST", "/v1/statements", envelope_bytes, ENVELOPE)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(envelope(Key(sys.argv[1]), sys.stdin.buffer.read(), sys.argv[2]).decode())
