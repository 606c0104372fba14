// The local broker as seen by the official SDK and by plain REST. Every case makes a topic of its own.
//   node --test broker-fidelity.mjs     with BROKER (a connection string) and MODULES (a folder with node_modules) in the environment
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, describe, test as declare } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

const require = createRequire(join(process.env.MODULES, 'package.json'));
const { ServiceBusClient } = require('@azure/service-bus');

const connectionString = process.env.BROKER;
const parts = Object.fromEntries(connectionString.split(';').filter(Boolean).map(part => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
const root = parts.Endpoint.replace('sb://', 'http://').replace(/\/$/, '');
const quick = { retryOptions: { maxRetries: 0, timeoutInMs: 3000 } };
const client = new ServiceBusClient(connectionString, quick);
after(() => client.close());

// At the same time, since most of them wait.
const cases = [];
const test = (name, run) => cases.push([name, run]);

let made = 0;
async function topic(options = {}, subscription = {}) {
  const name = `t${process.pid}-${++made}`;
  await local('topics/' + name, { subscriptions: { s: { lockSeconds: 5, ...subscription } }, ...options });
  return name;
}

const local = (path, body) => fetch(`${root}/$local/${path}`, { method: 'PUT', body: JSON.stringify(body) }).then(r => assert.equal(r.status, 200));

function sas(uri = root + '/', { key = parts.SharedAccessKey, expires = 3600 } = {}) {
  const resource = encodeURIComponent(uri), end = Math.floor(Date.now() / 1000) + expires;
  const sig = createHmac('sha256', key).update(`${resource}\n${end}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(sig)}&se=${end}&skn=${parts.SharedAccessKeyName}`;
}

const post = (to, body, headers = {}) => fetch(`${root}/${to}/messages`, { method: 'POST', body, headers: { Authorization: sas(), ...headers } });
const batch = (to, messages, headers = {}) => post(to, JSON.stringify(messages), { 'Content-Type': 'application/vnd.microsoft.servicebus.json', ...headers });
const one = (id, more = {}, properties = {}) => ({ Body: JSON.stringify({ id }), BrokerProperties: { MessageId: id, ...more }, UserProperties: properties });
async function sent(to, ...messages) {
  const answer = await batch(to, messages);
  assert.equal(answer.status, 201, await answer.text());
}

async function receiveAll(receiver, count, ms = 3000) {
  const all = [];
  for (const end = Date.now() + ms; all.length < count && Date.now() < end;) all.push(...(await receiver.receiveMessages(count - all.length, { maxWaitTimeInMs: 300 })));
  return all;
}

const ids = messages => messages.map(m => m.messageId);
const code = expected => error => (assert.equal(error.code, expected, String(error)), true);

test('a batch sent by REST arrives as messages with their properties', async () => {
  const t = await topic();
  await sent(t, one('a', { SessionId: 'x', Label: 'op', CorrelationId: 'c', ContentType: 'application/json' }, { seqno: 17, kind: 'create', urgent: true }), one('b'));
  const [a, b] = await receiveAll(client.createReceiver(t, 's'), 2);
  assert.deepEqual([a.messageId, a.sessionId, a.subject, a.correlationId, a.contentType], ['a', 'x', 'op', 'c', 'application/json']);
  assert.deepEqual(a.applicationProperties, { seqno: 17, kind: 'create', urgent: true });
  assert.deepEqual(a.body, { id: 'a' });
  assert.equal(b.messageId, 'b');
  assert.ok(b.sequenceNumber.gt(a.sequenceNumber));
  assert.equal(a.deliveryCount, 0);
  assert.ok(a.lockedUntilUtc > new Date() && a.enqueuedTimeUtc <= new Date());
});

test('a single message sent by REST takes its properties from the headers', async () => {
  const t = await topic();
  assert.equal((await post(t, 'hello', { 'Content-Type': 'text/plain', BrokerProperties: '{"MessageId":"m","Label":"l"}', kind: 'create' })).status, 201);
  const [m] = await receiveAll(client.createReceiver(t, 's'), 1);
  assert.deepEqual([m.messageId, m.subject, m.contentType, m.applicationProperties.kind], ['m', 'l', 'text/plain', 'create']);
});

test('a message that is completed does not come again, an abandoned one comes next with its count raised', async () => {
  const t = await topic();
  await sent(t, one('a'), one('b'));
  const receiver = client.createReceiver(t, 's');
  const [a] = await receiveAll(receiver, 1);
  await receiver.abandonMessage(a);
  const [again] = await receiveAll(receiver, 1);
  assert.deepEqual([again.messageId, again.deliveryCount], ['a', 1]);
  await receiver.completeMessage(again);
  const [b] = await receiveAll(receiver, 1);
  assert.equal(b.messageId, 'b');
  await receiver.completeMessage(b);
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 300 }), []);
});

