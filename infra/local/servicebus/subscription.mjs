import { randomBytes } from 'node:crypto';
import { correlationFilter } from './filters.mjs';
import { withReason } from './message.mjs';

export const DEFAULTS = { requiresSession: false, lockSeconds: 30, maxDeliveryCount: 10, timeToLiveSeconds: 3600, filter: null };

/** Messages that can be received now, in order of their sequence numbers: one that comes back takes its old place. */
class Line {
  #entries = [];
  #head = 0;

  get length() {
    return this.#entries.length - this.#head;
  }

  first() {
    return this.#entries[this.#head];
  }

  take() {
    const entry = this.#entries[this.#head];
    this.#entries[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  add(entry) {
    let at = this.#entries.length;
    while (at > this.#head && this.#entries[at - 1].message.sequence > entry.message.sequence) at--;
    this.#entries.splice(at, 0, entry);
  }

  *[Symbol.iterator]() {
    for (let at = this.#head; at < this.#entries.length; at++) yield this.#entries[at];
  }
}

/**
 * One subscription, or its dead-letter queue. Receivers are objects with `room()`, `deliver(entry)` and, for sessions, `lost()`;
 * every change that must survive is told to `journal`.
 */
export class Subscription {
  #lines = new Map(); // session id ('' without sessions) → {id, line, holder, lockedUntil, state}
  #locked = new Map(); // lock token in hex → entry, in order of expiry
  #receivers = new Set();
  #waiting = []; // those who wait for any free session

  constructor(name, options, journal) {
    this.name = name;
    this.options = { ...DEFAULTS, ...options };
    this.passes = correlationFilter(this.options.filter);
    this.journal = journal;
    if (!name.endsWith('/$DeadLetterQueue'))
      this.deadLetters = new Subscription(`${name}/$DeadLetterQueue`, { lockSeconds: this.options.lockSeconds, maxDeliveryCount: Infinity, timeToLiveSeconds: Infinity }, journal);
  }

  get requiresSession() {
    return this.options.requiresSession;
  }

  get lockMs() {
    return this.options.lockSeconds * 1000;
  }

  /** Takes a copy of an accepted message. */
  add(message) {
    if (this.requiresSession && message.sessionId === undefined) return this.deadLetters.add(withReason(message, 'Session id is null.'));
    const session = this.#session(this.requiresSession ? message.sessionId : '');
    const expiresAt = Math.min(message.expiresAt, message.enqueuedAt + this.options.timeToLiveSeconds * 1000);
    session.line.add({ message, deliveryCount: 0, session, expiresAt });
    this.#pump(session);
  }

  addReceiver(receiver) {
    this.#receivers.add(receiver);
    this.pump();
  }

  removeReceiver(receiver) {
    this.#receivers.delete(receiver);
  }

  /** Hands out what can be received, to those who have room. */
  pump() {
    for (const session of this.#lines.values()) this.#pump(session);
  }

  #pump(session) {
    if (this.requiresSession) {
      if (!session.holder && session.line.length > 0) this.#grantToWaiting(session);
      if (session.holder) this.#deliver(session, [session.holder]);
    } else {
      this.#deliver(session, this.#receivers);
    }
  }

  #deliver(session, receivers) {
    for (let given = true; given;) {
      given = false;
      for (const receiver of receivers) {
        if (session.line.length === 0) return;
        if (!receiver.room()) continue;
        this.#give(session.line.take(), receiver);
        given = true;
      }
    }
  }

  #give(entry, receiver) {
    if (entry.expiresAt <= Date.now()) return this.#gone(entry);
    entry.token = randomBytes(16);
    entry.lockedUntil = Date.now() + this.lockMs;
    entry.receiver = receiver;
    if (receiver.settlesAtOnce) this.#gone(entry);
    else this.#locked.set(entry.token.toString('hex'), entry);
    receiver.deliver(entry);
  }

  /** Every outcome of a locked message; false when its lock is lost. */
  settle(token, outcome, reason, description) {
    const entry = this.#locked.get(token);
    if (!entry) return false;
    this.#locked.delete(token);
    if (outcome === 'complete') this.#gone(entry);
    else if (outcome === 'deadLetter') this.#deadLetter(entry, reason, description);
    else this.#comeBack(entry, true);
    return true;
  }

  /** The new end of the lock, or undefined when it is lost. */
  renew(token) {
    const entry = this.#locked.get(token);
    if (!entry) return undefined;
    entry.lockedUntil = Date.now() + this.lockMs;
    this.#locked.delete(token);
    this.#locked.set(token, entry);
    return entry.lockedUntil;
  }

