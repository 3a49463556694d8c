// Starts one order, hears by webhook (or --follow) what becomes of it, and helps where it is stuck.
// Ends with 0 when the order is online, with 1 when it ended otherwise.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import readline from 'node:readline';
import { Readable } from 'node:stream';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const env = process.env;
const api = env.MINIFLOW_API || 'http://127.0.0.1:8080';
const logo = env.LOGO_URL || 'http://127.0.0.1:8090/sim/v1/files/logo.png'; // the simulator has one to try with
const number = 'example-node-' + Date.now(); // our own number: with it a repeated start starts nothing twice
const orderURL = `${api}/v1/orders/2021000000000000/${number}`;

async function call(method, url, body, idempotencyKey) {
  const headers = { Authorization: 'Bearer ' + (env.MINIFLOW_API_KEY || ''), 'Content-Type': 'application/json' };
  if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey;
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  // 409: the order has moved on since the event and needs no help any more.
  if (answer.status === 409) return console.log('not now:', text);
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

// The order has no logo, so that there is something to help with.
const order = JSON.parse(readFileSync(new URL('../order.json', import.meta.url), 'utf8').replaceAll('NUMBER', number));
const start = () => call('POST', api + '/v1/orders', order);

const seen = new Set(); // a real backend keeps these ids in its database, in the transaction that acts

async function handle(event) {
  if (seen.has(event.id)) return;
  console.log(event.sequence, event.type, event.stage, event.note ?? '');
  if (event.type === 'order.attention_needed' || event.type === 'order.stage_changed' && event.stage === 'audit_rejected') await help(event);
  seen.add(event.id); // only now: what failed above comes again
  if (event.type === 'order.finished') setTimeout(() => process.exit(event.stage === 'online' ? 0 : 1), 200); // answer first
}

async function help(event) {
  const now = await call('GET', orderURL); // an event may be old; what counts is how the order stands now
  const hold = now.hold ?? { kind: '', fields: [] };
  if (hold.kind === 'needs_input' && hold.fields.includes('submission.files.app_logo')) {
    const sha256 = createHash('sha256').update(Buffer.from(await (await fetch(logo)).arrayBuffer())).digest('hex');
    await call('POST', orderURL + '/provide-input', { submission: { files: { app_logo: { url: logo, sha256 } } } }, event.id);
  } else if (now.stage === 'audit_rejected' && now.commands.includes('resubmit')) {
    const app_desc = '本店小程序为顾客提供在线点餐、排队取号、会员积分和门店信息查询服务。'; // what the reviewer found wrong
    await call('POST', orderURL + '/resubmit', { submission: { app_desc } }, event.id);
  } else if (hold.kind) console.log('a person has to look:', hold.kind, hold.code, hold.message, hold.fields);
}

// Standard Webhooks: base64(HMAC-SHA256(secret, id.timestamp.body)), one for each secret while one replaces the other.
function genuine(headers, body) {
  const id = headers['webhook-id'], time = headers['webhook-timestamp'], secret = env.WEBHOOK_SECRET || '';
  // Without the check of the time, a post that somebody has recorded could be played again for ever.
  if (!secret || !(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const want = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest();
  return String(headers['webhook-signature']).split(' ').some((one) => {
    const got = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return one.startsWith('v1,') && got.length === want.length && timingSafeEqual(got, want);
  });
}

let turn = Promise.resolve(); // one post after the other, so that a repeat finds what the first one did
const receiver = http.createServer(async (request, response) => {
  const chunks = []; // the bytes as they came: JSON that was parsed and written again has another signature
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!genuine(request.headers, body)) return response.writeHead(401).end();
  turn = turn.then(async () => {
    const { data } = JSON.parse(body); // posts about other orders of the app come here too, and a test has no events
    if (data.out_order_no === number) for (const event of data.events) await handle(event);
    response.writeHead(204).end();
  }).catch((problem) => { console.log(problem.message); response.writeHead(500).end(); }); // it is posted again
});

async function follow() {
  for (let last = 0; ; await new Promise((wake) => setTimeout(wake, 1000))) { // a stream ends after ten minutes: ask again
    const headers = { Authorization: 'Bearer ' + (env.MINIFLOW_API_KEY || ''), Accept: 'text/event-stream', 'Last-Event-ID': String(last) };
    try {
      const stream = await fetch(orderURL + '/events', { headers });
      if (!stream.ok) throw new Error(`the stream: ${stream.status} ${await stream.text()}`);
      for await (const line of readline.createInterface({ input: Readable.fromWeb(stream.body) })) {
        if (!line.startsWith('data:')) continue;
        const event = JSON.parse(line.slice(5));
        await handle(event);
        last = event.sequence; // only now: what failed above comes again
      }
    } catch (problem) { console.log(problem.message); }
  }
}

const [host, port] = (env.LISTEN || '127.0.0.1:3000').split(':');
if (process.argv.includes('--follow')) start().then(follow);
else receiver.listen(Number(port), host, start); // listen first, so that no event comes too early