test('a lock that ends gives the message to the next and refuses to settle it', async () => {
  const t = await topic({}, { lockSeconds: 1 });
  await sent(t, one('a'));
  const receiver = client.createReceiver(t, 's', { maxAutoLockRenewalDurationInMs: 0 });
  const [a] = await receiveAll(receiver, 1);
  await pause(1300);
  await assert.rejects(receiver.completeMessage(a), code('MessageLockLost'));
  const [again] = await receiveAll(receiver, 1);
  assert.equal(again.deliveryCount, 1);
});

test('a lock that is renewed holds', async () => {
  const t = await topic({}, { lockSeconds: 4 });
  await sent(t, one('a'));
  const receiver = client.createReceiver(t, 's', { maxAutoLockRenewalDurationInMs: 0 });
  const [a] = await receiveAll(receiver, 1);
  for (let i = 0; i < 4; i++) {
    await pause(1250);
    assert.ok((await receiver.renewMessageLock(a)) > new Date());
  }
  await receiver.completeMessage(a);
});

test('a message that is delivered too often is dead-lettered with the reason', async () => {
  const t = await topic({}, { maxDeliveryCount: 3 });
  await sent(t, one('a', {}, { kind: 'create' }));
  const receiver = client.createReceiver(t, 's');
  for (let i = 0; i < 3; i++) await receiver.abandonMessage((await receiveAll(receiver, 1))[0]);
  const dead = client.createReceiver(t, 's', { subQueueType: 'deadLetter' });
  const [a] = await receiveAll(dead, 1);
  assert.deepEqual([a.messageId, a.deadLetterReason, a.applicationProperties.kind], ['a', 'MaxDeliveryCountExceeded', 'create']);
  await dead.completeMessage(a);
});

test('a message can be dead-lettered on purpose', async () => {
  const t = await topic();
  await sent(t, one('a'));
  const receiver = client.createReceiver(t, 's');
  await receiver.deadLetterMessage((await receiveAll(receiver, 1))[0], { deadLetterReason: 'broken', deadLetterErrorDescription: 'cannot be read' });
  const [a] = await receiveAll(client.createReceiver(t, 's', { subQueueType: 'deadLetter' }), 1);
  assert.deepEqual([a.deadLetterReason, a.deadLetterErrorDescription], ['broken', 'cannot be read']);
});

test('messages can be looked at without receiving them', async () => {
  const t = await topic();
  await sent(t, one('a'), one('b'));
  const receiver = client.createReceiver(t, 's');
  assert.deepEqual(ids(await receiver.peekMessages(5)), ['a', 'b']);
  assert.deepEqual(ids(await receiveAll(receiver, 2)), ['a', 'b']);
});

test('receive and delete needs no settling', async () => {
  const t = await topic();
  await sent(t, one('a'), one('b'));
  const receiver = client.createReceiver(t, 's', { receiveMode: 'receiveAndDelete' });
  assert.deepEqual(ids(await receiveAll(receiver, 2)), ['a', 'b']);
  assert.deepEqual(await client.createReceiver(t, 's').receiveMessages(1, { maxWaitTimeInMs: 300 }), []);
});

