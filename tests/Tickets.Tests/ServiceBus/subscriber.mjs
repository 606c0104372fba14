// Receives every session of a subscription with the official SDK and writes each message as a line of JSON.
//   node subscriber.mjs TOPIC SUBSCRIPTION     with BROKER and MODULES in the environment; ends with its stdin
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { ServiceBusClient } = createRequire(join(process.env.MODULES, 'package.json'))('@azure/service-bus');
const [topic, subscription] = process.argv.slice(2);
const client = new ServiceBusClient(process.env.BROKER, { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } });

async function session() {
  const receiver = await client.acceptNextSession(topic, subscription);
  try {
    for (;;) {
      const messages = await receiver.receiveMessages(200, { maxWaitTimeInMs: 2000 });
      if (messages.length === 0) return;
      const now = Date.now();
      for (const m of messages)
        process.stdout.write(JSON.stringify({ messageId: m.messageId, sessionId: m.sessionId, subject: m.subject, contentType: m.contentType, properties: m.applicationProperties, body: m.body, deliveryCount: m.deliveryCount, receivedAt: now }) + '\n');
      await Promise.all(messages.map(m => receiver.completeMessage(m)));
    }
  } finally {
    await receiver.close();
  }
}

async function lane() {
  for (;;) {
    try {
      await session();
    } catch (error) {
      // No session with messages, or the broker is away: in either case it is tried again.
      if (error.code !== 'ServiceTimeout') await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}

process.stdin.on('end', () => process.exit()).resume();
for (let i = 0; i < Number(process.env.LANES ?? 8); i++) lane();
