import { rhea } from './modules.mjs';
import { decode, deliveryBytes, fromAmqp } from './message.mjs';
import { Management, TokenReplies } from './requests.mjs';
import { Refused } from './topic.mjs';

const SESSION_FILTER = 'com.microsoft:session-filter';
const BATCH_FORMAT = 0x80013700;
const SPARE_SLOTS = 16;
const TICKS_AT_EPOCH = 621355968000000000n;
const { create_container, message: amqp, types, sasl } = rhea();

/** Gives a function that serves AMQP on an accepted socket. */
export function serveAmqp(namespace, key) {
  const container = create_container({
    id: 'tickets-local-servicebus',
    max_frame_size: 65536,
    idle_time_out: 240000,
    reconnect: false,
    autoaccept: false,
    treat_modified_as_released: false,
    tcp_no_delay: true,
  });
  // What .NET calls MSSBCBS carries no more than ANONYMOUS does: who may what is told by tokens later.
  container.sasl_server_mechanisms.enable_anonymous();
  container.sasl_server_mechanisms.MSSBCBS = container.sasl_server_mechanisms.ANONYMOUS;

  container.on('sender_open', guarded(context => openSender(context.sender)));
  container.on('receiver_open', guarded(context => openReceiver(context.receiver)));
  container.on('message', guarded(onMessage));
  for (const outcome of ['accepted', 'rejected', 'released', 'modified']) container.on(outcome, guarded(context => onOutcome(context, outcome)));
  container.on('sender_flow', ({ sender }) => sender.consumer?.pump());
  container.on('sendable', ({ sender }) => sender.consumer?.pump());
  container.on('sender_draining', ({ sender }) => sender.consumer?.drain());
  for (const end of ['sender_close', 'sender_error']) container.on(end, ({ sender }) => sender.consumer?.end());
  for (const end of ['session_close', 'connection_close', 'disconnected']) container.on(end, context => endConsumers(context));
  for (const fault of ['connection_error', 'session_error', 'receiver_error', 'protocol_error', 'error']) container.on(fault, () => {});

  return socket => container.create_connection({ container_id: container.id, tcp_no_delay: true }).accept(socket);

  // The client receives --------------------------------------------------------------------------------------------------------

  function openSender(link) {
    const source = link.source;
    const address = source?.address ?? '';
    link.local.attach.snd_settle_mode = link.snd_settle_mode;
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode;
    link.local.attach.max_message_size = 256 * 1024;
    link.set_target({ address: link.target?.address });
    link.set_source({ address });
    if (address === '$cbs' || address.endsWith('$management')) {
      (link.connection.replies ??= new Map()).set(link.target?.address, link).set(link.name, link);
      link.session.replyLink = link;
      return;
    }
    const { subscription } = authorized(link, address) ? namespace.find(address) : {};
    if (link.refused) return;
    if (!subscription) return close(link, 'amqp:not-found', `The messaging entity '${address}' could not be found.`);
    const filter = source.filter?.[SESSION_FILTER];
    if (source.filter && SESSION_FILTER in source.filter) return openSession(link, subscription, filter?.value === undefined ? filter : filter.value);
    if (subscription.requiresSession) return close(link, 'amqp:not-allowed', 'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.');
    link.consumer = new Consumer(link, subscription);
    subscription.addReceiver(link.consumer);
  }

  function openSession(link, subscription, wanted) {
    const id = wanted ?? null;
    const consumer = new Consumer(link, subscription);
    const grant = session => {
      consumer.session = session;
      link.consumer = consumer;
      link.set_source({ address: link.source.address, filter: { [SESSION_FILTER]: types.wrap_string(session.id) } });
      link.local.attach.properties = { 'com.microsoft:locked-until-utc': types.wrap_long(ticks(session.lockedUntil)) };
    };
    const session = subscription.acquire(id, consumer);
    if (session) return grant(session);
    if (id !== null) return close(link, 'com.microsoft:session-cannot-be-locked', `The requested session '${id}' cannot be accepted. It may be locked by another receiver.`);

    // The answer is held back until some session has messages: rhea opens a link on its own, so that is undone here.
    link.state.local_open = false;
    link.state.open_requests = 0;
    const longest = Number(link.properties?.['com.microsoft:timeout'] ?? 60000);
    const stopWaiting = subscription.awaitSession(consumer, granted => {
      clearTimeout(timer);
      if (!link.is_remote_open()) return subscription.leave(granted, consumer);
      grant(granted);
      link.open();
    });
    const timer = setTimeout(() => {
      stopWaiting();
      if (!link.is_remote_open()) return;
      link.open();
      close(link, 'com.microsoft:timeout', 'No session had messages in time.');
    }, Math.max(longest - 100, 0));
    link.consumer = { pump() {}, drain() {}, end: () => (stopWaiting(), clearTimeout(timer)) };
  }

  function onOutcome({ delivery, sender }, outcome) {
    if (!sender.consumer?.settle || delivery.settled) return;
    sender.consumer.settle(delivery, outcome);
  }

  function endConsumers({ session, connection }) {
    const gone = session ? [session] : Object.values(connection.local_channel_map);
    for (const each of gone) each.each_link?.(link => link.consumer?.end());
  }

  // The client sends ------------------------------------------------------------------------------------------------------------

  function openReceiver(link) {
    const address = link.target?.address ?? '';
    link.set_source({ address: link.source?.address });
    link.set_target({ address });
    link.local.attach.max_message_size = 256 * 1024;
    link.local.attach.snd_settle_mode = link.snd_settle_mode;
    link.local.attach.rcv_settle_mode = link.rcv_settle_mode;
    if (address === '$cbs') {
      link.requests = new TokenReplies(key);
    } else if (authorized(link, address)) {
      const found = namespace.find(address);
      if (!found.topic) close(link, 'amqp:not-found', `The messaging entity '${address}' could not be found.`);
      else if (address.endsWith('/$management')) link.requests = new Management(namespace, address);
      else link.topic = found.topic;
    }
  }

  function onMessage({ receiver, message, delivery, format }) {
    if (receiver.requests) {
      delivery.accept();
      const reply = receiver.requests.answer(message, receiver.connection);
      receiver.connection.replies?.get(message.reply_to)?.send({ correlation_id: message.message_id, ...reply });
      return;
    }
    const sent = format === BATCH_FORMAT ? unpack(message) : [message];
    const messages = sent.map(fromAmqp);
    try {
      receiver.topic.send(messages, messages.reduce((sum, each) => sum + each.bytes.length, 0));
      delivery.accept();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      delivery.reject({ condition: error.condition, description: error.message });
    }
  }

  /** Whether a token that was put on this connection covers the address; closes the link when not. */
  function authorized(link, address) {
    const path = address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+/, '');
    const tokens = [...(link.connection.tokens ?? [])];
    if (tokens.some(token => key.fault(token, path) === null)) return true;
    close(link, 'amqp:unauthorized-access', 'Unauthorized access. A token for this entity is required.');
    link.refused = true;
    return false;
  }
}