test('a session gives its messages in order to one holder at a time', async () => {
  const t = await topic({}, { requiresSession: true });
  await sent(t, ...Array.from({ length: 20 }, (_, i) => one(`m${i}`, { SessionId: i % 2 ? 'odd' : 'even' })));
  const even = await client.acceptSession(t, 's', 'even');
  await assert.rejects(client.acceptSession(t, 's', 'even'), code('SessionCannotBeLocked'));
  const odd = await client.acceptNextSession(t, 's');
  assert.equal(odd.sessionId, 'odd');
  assert.deepEqual(ids(await receiveAll(even, 10)), Array.from({ length: 10 }, (_, i) => `m${2 * i}`));
  assert.deepEqual(ids(await receiveAll(odd, 10)), Array.from({ length: 10 }, (_, i) => `m${2 * i + 1}`));
  assert.ok(even.sessionLockedUntilUtc > new Date());
  await even.close();
  await odd.close();
});

test('what a session holder leaves is there for the next one, uncounted and in order', async () => {
  const t = await topic({}, { requiresSession: true });
  await sent(t, one('a', { SessionId: 'x' }), one('b', { SessionId: 'x' }), one('c', { SessionId: 'x' }));
  const first = await client.acceptSession(t, 's', 'x');
  const [a] = await receiveAll(first, 2);
  await first.completeMessage(a);
  await first.close();
  const second = await client.acceptSession(t, 's', 'x');
  const rest = await receiveAll(second, 2);
  assert.deepEqual(rest.map(m => [m.messageId, m.deliveryCount]), [['b', 0], ['c', 0]]);
  await second.close();
});

test('an abandoned message of a session is served again before those behind it', async () => {
  const t = await topic({}, { requiresSession: true });
  await sent(t, one('a', { SessionId: 'x' }), one('b', { SessionId: 'x' }));
  const receiver = await client.acceptSession(t, 's', 'x');
  await receiver.abandonMessage((await receiveAll(receiver, 1))[0]);
  assert.deepEqual((await receiveAll(receiver, 2)).map(m => [m.messageId, m.deliveryCount]), [['a', 1], ['b', 0]]);
  await receiver.close();
});

test('the next session is waited for, and when none comes the client is told so', async () => {
  const t = await topic({}, { requiresSession: true });
  await assert.rejects(client.acceptNextSession(t, 's'), code('ServiceTimeout'));
  const waiting = client.acceptNextSession(t, 's');
  await pause(200);
  await sent(t, one('a', { SessionId: 'late' }));
  const receiver = await waiting;
  assert.equal(receiver.sessionId, 'late');
  assert.deepEqual(ids(await receiveAll(receiver, 1)), ['a']);
  await receiver.close();
});

test('a session lock ends unless it is renewed', async () => {
  const t = await topic({}, { requiresSession: true, lockSeconds: 3 });
  await sent(t, one('a', { SessionId: 'x' }));
  const renewed = await client.acceptSession(t, 's', 'x', { maxAutoLockRenewalDurationInMs: 0 });
  for (let i = 0; i < 4; i++) {
    await pause(1000);
    await renewed.renewSessionLock();
  }
  const [a] = await receiveAll(renewed, 1);
  await pause(4000);
  await assert.rejects(renewed.completeMessage(a), code('SessionLockLost'));
  const next = await client.acceptSession(t, 's', 'x');
  assert.equal((await receiveAll(next, 1))[0].deliveryCount, 1);
  await next.close();
});

test('a session keeps a state', async () => {
  const t = await topic({}, { requiresSession: true });
  await sent(t, one('a', { SessionId: 'x' }));
  const receiver = await client.acceptSession(t, 's', 'x');
  assert.equal(await receiver.getSessionState(), null);
  await receiver.setSessionState({ last: 17 });
  await receiver.close();
  const next = await client.acceptSession(t, 's', 'x');
  assert.deepEqual(await next.getSessionState(), { last: 17 });
  await next.close();
});

test('a receiver without a session is refused where sessions are required', async () => {
  const t = await topic({}, { requiresSession: true });
  await assert.rejects(client.createReceiver(t, 's').receiveMessages(1, { maxWaitTimeInMs: 500 }), /requires sessions/);
});

