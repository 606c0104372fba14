import { rhea } from './modules.mjs';
import { decode, deliveryBytes, fromAmqp } from './message.mjs';
import { Refused } from './topic.mjs';

const { types } = rhea();

/** The node `$cbs`: takes the tokens that open entities. */
export class TokenReplies {
  #key;

  constructor(key) {
    this.#key = key;
  }

  answer(request, connection) {
    const { operation, name, type } = request.application_properties ?? {};
    if (operation !== 'put-token' || type !== 'servicebus.windows.net:sastoken') return status(400, 'Only put-token with a shared access signature is known here.');
    const path = String(name).replace(/^[a-z]+:\/\/[^/]*\/?/i, '');
    const refusal = this.#key.fault(request.body, path);
    if (refusal) return status(401, refusal);
    (connection.tokens ??= new Set()).add(request.body);
    return status(202, 'Accepted');
  }
}

/** The node `…/$management` of a topic or a subscription. */
export class Management {
  #topic;
  #subscription;

  constructor(namespace, address) {
    ({ topic: this.#topic, subscription: this.#subscription } = namespace.find(address.replace(/\/\$management$/i, '')));
  }

  answer(request) {
    const operation = String(request.application_properties?.operation).replace('com.microsoft:', '');
    try {
      return this.#operations[operation]?.(request.body ?? {}) ?? status(501, `The operation ${operation} is not known here.`, 'amqp:not-implemented');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return status(error.status, error.message, error.condition);
    }
  }

  #operations = {
    'renew-lock': body => {
      const ends = list(body['lock-tokens']).map(token => this.#subscription.renew(wireToken(token)));
      if (ends.includes(undefined)) return status(410, 'The lock supplied is invalid.', 'com.microsoft:message-lock-lost');
      return status(200, 'OK', undefined, { expirations: types.wrap_array(ends, 0x83) });
    },
    'renew-session-lock': body => {
      const end = this.#subscription.renewSession(body['session-id']);
      if (end === undefined) return status(410, 'The session lock was lost.', 'com.microsoft:session-lock-lost');
      return status(200, 'OK', undefined, { expiration: types.wrap_timestamp(end) });
    },
    'peek-message': body => {
      const entries = this.#subscription.peek(Number(body['from-sequence-number']), body['message-count'], body['session-id'] ?? undefined);
      if (entries.length === 0) return status(204, 'No messages.');
      return status(200, 'OK', undefined, { messages: entries.map(entry => ({ message: deliveryBytes(entry.message, { deliveryCount: entry.deliveryCount }) })) });
    },
    'schedule-message': body => {
      const messages = list(body.messages).map(each => fromAmqp(decode(each.message)));
      const numbers = this.#topic.send(messages, messages.reduce((sum, message) => sum + message.bytes.length, 0));
      return status(200, 'OK', undefined, { 'sequence-numbers': types.wrap_array(numbers, 0x81) });
    },
    'cancel-scheduled-message': body => {
      for (const number of list(body['sequence-numbers'])) this.#topic.cancel(Number(number));
      return status(200, 'OK');
    },
    'get-session-state': body => status(200, 'OK', undefined, { 'session-state': this.#subscription.getState(body['session-id']) ?? null }),
    'set-session-state': body => {
      this.#subscription.setState(body['session-id'], body['session-state'] ?? undefined);
      return status(200, 'OK');
    },
    'update-disposition': body => {
      const outcome = { completed: 'complete', suspended: 'deadLetter', abandoned: 'abandon' }[body['disposition-status']];
      const done = outcome && list(body['lock-tokens']).every(token => this.#subscription.settle(wireToken(token), outcome, body['deadletter-reason'], body['deadletter-description']));
      return done ? status(200, 'OK') : status(410, 'The lock supplied is invalid.', 'com.microsoft:message-lock-lost');
    },
  };
}

const list = value => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

/** Requests name a lock as a UUID; on the wire its first three groups are the other way round, as in a .NET Guid. */
function wireToken(uuid) {
  const b = Buffer.from(uuid);
  return Buffer.from([b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], ...b.subarray(8)]).toString('hex');
}

/** Clients read the dashed names or the others. */
function status(code, description, condition, body = {}) {
  return {
    application_properties: {
      'status-code': types.wrap_int(code),
      statusCode: types.wrap_int(code),
      'status-description': description,
      statusDescription: description,
      ...(condition && { errorCondition: types.wrap_symbol(condition), 'error-condition': types.wrap_symbol(condition) }),
    },
    body,
  };
}
