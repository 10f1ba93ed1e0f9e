#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Opens COUNT TLS connections, says how many were held, keeps them until standard input ends.

    idle.py URL CA HOME COUNT [silent]      silent: not even a handshake, and again when hung up on
"""
import os
import resource
import select
import socket
import ssl
import sys

url, ca, home, count, silent = *sys.argv[1:4], int(sys.argv[4]), len(sys.argv) > 5
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
need = count + 64
if need > soft:
    resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(hard, need)))
host, port = url.split("//")[1].split(":")
address = (host, int(port))
if silent:
    sockets = {socket.create_connection(address, timeout=20) for _ in range(count)}
    print(f"{len(sockets)} 0", flush=True)
    poll, by_number = select.epoll(), {}
    for s in sockets:
        by_number[s.fileno()] = s
        poll.register(s, select.EPOLLIN | select.EPOLLHUP)
    poll.register(sys.stdin, select.EPOLLIN | select.EPOLLHUP)
    again = 0
    while True:
        for number, _ in poll.poll():
            if number == sys.stdin.fileno():
                print(again, flush=True)
                sys.exit()
            by_number.pop(number).close()
            s = socket.create_connection(address, timeout=20)
            by_number[s.fileno()] = s
            poll.register(s, select.EPOLLIN | select.EPOLLHUP)
            again += 1
c = ssl.create_default_context(cafile=ca)
c.load_cert_chain(os.path.join(home, "client.pem"), os.path.join(home, "client.key"))
c.set_alpn_protocols(["http/1.1"])
held, refused = [], 0
for _ in range(count):
    try:
        held.append(c.wrap_socket(socket.create_connection(address, timeout=20), server_hostname=host))
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
