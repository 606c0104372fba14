// Receives every session of subscriptions with the official SDK and writes each message as a line of JSON.
//   node subscriber.mjs     with BROKER and MODULES in the environment
// Each line of its stdin, "TOPIC SUBSCRIPTION", names one more to receive, "TOPIC" one that is over; it ends with its stdin.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { ServiceBusClient } = createRequire(join(process.env.MODULES, 'package.json'))('@azure/service-bus');
// The SDK drops promises of its own when a connection breaks; who receives is told by an exception, and tries again.
process.on('unhandledRejection', () => {});
const topics = new Set();
const client = new ServiceBusClient(process.env.BROKER, { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } });

async function session(topic, subscription) {
  const receiver = await client.acceptNextSession(topic, subscription);
  try {
    for (;;) {
      const messages = await receiver.receiveMessages(200, { maxWaitTimeInMs: 2000 });
      if (messages.length === 0) return;
      const now = Date.now();
      for (const m of messages)
        process.stdout.write(JSON.stringify({ topic, messageId: m.messageId, sessionId: m.sessionId, subject: m.subject, contentType: m.contentType, properties: m.applicationProperties, body: m.body, deliveryCount: m.deliveryCount, receivedAt: now }) + '\n');
      await Promise.all(messages.map(m => receiver.completeMessage(m)));
    }
  } finally {
    await receiver.close();
  }
}

async function lane(topic, subscription) {
  while (topics.has(topic)) {
    try {
      await session(topic, subscription);
    } catch (error) {
      // No session with messages, or the broker is away: in either case it is tried again.
      if (error.code !== 'ServiceTimeout') await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}

const named = createInterface({ input: process.stdin });
named.on('line', line => {
  const [topic, subscription] = line.split(' ');
  if (!subscription) return void topics.delete(topic);
  topics.add(topic);
  for (let i = 0; i < Number(process.env.LANES ?? 8); i++) lane(topic, subscription);
});
// Not in the middle of a line.
named.on('close', () => process.stdout.write('', () => process.exit()));