test('a message without a session id is dead-lettered where sessions are required', async () => {
  const t = await topic({}, { requiresSession: true });
  await sent(t, one('a'));
  const [a] = await receiveAll(client.createReceiver(t, 's', { subQueueType: 'deadLetter' }), 1);
  assert.equal(a.deadLetterReason, 'Session id is null.');
});

test('a missing topic or subscription is told as such', async () => {
  const t = await topic();
  await assert.rejects(client.createReceiver(t, 'none').receiveMessages(1, { maxWaitTimeInMs: 500 }), code('MessagingEntityNotFound'));
  await assert.rejects(client.createSender('none').sendMessages({ body: 1 }), code('MessagingEntityNotFound'));
  assert.equal((await batch('none', [one('a')])).status, 404);
});

test('a message id that was accepted before is taken and dropped', async () => {
  const t = await topic({ duplicateDetectionSeconds: 60 });
  await sent(t, one('a'), one('b'));
  await sent(t, one('b'), one('c'), one('a'));
  assert.deepEqual(ids(await receiveAll(client.createReceiver(t, 's'), 3)), ['a', 'b', 'c']);
});

test('duplicate detection forgets when its time is over', async () => {
  const t = await topic({ duplicateDetectionSeconds: 1 });
  await sent(t, one('a'));
  await pause(1300);
  await sent(t, one('a'));
  assert.deepEqual(ids(await receiveAll(client.createReceiver(t, 's'), 2)), ['a', 'a']);
});

test('correlation filters choose by fields and properties', async () => {
  const name = `t${process.pid}-filtered`;
  await local('topics/' + name, { subscriptions: { all: {}, created: { filter: { properties: { kind: 'created', hot: true } } }, labelled: { filter: { subject: 'x' } } } });
  await sent(name, one('a', { Label: 'x' }, { kind: 'created', hot: true }), one('b', {}, { kind: 'created', hot: false }), one('c', { Label: 'x' }, { kind: 'updated' }));
  assert.deepEqual(ids(await receiveAll(client.createReceiver(name, 'all'), 3)), ['a', 'b', 'c']);
  assert.deepEqual(ids(await receiveAll(client.createReceiver(name, 'created'), 2, 600)), ['a']);
  assert.deepEqual(ids(await receiveAll(client.createReceiver(name, 'labelled'), 3, 600)), ['a', 'c']);
});

test('a message or batch beyond the size limit is refused whole', async () => {
  const t = await topic({ maxMessageBytes: 10_000 });
  const large = { ...one('large'), Body: 'x'.repeat(11_000) };
  const refused = await batch(t, [one('a'), large]);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /<Code>403<\/Code>.*exceeds the limit.*TrackingId/s);
  assert.deepEqual(await client.createReceiver(t, 's').receiveMessages(1, { maxWaitTimeInMs: 300 }), []);
});

test('a token that is missing, forged, expired or for another resource is refused', async () => {
  const t = await topic();
  for (const [token, detail] of [[undefined, 40102], [sas(root, { key: 'other' }), 40103], [sas(root, { expires: -5 }), 40103], [sas(root + '/another'), 40103]]) {
    const answer = await fetch(`${root}/${t}/messages`, { method: 'POST', body: 'x', headers: token ? { Authorization: token } : {} });
    assert.equal(answer.status, 401);
    assert.match(await answer.text(), new RegExp(String(detail)));
  }
  assert.equal((await batch(t, [one('a')], { Authorization: sas(`${root}/${t}`) })).status, 201);
  const stranger = new ServiceBusClient(connectionString.replace(parts.SharedAccessKey, 'b3RoZXI='), quick);
  await assert.rejects(stranger.createReceiver(t, 's').receiveMessages(1, { maxWaitTimeInMs: 500 }));
  await stranger.close();
});

