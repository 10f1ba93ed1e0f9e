#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP server that does what DIR/mode says, looked at for each command: accept (default), refuse
(550 to RCPT), sender (550 to MAIL), greylist (451), content (554 after the text), close (in the middle
of the text), unsure (takes the text and closes without an answer), stall (no answer to RCPT).
Mails go to DIR/N.eml; DIR/log gets a line per RCPT. Prints its port. Needs python3-aiosmtpd.
  smtp_sink.py DIR [--port N] [--cert PEM --key PEM] [--login USER:PASSWORD]"""
import argparse, asyncio, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

a = argparse.ArgumentParser()
a.add_argument("dir")
a.add_argument("--port", type=int, default=0)
a.add_argument("--cert")
a.add_argument("--key")
a.add_argument("--login")
o = a.parse_args()

def mode():
    try:
        with open(os.path.join(o.dir, "mode")) as f:
            return f.read().strip()
    except FileNotFoundError:
        return "accept"

def keep(text):
    n = len([x for x in os.listdir(o.dir) if x.endswith(".eml")]) + 1
    with open(os.path.join(o.dir, ".new"), "wb") as f:
        f.write(text)
    os.rename(os.path.join(o.dir, ".new"), os.path.join(o.dir, f"{n}.eml"))

class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if mode() == "sender":
            return "550 5.7.1 sender not allowed"
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        now = mode()
        with open(os.path.join(o.dir, "log"), "a") as f:
            f.write(f"{now} {address} tls={int(session.ssl is not None)}\n")
        if now == "refuse":
            return "550 5.1.1 no such mailbox"
        if now == "greylist":
            return "451 4.7.1 come back later"
        if now == "stall":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        if mode() == "content":
            return "554 5.6.0 not liked"
        keep(envelope.original_content)
        if mode() == "unsure":
            server.transport.abort()
        return "250 taken"

class Server(SMTP):
    async def smtp_DATA(self, arg):
        if mode() != "close":
            return await super().smtp_DATA(arg)
        await self.push("354 go on")
        await asyncio.sleep(0.05)
        self.transport.abort()

def authenticate(server, session, envelope, mechanism, data):
    given = f"{data.login.decode()}:{data.password.decode()}"
    return AuthResult(success=given == o.login, handled=False)

context = None
if o.cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(o.cert, o.key)

def make():
    return Server(Handler(), hostname="sink.example", tls_context=context, require_starttls=context is not None,
                  auth_required=o.login is not None, authenticator=authenticate)

async def main():
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", o.port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
