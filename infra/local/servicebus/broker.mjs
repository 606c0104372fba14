// Azure Service Bus, as far as Tickets and its subscribers need it, on this machine: topics over AMQP 1.0 and the REST send, on one port.
//
//   node broker.mjs --port 5672 --data DIR --topics topics.json --key-name NAME --key KEY --modules DIR
//
// What the service does and this does not is told in README.md. Everything accepted is in the journal before it is answered, so a
// broker that is killed goes on where it was.
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModules } from './modules.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '5672' },
    data: { type: 'string' },
    topics: { type: 'string' },
    'key-name': { type: 'string', default: 'RootManageSharedAccessKey' },
    key: { type: 'string' },
    modules: { type: 'string' },
  },
});
loadModules(options.modules);
const [{ Namespace }, { SharedAccessKey }, { Faults }, { serveRest }, { serveAmqp }] = await Promise.all(
  ['./namespace.mjs', './sas.mjs', './faults.mjs', './rest.mjs', './amqp.mjs'].map(module => import(module)));

const key = new SharedAccessKey(options['key-name'], options.key);
const faults = new Faults();
const namespace = new Namespace(join(options.data, 'journal.ndjson'), JSON.parse(readFileSync(options.topics, 'utf8')));
const rest = serveRest(namespace, key, faults);
const amqp = serveAmqp(namespace, key);

// AMQP begins with its name; anything else is HTTP.
const server = createServer({ noDelay: true }, socket => {
  socket.on('error', () => socket.destroy());
  socket.once('readable', () => {
    const first = socket.read(1);
    if (first === null) return socket.destroy();
    socket.unshift(first);
    if (first[0] === 0x41) amqp(socket);
    else rest.emit('connection', socket);
  });
});
server.on('error', error => {
  console.error(error.code === 'EADDRINUSE' ? `address already in use: ${options.port}` : error);
  process.exit(1);
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(`listening on 127.0.0.1:${options.port}`));

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    namespace.close();
    process.exit(0);
  });
}
