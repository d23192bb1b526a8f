// An SMSC of the npm library `smpp`: its sessions and its codec, our story. What it says and takes is in
// tests/interop/standin.py. Started as: node server.js '{"accounts": {...}, "tls": {"key": ..., "cert": ...} | null}'
'use strict';

const path = require('path');
const readline = require('readline');
const modules = path.join(process.env.INTEROP_MODULES, 'smpp');
const smpp = require(modules);

const options = JSON.parse(process.argv[2]);
const desks = {};
const listeners = [];
let lastId = 3735900000;

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n');

const NOTATIONS = {
  decimal: (id) => String(id),
  padded: (id) => String(id).padStart(14, '0'),
  hex: (id) => id.toString(16),
  upper: (id) => id.toString(16).toUpperCase().padStart(12, '0'),
};

// One customer: the sessions bound to it, the receipts it has not taken yet, and what it is to suffer.
class Desk {
  constructor(name, rules) {
    Object.assign(this, { name, rules, sessions: new Set(), waiting: [], throttled: 0, unbindAfter: 0, hangUpAfter: 0, restartAfter: 0 });
  }

  deliver() {
    const session = [...this.sessions].find((each) => each.receives);
    if (!session) return;
    for (const receipt of this.waiting.splice(0)) {
      session.unanswered.add(receipt);
      session.deliver_sm({ ...receipt }, (answer) => {
        session.unanswered.delete(receipt);
        say({ event: 'acknowledged', account: this.name, status: answer.command_status });
      });
    }
  }

  owe(pdu, id) {
    const ident = NOTATIONS[this.rules.receipt](id);
    const date = new Date().toISOString().replace(/\D/g, '').slice(2, 12);
    const receipt = { source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: 4 };
    if (this.rules.form === 'tlv') {
      Object.assign(receipt, { receipted_message_id: ident, message_state: 2, short_message: '' });
    } else {
      receipt.short_message = `id:${ident} sub:001 dlvrd:001 submit date:${date} done date:${date} stat:DELIVRD err:000 text:`;
    }
    this.waiting.push(receipt);
    setImmediate(() => this.deliver());
  }

  count() {
    if (this.unbindAfter-- === 1) for (const session of this.sessions) session.unbind(() => session.close());
    if (this.hangUpAfter-- === 1) for (const session of this.sessions) session.destroy();
    if (this.restartAfter-- === 1) restart();
  }
}

for (const [name, rules] of Object.entries(options.accounts)) desks[name] = new Desk(name, rules);

const tlvsOf = (pdu) =>
  Object.fromEntries(Object.entries(pdu).filter(([key]) => /^\d+$/.test(key)).map(([key, value]) => [Number(key).toString(16), value.toString('latin1')]));

function joinOf(pdu) {
  const header = (pdu.short_message.udh || [])[0];
  if (header && header[0] === 0) return { way: 'udh8', ref: header[2], total: header[3], part: header[4] };
  if (header && header[0] === 8) return { way: 'udh16', ref: header.readUInt16BE(2), total: header[4], part: header[5] };
  if (pdu.sar_total_segments) {
    return { way: 'sar', ref: pdu.sar_msg_ref_num, total: pdu.sar_total_segments, part: pdu.sar_segment_seqnum };
  }
  return { way: pdu.message_payload ? 'payload' : 'one', ref: 0, total: 1, part: 1 };
}

function take(session, desk, pdu) {
  if (desk.throttled > 0) {
    desk.throttled -= 1;
    say({ event: 'throttled', account: desk.name });
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  const id = (lastId += 7919);
  const body = pdu.message_payload || pdu.short_message;
  say({
    event: 'submit', account: desk.name, to: pdu.destination_addr, from: pdu.source_addr, coding: pdu.data_coding,
    text: body.message, join: joinOf(pdu), tlvs: tlvsOf(pdu),
  });
  session.send(pdu.response({ message_id: NOTATIONS[desk.rules.answer](id) }));
  if (pdu.registered_delivery & 1) desk.owe(pdu, id);
  desk.count();
}

function bind(session, pdu) {
  const desk = desks[pdu.system_id];
  if (!desk || desk.rules.password !== pdu.password) {
    say({ event: 'refused', account: pdu.system_id });
    session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
    session.close();
    return;
  }
  say({ event: 'bound', account: desk.name, kind: pdu.command, version: pdu.interface_version });
  session.send(pdu.response({ system_id: 'npm' }));
  session.receives = pdu.command !== 'bind_transmitter';
  session.unanswered = new Set();
  desk.sessions.add(session);
  session.on('submit_sm', (submit) => take(session, desk, submit));
  session.on('close', () => {
    desk.sessions.delete(session);
    desk.waiting.unshift(...session.unanswered);
    say({ event: 'closed', account: desk.name });
  });
  desk.deliver();
}

function serve(session) {
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) session.on(kind, (pdu) => bind(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('error', (problem) => say({ event: 'error', words: String(problem) }));
}

function listen(port, tls) {
  return new Promise((done) => {
    const server = tls ? smpp.createServer(tls, serve) : smpp.createServer(serve);
    listeners.push(server);
    server.listen(port, '127.0.0.1', () => done(server.address().port));
  });
}

const ports = {};

async function open() {
  ports.port = await listen(ports.port || 0);
  if (options.tls) ports.tls_port = await listen(ports.tls_port || 0, options.tls);
}

// The process's sockets go as in a crash; what it owes its customers is kept, as an SMSC keeps it on its disks.
async function restart() {
  for (const server of listeners) for (const session of [...server.sessions]) session.destroy();
  await Promise.all(listeners.splice(0).map((server) => new Promise((done) => server.close(done))));
  await open();
  say({ event: 'restarted' });
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  desks[order.account][order.do] = order.after;
}).on('close', () => process.exit(0));

open().then(() => say({ event: 'ready', ...ports, version: require(path.join(modules, 'package.json')).version }));
