// An external search index kept from the change log: an example of a subscriber to Service Bus, with the official SDK.
//
//   node search-index.mjs --index index.json --modules DIR [--subscription search-index] [--api URL --key KEY] [--idle SECONDS]
//
// BROKER in the environment is the connection string. It holds an inverted index of the words of every ticket's meta blocks, and their
// status; `--api` and `--key` are where ops are fetched that were published by reference, and tickets of which an op was skipped. With --idle it ends when nothing has come for so
// long, otherwise with SIGTERM. Kill it when you like: it goes on from what it has written.
//
// What makes that safe: ops of one session come in order and their opids only grow, so one number a session tells what the index has
// already; and the index and those numbers are written together, before the messages are completed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TicketIndex } from './ticket-index.mjs';

const { values: options } = parseArgs({
  options: {
    index: { type: 'string' },
    modules: { type: 'string' },
    topic: { type: 'string', default: 'tickets-oplog' },
    subscription: { type: 'string', default: 'search-index' },
    api: { type: 'string' },
    key: { type: 'string' },
    idle: { type: 'string' },
    sessions: { type: 'string', default: '8' },
  },
});
const { ServiceBusClient } = createRequire(join(options.modules, 'package.json'))('@azure/service-bus');
// The SDK drops promises of its own when a connection breaks; who receives is told by an exception, and tries again.
process.on('unhandledRejection', () => {});
const client = new ServiceBusClient(process.env.BROKER, { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } });
const index = TicketIndex.load(options.index);
let lastMessage = Date.now();
let stopping = false;

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => (stopping = true));

await Promise.all(Array.from({ length: Number(options.sessions) }, workSessions));
await client.close();
console.log(`${index.size} tickets, ${index.applied} ops applied, ${index.repeated} repeated`);

/** Takes one free session after the other. */
async function workSessions() {
  while (!stopping) {
    try {
      const receiver = await client.acceptNextSession(options.topic, options.subscription);
      try {
        await workSession(receiver);
      } finally {
        await receiver.close();
      }
    } catch (error) {
      // None has messages, or the broker is away: in either case it is tried again.
      if (error.code !== 'ServiceTimeout') await pause(300);
    }
    if (options.idle && Date.now() - lastMessage > Number(options.idle) * 1000) stopping = true;
  }
}

/** Until it has been empty for a moment: then another session has its turn. */
async function workSession(receiver) {
  while (!stopping) {
    const messages = await receiver.receiveMessages(200, { maxWaitTimeInMs: 1000 });
    if (messages.length === 0) return;
    lastMessage = Date.now();
    for (const message of messages) {
      const op = await opOf(message);
      index.apply(receiver.sessionId, op);
      // An op before this one never came: what it changed is in the ticket.
      if (op.kind === 'skipped') index.put(op.ticket_id, await ticketOf(op));
    }
    index.save();
    await Promise.all(messages.map(message => receiver.completeMessage(message)));
  }
}

/** The op of an event, fetched when the event only says where it is. */
async function opOf({ body: event }) {
  return event.data ?? (await get(event.dataref));
}

/** The ticket as it is now; null when there is none any more. */
async function ticketOf({ ticket_id: id }) {
  return get(`/api/v1/tickets/${id}`, [404]);
}

async function get(path, none = []) {
  const answer = await fetch(new URL(path, options.api), { headers: { Authorization: `Bearer ${options.key}` } });
  if (none.includes(answer.status)) return null;
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}.`);
  return answer.json();
}