  /** Ends what nobody has renewed. */
  sweep(now = Date.now()) {
    if (!this.requiresSession) {
      for (const [token, entry] of this.#locked) {
        if (entry.lockedUntil > now) break;
        this.#locked.delete(token);
        this.#comeBack(entry, true);
      }
    }
    for (const session of this.#lines.values()) {
      while (session.line.length > 0 && session.line.first().expiresAt <= now) this.#gone(session.line.take());
      if (session.holder && session.lockedUntil <= now) this.#release(session, true).lost();
    }
    this.deadLetters?.sweep(now);
  }

  // Sessions ------------------------------------------------------------------------------------------------------------------

  /** Takes a session for a receiver: by id, or any with messages when the id is null. The session, or undefined when it is not to be had. */
  acquire(id, receiver) {
    const session = id === null ? [...this.#lines.values()].find(s => !s.holder && s.line.length > 0) : this.#session(id);
    if (!session || session.holder) return undefined;
    session.holder = receiver;
    session.lockedUntil = Date.now() + this.lockMs;
    return session;
  }

  /** Calls `granted(session)` once some session has messages and nobody holds it. */
  awaitSession(receiver, granted) {
    const waiter = { receiver, granted };
    this.#waiting.push(waiter);
    return () => (this.#waiting = this.#waiting.filter(other => other !== waiter));
  }

  pumpSession(id) {
    const session = this.#lines.get(id);
    if (session) this.#pump(session);
  }

  /** The receiver has gone; its messages are there for the next one. */
  leave(session, receiver) {
    if (session.holder === receiver) this.#release(session, false);
  }

  renewSession(id) {
    const session = this.#lines.get(id);
    if (!session?.holder) return undefined;
    return (session.lockedUntil = Date.now() + this.lockMs);
  }

  getState(id) {
    return this.#lines.get(id)?.state;
  }

  setState(id, state) {
    this.#session(id).state = state;
    this.journal.state(this, id, state);
  }

  #release(session, expired) {
    const holder = session.holder;
    session.holder = undefined;
    for (const [token, entry] of this.#locked) {
      if (entry.session !== session) continue;
      this.#locked.delete(token);
      this.#comeBack(entry, expired, false);
    }
    setImmediate(() => this.#pump(session));
    return holder;
  }

  #grantToWaiting(session) {
    const waiter = this.#waiting.shift();
    if (!waiter) return;
    session.holder = waiter.receiver;
    session.lockedUntil = Date.now() + this.lockMs;
    waiter.granted(session);
  }

  #session(id) {
    let session = this.#lines.get(id);
    if (!session) this.#lines.set(id, (session = { id, line: new Line() }));
    return session;
  }

  // Looking on ----------------------------------------------------------------------------------------------------------------

  /** Messages from a sequence number on, locked or not, without receiving them. */
  peek(from, count, sessionId) {
    const all = [...this.#all()].filter(entry => entry.message.sequence >= from && (sessionId === undefined || entry.session.id === sessionId));
    return all.sort((a, b) => a.message.sequence - b.message.sequence).slice(0, count);
  }

  counts() {
    return { active: [...this.#lines.values()].reduce((sum, s) => sum + s.line.length, 0), locked: this.#locked.size, deadLetters: this.deadLetters?.counts().active };
  }

  // What a restart needs ------------------------------------------------------------------------------------------------------

  *#all() {
    for (const session of this.#lines.values()) yield* session.line;
    yield* this.#locked.values();
  }

  *messages() {
    for (const entry of this.#all()) yield entry.message;
  }

  *states() {
    for (const session of this.#lines.values()) if (session.state !== undefined) yield [session.id, session.state];
  }

  restoreState(id, state) {
    this.#session(id).state = state;
  }

  #gone(entry) {
    this.journal.gone(this, entry.message);
  }

  #comeBack(entry, counted, pump = true) {
    if (counted) entry.deliveryCount++;
    if (entry.deliveryCount >= this.options.maxDeliveryCount)
      return this.#deadLetter(entry, 'MaxDeliveryCountExceeded', `Message could not be consumed after ${entry.deliveryCount} delivery attempts.`);
    entry.session.line.add(entry);
    if (pump) this.#pump(entry.session);
  }

  #deadLetter(entry, reason, description) {
    const message = withReason(entry.message, reason ?? 'DeadLettered', description);
    this.journal.gone(this, entry.message);
    this.journal.arrived(this.deadLetters, message);
    this.deadLetters.add(message);
  }
}
