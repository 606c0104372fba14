#!/usr/bin/env node
// What the stack expects of an app and no more: it listens where it is told, is ready, and ends on SIGTERM. It answers its
// configuration, so that tests see what the stack passed on.
import { createServer } from 'node:http';

const { port, hostname } = new URL(process.env.Hosting__Url);
const names = /^(Hosting|Settings|Shards|Storage|Test)__/;
const configuration = Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));

const answers = {
  '/api/v1/health/ready': {},
  '/api/v1/queues': { queues: [{ queue: 'some/queue', workflow_id: 'some/v1' }] },
  '/configuration': configuration,
};

createServer((request, response) => {
  response.statusCode = request.url in answers ? 200 : 404;
  response.end(JSON.stringify(answers[request.url] ?? {}));
}).listen(port, hostname, () => console.log(`listening on ${hostname}:${port}`));

process.on('SIGTERM', () => process.exit(0));
