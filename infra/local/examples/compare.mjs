// Holds an index against the database: asks the API for every ticket of some queues and tells each difference.
//   node compare.mjs --index index.json --api http://127.0.0.1:7071 --key KEY --queue Q [--queue Q2]     exits with 0 or 1
import { parseArgs } from 'node:util';
import { readIndex, wordsOf } from './ticket-index.mjs';

const { values: options } = parseArgs({ options: { index: { type: 'string' }, api: { type: 'string' }, key: { type: 'string' }, queue: { type: 'string', multiple: true } } });
const indexed = readIndex(options.index).tickets;
const differences = [];
let compared = 0;
const found = new Set();

for (const queue of options.queue) for await (const ticket of ticketsOf(queue)) compare(ticket);
for (const [id, entry] of Object.entries(indexed)) if (options.queue.includes(entry.queue) && !found.has(id)) differences.push(`${id} is indexed in ${entry.queue} and not there`);
for (const difference of differences.slice(0, 20)) console.log(difference);
console.log(`${compared} tickets compared, ${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;

async function* ticketsOf(queue) {
  for (let cursor; ;) {
    const answer = await fetch(new URL('/api/v1/tickets/find', options.api), {
      method: 'POST',
      headers: { Authorization: `Bearer ${options.key}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: { queue }, limit: 100, ...(cursor && { cursor }) }),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const page = await answer.json();
    yield* page.tickets.map(ticket => ({ ...ticket, queue }));
    if (!(cursor = page.next_cursor)) return;
  }
}

function compare(ticket) {
  compared++;
  found.add(ticket.ticket_id);
  const entry = indexed[ticket.ticket_id];
  const should = { queue: ticket.queue, status: ticket.status, resolution: ticket.resolution ?? undefined, words: Object.fromEntries(Object.entries(ticket.meta ?? {}).map(([block, { data }]) => [block, wordsOf(data)])) };
  const is = entry && { queue: entry.queue, status: entry.status, resolution: entry.resolution, words: entry.words };
  if (sorted(is) !== sorted(should)) differences.push(`${ticket.ticket_id}: indexed as ${sorted(is)}, is ${sorted(should)}`);
}

function sorted(value) {
  return JSON.stringify(value, (_, part) => (part && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part));
}
