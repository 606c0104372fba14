import { decode, fromAmqp } from './message.mjs';
import { Subscription } from './subscription.mjs';

const LONGEST_TIMER = 2 ** 31 - 1;
const LONGEST_ID = 128;

/** A send that the service refuses, with the status that REST answers and the condition that AMQP tells. */
export class Refused extends Error {
  constructor(status, condition, detail) {
    super(detail);
    this.status = status;
    this.condition = condition;
  }
}

/** A topic: numbers what it accepts, drops what it has seen before, and copies the rest to its subscriptions. */
export class Topic {
  subscriptions = new Map();
  #journal;
  #sequence = 0;
  #seen = new Map(); // message id → when it was accepted, oldest first
  #scheduled = new Map(); // sequence number → {message, timer}

  constructor(name, options, journal) {
    this.name = name;
    this.options = { duplicateDetectionSeconds: 0, maxMessageBytes: 256 * 1024, ...options };
    this.#journal = journal;
    const told = {
      gone: (subscription, message) => journal.write(['gone', name, subscription.name, message.sequence]),
      arrived: (subscription, message) => journal.write(this.#record(message, [subscription.name])),
      state: (subscription, session, state) => journal.write(['state', name, subscription.name, session, state?.toString('base64') ?? null]),
    };
    for (const [subscription, its] of Object.entries(this.options.subscriptions ?? {}))
      this.subscriptions.set(subscription.toLowerCase(), new Subscription(subscription, its, told));
  }

  /** Takes all of them or none. The sequence numbers, of those that were not dropped as duplicates. */
  send(messages, size) {
    if (size > this.options.maxMessageBytes)
      throw new Refused(403, 'amqp:link:message-size-exceeded', `The received message or batch (size ${size}) exceeds the limit (${this.options.maxMessageBytes} bytes).`);
    for (const message of messages) this.#check(message);

    const accepted = messages.filter(message => this.#isNew(message));
    const now = Date.now();
    const places = accepted.map(message => {
      message.sequence = ++this.#sequence;
      message.enqueuedAt = message.due > now ? message.due : now;
      message.expiresAt = message.ttl ? message.enqueuedAt + message.ttl : Infinity;
      return [message, [...this.subscriptions.values()].filter(subscription => subscription.passes(message))];
    });
    if (places.length > 0) this.#journal.write(...places.map(([message, to]) => this.#record(message, to.map(subscription => subscription.name))));
    for (const [message, to] of places) {
      if (message.due > now) this.#schedule(message, to);
      else for (const subscription of to) subscription.add(message);
    }
    return accepted.map(message => message.sequence);
  }

  cancel(sequence) {
    const scheduled = this.#scheduled.get(sequence);
    if (!scheduled) throw new Refused(404, 'com.microsoft:message-not-found', `No message with the sequence number ${sequence} is scheduled.`);
    clearTimeout(scheduled.timer);
    this.#scheduled.delete(sequence);
    this.#journal.write(['cancelled', this.name, sequence]);
  }

  /** A subscription, or with `/$DeadLetterQueue` behind it that one's dead letters. */
  find(path) {
    const [name, dead] = path.toLowerCase().split('/');
    const subscription = this.subscriptions.get(name);
    if (dead === undefined) return subscription;
    return dead === '$deadletterqueue' ? subscription?.deadLetters : undefined;
  }

  sweep(now) {
    for (const subscription of this.subscriptions.values()) subscription.sweep(now);
    for (const [id, at] of this.#seen) {
      if (at > now - this.options.duplicateDetectionSeconds * 1000) break;
      this.#seen.delete(id);
    }
  }

  #check(message) {
    if ((message.messageId?.length ?? 0) > LONGEST_ID || (message.sessionId?.length ?? 0) > LONGEST_ID)
      throw new Refused(400, 'amqp:not-allowed', `MessageId and SessionId have at most ${LONGEST_ID} characters.`);
    if (message.partitionKey !== undefined && message.sessionId !== undefined && message.partitionKey !== message.sessionId)
      throw new Refused(400, 'amqp:not-allowed', 'PartitionKey and SessionId must be equal where both are given.');
  }

  #isNew(message) {
    if (this.options.duplicateDetectionSeconds === 0 || message.messageId === undefined) return true;
    if (this.#seen.has(message.messageId)) return false;
    this.#seen.set(message.messageId, Date.now());
    return true;
  }

  #schedule(message, to) {
    const wait = Math.min(message.due - Date.now(), LONGEST_TIMER);
    const timer = setTimeout(() => {
      if (message.due > Date.now()) return this.#schedule(message, to);
      this.#scheduled.delete(message.sequence);
      for (const subscription of to) subscription.add(message);
    }, Math.max(wait, 0));
    this.#scheduled.set(message.sequence, { message, to, timer });
  }

  // The journal ---------------------------------------------------------------------------------------------------------------

  /** What rebuilds this topic. */
  *records() {
    yield ['topic', this.name, this.options];
    yield ['sequence', this.name, this.#sequence];
    for (const [id, at] of this.#seen) yield ['seen', this.name, id, at];
    for (const { message, to } of this.#scheduled.values()) yield this.#record(message, to.map(subscription => subscription.name));
    for (const subscription of this.subscriptions.values()) {
      for (const part of [subscription, subscription.deadLetters]) for (const message of part.messages()) yield this.#record(message, [part.name]);
      for (const [session, state] of subscription.states()) yield ['state', this.name, subscription.name, session, state.toString('base64')];
    }
  }

  #record({ sequence, enqueuedAt, expiresAt, due, ttl, partitionKey, bytes }, to) {
    const stamps = { sequence, enqueuedAt, expiresAt: expiresAt === Infinity ? undefined : expiresAt, due, ttl, partitionKey };
    return ['message', this.name, to, stamps, bytes.toString('base64')];
  }

  /** @param isGone tells whether a subscription was done with a message. */
  restore([kind, , ...rest], isGone) {
    if (kind === 'sequence') this.#sequence = Math.max(this.#sequence, rest[0]);
    if (kind === 'seen') this.#seen.set(rest[0], rest[1]);
    if (kind === 'state') this.find(rest[0])?.restoreState(rest[1], rest[2] === null ? undefined : Buffer.from(rest[2], 'base64'));
    if (kind === 'cancelled') this.#scheduled.has(rest[0]) && (clearTimeout(this.#scheduled.get(rest[0]).timer), this.#scheduled.delete(rest[0]));
    if (kind === 'message') this.#restoreMessage(...rest, isGone);
  }

  #restoreMessage(names, stamps, base64, isGone) {
    const bytes = Buffer.from(base64, 'base64');
    const message = { ...fromAmqp(decode(bytes)), ...stamps, expiresAt: stamps.expiresAt ?? Infinity, bytes };
    this.#sequence = Math.max(this.#sequence, message.sequence);
    if (this.options.duplicateDetectionSeconds > 0 && message.messageId !== undefined && !this.#seen.has(message.messageId)) this.#seen.set(message.messageId, message.enqueuedAt);
    const to = names.filter(name => !isGone(name, message.sequence)).map(name => this.find(name)).filter(Boolean);
    if (message.due > Date.now()) this.#schedule(message, to);
    else for (const subscription of to) subscription.add(message);
  }
}
