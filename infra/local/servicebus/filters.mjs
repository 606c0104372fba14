const FIELDS = ['messageId', 'correlationId', 'subject', 'to', 'replyTo', 'sessionId', 'replyToSessionId', 'contentType'];

/** Compiles a correlation filter, `{subject?, sessionId?, …, properties?: {name: value}}`; without one every message passes. */
export function correlationFilter(filter) {
  if (!filter) return () => true;
  const unknown = Object.keys(filter).filter(name => name !== 'properties' && !FIELDS.includes(name));
  if (unknown.length > 0) throw new Error(`A correlation filter has no field ${unknown.join(', ')}.`);
  const fields = FIELDS.filter(name => filter[name] !== undefined);
  const properties = Object.entries(filter.properties ?? {});
  return message => fields.every(name => message[name] === filter[name]) && properties.every(([name, value]) => message.properties[name] === value);
}
