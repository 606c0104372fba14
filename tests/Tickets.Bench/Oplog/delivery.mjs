// Receives every session with the official SDK and measures from each change's commit to its arrival.
//   node delivery.mjs TOPIC SUBSCRIPTION     with BROKER and MODULES in the environment
// Says `ready` when it holds four sessions. Lines on stdin: `measure` counts the changes that are made from now on; `stop` prints {count, p50, p99, max} in milliseconds and ends.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const { ServiceBusClient } = createRequire(join(process.env.MODULES, 'package.json'))('@azure/service-bus');
const [topic, subscription] = process.argv.slice(2);
const client = new ServiceBusClient(process.env.BROKER, { retryOptions: { maxRetries: 0, timeoutInMs: 10000 } });
let delays = [];
let from = Infinity;
let held = 0;

async function work() {
  for (;;) {
    try {
      const receiver = await client.acceptNextSession(topic, subscription);
      // A session is held as long as it may have more: every lane has a receiver of its own.
      // The next message is not kept waiting for the broker's word on the one before: with it a session came to some 125 a second here.
      const processMessage = async message => {
        arrived(Date.parse(message.body.time));
        receiver.completeMessage(message).catch(() => {});
      };
      receiver.subscribe({ processMessage, processError: async () => {} }, { autoCompleteMessages: false });
      if (++held === 4) process.stdout.write('ready\n');
      return;
    } catch (error) {
      if (error.code !== 'ServiceTimeout') await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}

function arrived(at) {
  if (at >= from) delays.push(Date.now() - at);
}

for (let i = 0; i < 4; i++) work();

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'measure') from = Date.now();
  if (line === 'stop') {
    const sorted = delays.sort((a, b) => a - b);
    const at = share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    process.stdout.write(JSON.stringify({ count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 }) + '\n', () => process.exit());
  }
}
