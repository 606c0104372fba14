import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fromRest } from './message.mjs';
import { Refused } from './topic.mjs';

const BATCH = 'application/vnd.microsoft.servicebus.json';
const LONGEST_BODY = 8 * 1024 * 1024;

/** `POST /{topic}/messages` as the service has it, and below `/$local` what only this broker has, for tests and people. */
export function serveRest(namespace, key, faults) {
  return createServer(async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      if (!response.headersSent && !response.destroyed) refuse(response, error.status ?? 500, error.message);
    }
  });

  async function answer(request, response) {
    const url = new URL(request.url, 'http://localhost');
    const path = decodeURIComponent(url.pathname.slice(1));
    if (path.startsWith('$local')) return local(request, response, path.slice('$local/'.length));

    const body = await read(request);
    const [topicName, messages, more] = path.split('/');
    if (request.method !== 'POST' || messages !== 'messages' || more !== undefined) throw new Refused(404, '', 'Only POST /{topic}/messages is served here.');
    const refusal = key.fault(request.headers.authorization, path);
    if (refusal) throw new Refused(401, '', refusal);
    const topic = namespace.topic(topicName);
    if (!topic) throw new Refused(404, '', `40400: The requested entity '${topicName}' does not exist.`);

    const fault = faults.next(topicName, body);
    if (fault?.slowMs) await pause(fault.slowMs);
    if (fault?.drop === 'before') return request.socket.destroy();
    if (fault?.status) {
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      throw new Refused(fault.status, '', fault.detail ?? 'A planned fault.');
    }
    topic.send(...parse(request.headers, body));
    if (fault?.drop === 'after') return request.socket.destroy();
    response.writeHead(201, { 'Content-Length': 0 }).end();
  }

  async function local(request, response, path) {
    const [what, name] = path.split('/');
    if (what === 'topics' && name === undefined && request.method === 'GET') return json(response, overview(namespace));
    if (what === 'topics' && name && request.method === 'PUT') {
      namespace.define(name, JSON.parse(await read(request)));
      return json(response, {});
    }
    if (what === 'faults' && request.method === 'PUT') {
      faults.plan(JSON.parse(await read(request)));
      return json(response, {});
    }
    if (what === 'faults' && request.method === 'GET') return json(response, { left: faults.left() });
    if (what === 'health') return json(response, { status: 'ok' });
    throw new Refused(404, '', 'Not found.');
  }
}

/** The messages of a request, and their size as the service counts it: payloads and properties. */
function parse(headers, body) {
  // With a charset behind it the service would take the array for one message's text.
  const batch = headers['content-type'] === BATCH ? parseJson(body) : [single(headers, body)];
  if (!Array.isArray(batch) || batch.length === 0 || batch.some(sent => typeof sent?.Body !== 'string'))
    throw new Refused(400, '', 'A batch is a JSON array of {Body, BrokerProperties, UserProperties}, with at least one message.');
  for (const value of batch.flatMap(sent => Object.values(sent.UserProperties ?? {})))
    if (typeof value === 'object') throw new Refused(400, '', 'User properties are strings, numbers or booleans.');
  const messages = batch.map(fromRest);
  return [messages, messages.reduce((sum, message) => sum + message.bytes.length, 0)];
}

const STANDARD = new Set(['host', 'authorization', 'content-type', 'content-length', 'brokerproperties', 'connection', 'accept', 'accept-encoding', 'user-agent', 'transfer-encoding', 'date']);

function single(headers, body) {
  const properties = Object.fromEntries(Object.entries(headers).filter(([name]) => !STANDARD.has(name) && !name.startsWith('x-ms-') && name !== 'traceparent'));
  return { Body: body, BrokerProperties: { ContentType: headers['content-type'], ...parseJson(headers.brokerproperties ?? '{}') }, UserProperties: properties };
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused(400, '', `Not JSON: ${error.message}`);
  }
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    if ((size += chunk.length) > LONGEST_BODY) throw new Refused(413, '', 'The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const escaped = text => text.replace(/[<&]/g, c => (c === '<' ? '&lt;' : '&amp;'));

function refuse(response, status, detail) {
  const tracked = `${escaped(detail)} TrackingId:${crypto.randomUUID()}, SystemTracker:local, Timestamp:${new Date().toISOString()}`;
  response.writeHead(status, { 'Content-Type': 'application/xml; charset=utf-8' }).end(`<Error><Code>${status}</Code><Detail>${tracked}</Detail></Error>`);
}

function json(response, value) {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

const overview = namespace =>
  Object.fromEntries([...namespace.topics].map(topic => [topic.name, Object.fromEntries([...topic.subscriptions.values()].map(its => [its.name, its.counts()]))]));
