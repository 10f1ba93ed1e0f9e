#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A well-behaved client beside hostile ones: signed reports without end, each sent once.

    good.py URL CA AUD HOME UNIT TASK PERIOD OUT [PAUSE]

Every statement has to be acknowledged at the first try: one answer, 200, duplicate false. Each third goes
through a new connection, the others through a kept one. Ends on SIGTERM; OUT then holds the line
"COUNT FAULTS WORST-SECONDS", OUT.faults what went wrong, OUT.receipts/ each proof.
"""
import os
import signal
import sys
import time

from sign import Chain, Client, envelope

url, ca, aud, home, unit, task, period, out = sys.argv[1:9]
pause = float(sys.argv[9]) if len(sys.argv) > 9 else 0.05
ending = False


def on_term(*_):
    global ending
    ending = True


def once(client, chain, n):
    """Fault as text, or None."""
    payload = chain.payload({"task": task, "period": period, "status": "on-track", "progress": n % 100})
    signed = envelope(chain.key, payload)
    if n % 3 == 0:
        client.close()
    try:
        status, receipt, _ = client.post(signed)
    except Exception as e:  # any: it is what the test is about
        return f"{type(e).__name__}: {e}"
    if status != 200 or receipt.get("duplicate") is not False:
        return f"{status} {receipt}"
    chain.took(payload)
    with open(f"{out}.receipts/{receipt['entry']}", "w", encoding="utf-8") as f:
        f.write(receipt["proof"])
    return None


def main():
    signal.signal(signal.SIGTERM, on_term)
    os.makedirs(out + ".receipts", exist_ok=True)
    client = Client(url, ca, home, timeout=20)
    chain = Chain(home, aud, unit).follow(client)
    count = faults = 0
    worst = 0.0
    while not ending:
        start = time.monotonic()
        fault = once(client, chain, count + faults)
        worst = max(worst, time.monotonic() - start)
        if fault:
            faults += 1
            with open(out + ".faults", "a", encoding="utf-8") as f:
                f.write(f"{time.strftime('%H:%M:%S')} {fault}\n")
            time.sleep(0.5)
            try:
                chain.follow(client)
            except Exception:
                pass
        else:
            count += 1
        with open(out + ".new", "w", encoding="utf-8") as f:
            f.write(f"{count} {faults} {worst:.2f}\n")
        os.rename(out + ".new", out)
        time.sleep(pause)


main()