/** One receiving link: gives out what it has credit for and passes on what the client decides. */
class Consumer {
  #link;
  #subscription;
  #sent = 0;

  constructor(link, subscription) {
    this.#link = link;
    this.#subscription = subscription;
    this.settlesAtOnce = link.snd_settle_mode === 1;
  }

  // rhea lowers the credit only when it writes a message, so what was handed to it is counted here; and it has room for 2,048
  // unsettled deliveries a session.
  room() {
    const link = this.#link;
    return link.is_open() && link.delivery_count + link.credit - this.#sent > 0 && link.session.outgoing.available() > SPARE_SLOTS;
  }

  deliver(entry) {
    this.#sent++;
    const lockedUntil = this.settlesAtOnce ? undefined : this.session?.lockedUntil ?? entry.lockedUntil;
    this.#link.send(deliveryBytes(entry.message, { ...entry, lockedUntil }), entry.token, 0);
  }

  pump() {
    if (this.session) this.#subscription.pumpSession(this.session.id);
    else this.#subscription.pump();
  }

  drain() {
    this.pump();
    this.#link.set_drained(true);
    this.#sent = this.#link.delivery_count + this.#link.credit;
  }

  settle(delivery, outcome) {
    const error = delivery.remote_state?.error;
    const kind = outcome === 'accepted' ? 'complete' : outcome === 'rejected' ? 'deadLetter' : 'abandon';
    const info = error?.info ?? {};
    const done = this.#subscription.settle(delivery.tag.toString('hex'), kind, info.DeadLetterReason ?? error?.condition, info.DeadLetterErrorDescription ?? error?.description);
    const lost = this.session ? 'com.microsoft:session-lock-lost' : 'com.microsoft:message-lock-lost';
    // Of the kind that was asked: clients differ in what else they take for a success.
    const state = done ? amqp[outcome]({}) : amqp.rejected({ error: { condition: lost, description: 'The lock supplied is invalid. Either it has expired, or the message has already been removed.' } });
    delivery.update(true, state.described());
    // A client that settles second says nothing more, and rhea would keep the delivery's place for ever.
    delivery.remote_settled = true;
  }

  lost() {
    close(this.#link, 'com.microsoft:session-lock-lost', 'The session lock has expired on the session. Accept a new session.');
  }

  end() {
    this.#link.consumer = undefined;
    if (this.session) this.#subscription.leave(this.session, this);
    else this.#subscription.removeReceiver(this);
  }
}

/** A refused link is answered with no source (or target) and then closed. */
function close(link, condition, description) {
  if (!link.consumer?.session) link.local.attach[link.is_receiver() ? 'target' : 'source'] = undefined;
  link.close({ condition, description });
}

function unpack(batch) {
  const content = decode(batch).body.content;
  return (Array.isArray(content) ? content : [content]).map(decode);
}

/** .NET ticks, too large for a number: eight bytes. */
function ticks(milliseconds) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(milliseconds) * 10000n + TICKS_AT_EPOCH);
  return bytes;
}

/** An error in a handler closes its connection; rhea would let it end the process. */
const guarded = handler => context => {
  try {
    handler(context);
  } catch (error) {
    console.error(error);
    context.connection.close({ condition: 'amqp:internal-error', description: error.message });
  }
};
