#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An HTTPS (or, without --cert, HTTP) server that answers as DIR/mode says: a status (200 by default),
"429 SECONDS" with Retry-After, "redirect", "hang", or "body TEXT" for 200 with a text, --pause MS later. Each request is a
line of JSON in DIR/requests: path, headers in lower case, body. Prints its port.
  https_sink.py DIR [--cert PEM --key PEM] [--pause MS]"""
import argparse, http.server, json, os, ssl, sys, threading, time

a = argparse.ArgumentParser()
a.add_argument("dir")
a.add_argument("--cert")
a.add_argument("--key")
a.add_argument("--pause", type=float, default=0)
o = a.parse_args()
lock = threading.Lock()

def mode():
    try:
        with open(os.path.join(o.dir, "mode")) as f:
            return f.read().strip()
    except FileNotFoundError:
        return "200"

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        line = json.dumps({"path": self.path, "mode": mode(), "body": body.decode(),
                           "headers": {k.lower(): v for k, v in self.headers.items()}}, ensure_ascii=False)
        with lock, open(os.path.join(o.dir, "requests"), "a") as f:
            f.write(line + "\n")
        time.sleep(o.pause / 1000)
        words = mode().split(" ", 1)
        if words[0] == "hang":
            time.sleep(3600)
        text = words[1] if words[0] == "body" else "thanks"
        status = {"redirect": 302, "body": 200}.get(words[0]) or int(words[0])
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", words[1])
        if status == 302:
            self.send_header("Location", f"https://127.0.0.1:{server.server_port}/elsewhere")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if o.cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(o.cert, o.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
