// SPDX-License-Identifier: BSD-2-Clause
// The same job as duban's hot path, as one would write it with Node: mutual TLS, one signed statement a POST,
// crypto.verify over the exact bytes, JSON, one INSERT, the answer after the commit. No duplicates, no
// verdicts, no log. Two workers (cluster). Arguments: DIR PORT PGHOST
'use strict';
const cluster = require('node:cluster');
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const [dir, port, host] = process.argv.slice(2);
const type = 'application/vnd.duban.report.v1+json';
const pae = (payload) =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);

function sign(count) { // lines for peer_load: "PATH TAB BODY"
  const out = fs.createWriteStream(`${dir}/lines`);
  const text = fs.readFileSync(`${dir}/text`, 'utf8');
  const keys = [];
  const known = {};
  for (let i = 0; i < 64; i++) {
    const k = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = k.publicKey.export({ type: 'spki', format: 'der' });
    const id = crypto.createHash('sha256').update(spki).digest('hex');
    keys.push({ id, secret: k.privateKey, unit: `u${i}`, seq: 0 });
    known[id] = { pem: k.publicKey.export({ type: 'spki', format: 'pem' }), unit: `u${i}` };
  }
  fs.writeFileSync(`${dir}/keys.json`, JSON.stringify(known));
  for (let i = 0; i < count; i++) {
    const k = keys[i % keys.length];
    const payload = Buffer.from(JSON.stringify({
      v: 1, aud: 'duban.example/peer', unit: k.unit, key: k.id, seq: ++k.seq, prev: k.id, id: crypto.randomUUID(),
      nonce: k.id.slice(0, 22), iat: '2022-04-01T00:00:00Z',
      reports: [{ task: `p1/${i}`, period: '2022Q1', status: 'on-track', progress: i % 101, text }],
    }));
    const sig = crypto.sign('sha256', pae(payload), k.secret).toString('base64');
    out.write(`/v1/statements\t${JSON.stringify({
      payloadType: type, payload: payload.toString('base64'), signatures: [{ keyid: k.id, sig }],
    })}\n`);
  }
  out.end();
}

function serve() {
  const { Pool } = require('pg');
  const pool = new Pool({ host, user: 'postgres', database: 'peer_node', max: 16 });
  const keys = new Map();
  for (const [id, k] of Object.entries(JSON.parse(fs.readFileSync(`${dir}/keys.json`))))
    keys.set(id, { key: crypto.createPublicKey(k.pem), unit: k.unit });
  const insert = {
    name: 'add',
    text: 'insert into statement (unit, key, seq, task, period, status, progress, payload, signature) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning entry, received',
  };
  const answer = (res, status, body) => {
    const b = Buffer.from(JSON.stringify(body));
    res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': b.length });
    res.end(b);
  };
  const take = async (body, res) => {
    const envelope = JSON.parse(body);
    const { keyid, sig } = envelope.signatures[0];
    const payload = Buffer.from(envelope.payload, 'base64');
    const signature = Buffer.from(sig, 'base64');
    const k = keys.get(keyid);
    if (!k || !crypto.verify('sha256', pae(payload), k.key, signature)) return answer(res, 403, { code: 'signature' });
    const s = JSON.parse(payload);
    const r = s.reports[0];
    if (s.unit !== k.unit || s.key !== keyid) return answer(res, 403, { code: 'unit' });
    const { rows } = await pool.query({
      ...insert, values: [s.unit, keyid, s.seq, r.task, r.period, r.status, r.progress, payload, signature],
    });
    return answer(res, 200, { entry: rows[0].entry, received: rows[0].received });
  };
  https.createServer({
    key: fs.readFileSync(`${dir}/server.key`), cert: fs.readFileSync(`${dir}/server.pem`), ca: fs.readFileSync(`${dir}/ca.pem`),
    requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3',
  }, (req, res) => {
    const parts = [];
    req.on('data', (d) => parts.push(d));
    req.on('end', () => take(Buffer.concat(parts), res).catch((e) => answer(res, 500, { code: String(e) })));
  }).listen(Number(port), '127.0.0.1');
}

if (port === 'sign') sign(Number(host));
else if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork();
else serve();