test('what is no batch is refused as malformed', async () => {
  const t = await topic();
  for (const body of ['{', '{}', '[]', '[1]', '[{"Body":1}]', '[{"Body":"a","UserProperties":{"a":{}}}]', JSON.stringify([one('x'.repeat(129))]), JSON.stringify([one('a', { SessionId: 's', PartitionKey: 'p' })])])
    assert.equal((await post(t, body, { 'Content-Type': 'application/vnd.microsoft.servicebus.json' })).status, 400, body);
});

test('messages sent over AMQP, alone and in batches, arrive', async () => {
  const t = await topic();
  const sender = client.createSender(t);
  await sender.sendMessages({ body: { n: 1 }, messageId: 'a', applicationProperties: { kind: 'k' } });
  const together = await sender.createMessageBatch();
  for (const id of ['b', 'c']) assert.ok(together.tryAddMessage({ body: id, messageId: id, sessionId: 'x' }));
  await sender.sendMessages(together);
  const [a, b, c] = await receiveAll(client.createReceiver(t, 's'), 3);
  assert.deepEqual([a.body, a.applicationProperties.kind, b.messageId, c.body, c.sessionId], [{ n: 1 }, 'k', 'b', 'c', 'x']);
  await sender.close();
});

test('a scheduled message arrives when it is due, and not when it was cancelled', async () => {
  const t = await topic();
  const sender = client.createSender(t);
  const due = new Date(Date.now() + 4000);
  const [first] = await sender.scheduleMessages([{ body: 1, messageId: 'cancelled' }], due);
  await sender.scheduleMessages([{ body: 1, messageId: 'kept' }], due);
  await sent(t, one('by-rest', { ScheduledEnqueueTimeUtc: new Date(Date.now() + 6000).toUTCString() }));
  await sender.cancelScheduledMessages(first);
  const receiver = client.createReceiver(t, 's');
  assert.deepEqual(await receiver.receiveMessages(1, { maxWaitTimeInMs: 300 }), []);
  assert.deepEqual(ids(await receiveAll(receiver, 2, 15000)), ['kept', 'by-rest']);
});

test('a message that nobody receives in time goes', async () => {
  const t = await topic({}, { timeToLiveSeconds: 4 });
  await sent(t, one('a'));
  await pause(4500);
  await sent(t, one('b'));
  assert.deepEqual(ids(await receiveAll(client.createReceiver(t, 's'), 2, 600)), ['b']);
});

test('planned faults answer, cut and slow as told', async () => {
  const t = await topic({ duplicateDetectionSeconds: 60 });
  await local('faults', [{ topic: t, status: 429, retryAfter: 2 }, { topic: t, status: 503, match: 'a' }, { topic: t, drop: 'before' }, { topic: t, drop: 'after' }, { topic: t, slowMs: 300 }]);
  const throttled = await batch(t, [one('a')]);
  assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '2']);
  assert.equal((await batch(t, [one('a')])).status, 503);
  await assert.rejects(batch(t, [one('a')]));
  await assert.rejects(batch(t, [one('b')]));
  const from = Date.now();
  await sent(t, one('a'), one('b'));
  assert.ok(Date.now() - from >= 300);
  assert.deepEqual(ids(await receiveAll(client.createReceiver(t, 's'), 2)), ['b', 'a']);
});

test('thousands of messages go through one receiver', async () => {
  const t = await topic({}, { lockSeconds: 60 });
  const count = 5000;
  for (let i = 0; i < count; i += 250) await sent(t, ...Array.from({ length: 250 }, (_, n) => one(`m${i + n}`)));
  const seen = [];
  const receiver = client.createReceiver(t, 's');
  const done = new Promise((resolve, reject) => {
    receiver.subscribe({ processMessage: async m => void (seen.push(m.messageId), seen.length === count && resolve()), processError: async e => reject(e.error) }, { maxConcurrentCalls: 64 });
  });
  await done;
  await receiver.close();
  assert.equal(new Set(seen).size, count);
});

describe('broker', { concurrency: 6 }, () => {
  for (const [name, run] of cases) declare(name, { timeout: 120_000 }, run);
});
