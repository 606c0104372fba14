import { rhea } from './modules.mjs';

const NOTHING = { collect_sections() {} };
const { message: amqp, types } = rhea();

/** What filters and rules look at; the rest of a message is kept as the bytes that go over the wire. */
export function fromAmqp(decoded) {
  const annotations = decoded.message_annotations ?? {};
  return {
    messageId: text(decoded.message_id),
    sessionId: decoded.group_id ?? undefined,
    partitionKey: annotations['x-opt-partition-key'] ?? undefined,
    subject: decoded.subject ?? undefined,
    correlationId: text(decoded.correlation_id),
    contentType: decoded.content_type ?? undefined,
    to: decoded.to ?? undefined,
    replyTo: decoded.reply_to ?? undefined,
    replyToSessionId: decoded.reply_to_group_id ?? undefined,
    properties: decoded.application_properties ?? {},
    ttl: decoded.ttl,
    due: time(annotations['x-opt-scheduled-enqueue-time']),
    bytes: encode(decoded),
  };
}

/** @param sent `{Body, BrokerProperties?, UserProperties?}` as in a REST batch, the body as a string or bytes. */
export function fromRest({ Body, BrokerProperties: broker = {}, UserProperties = {} }) {
  return fromAmqp({
    message_id: broker.MessageId,
    group_id: broker.SessionId,
    subject: broker.Label,
    correlation_id: broker.CorrelationId,
    content_type: broker.ContentType,
    to: broker.To,
    reply_to: broker.ReplyTo,
    reply_to_group_id: broker.ReplyToSessionId,
    ttl: broker.TimeToLive === undefined ? undefined : broker.TimeToLive * 1000,
    message_annotations: {
      'x-opt-partition-key': broker.PartitionKey,
      'x-opt-scheduled-enqueue-time': broker.ScheduledEnqueueTimeUtc && Date.parse(broker.ScheduledEnqueueTimeUtc),
    },
    application_properties: UserProperties,
    body: amqp.data_section(Buffer.from(Body ?? '')),
  });
}

/** The bare message: without header and annotations, which are made anew for each delivery. */
export function encode(decoded) {
  const { ttl, delivery_count, durable, priority, first_acquirer, message_annotations, delivery_annotations, ...bare } = decoded;
  return amqp.encode(bare);
}

export const decode = bytes => amqp.decode(bytes);

/** The bytes of one delivery. */
export function deliveryBytes(message, { deliveryCount, lockedUntil, deadLetterSource, state = 0 }) {
  const annotations = {
    'x-opt-sequence-number': types.wrap_long(message.sequence),
    'x-opt-enqueue-sequence-number': types.wrap_long(message.sequence),
    'x-opt-enqueued-time': types.wrap_timestamp(message.enqueuedAt),
    'x-opt-message-state': types.wrap_int(state),
  };
  if (lockedUntil) annotations['x-opt-locked-until'] = types.wrap_timestamp(lockedUntil);
  if (message.partitionKey) annotations['x-opt-partition-key'] = message.partitionKey;
  if (message.due) annotations['x-opt-scheduled-enqueue-time'] = types.wrap_timestamp(message.due);
  if (deadLetterSource) annotations['x-opt-deadletter-source'] = deadLetterSource;
  // The header's count is of earlier deliveries; clients add one.
  const head = { delivery_count: deliveryCount, ttl: message.ttl, message_annotations: annotations, body: NOTHING };
  return Buffer.concat([amqp.encode(head), message.bytes]);
}

/** The same message with the reason of its dead-lettering among its properties. */
export function withReason(message, reason, description) {
  const decoded = decode(message.bytes);
  const properties = { ...decoded.application_properties, DeadLetterReason: reason, DeadLetterErrorDescription: description ?? '' };
  return { ...message, properties, bytes: encode({ ...decoded, application_properties: properties }) };
}

const text = id => (id === undefined || id === null ? undefined : Buffer.isBuffer(id) ? rhea().uuid_to_string(id) : String(id));
const time = value => (value === undefined || value === null ? undefined : value instanceof Date ? value.getTime() : Number(value));
