#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens COUNT TLS connections, says how many were held, keeps them until standard input ends.

    idle.py URL CA HOME COUNT
"""
import os
import resource
import socket
import ssl
import sys

url, ca, home, count = *sys.argv[1:4], int(sys.argv[4])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
need = count + 64
if need > soft:
    resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(hard, need)))
host, port = url.split("//")[1].split(":")
c = ssl.create_default_context(cafile=ca)
c.load_cert_chain(os.path.join(home, "client.pem"), os.path.join(home, "client.key"))
c.set_alpn_protocols(["http/1.1"])
held, refused = [], 0
for _ in range(count):
    try:
        held.append(c.wrap_socket(socket.create_connection((host, int(port)), timeout=20), server_hostname=host))
    except OSError:
        refused += 1
print(f"{len(held)} {refused}", flush=True)
sys.stdin.read()
still = 0
for s in held:
    s.setblocking(False)
    try:
        still += s.recv(1) != b""
    except ssl.SSLWantReadError:
        still += 1
    except OSError:
        pass
print(still, flush=True)
