import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Which tickets have which words in their meta blocks, and each ticket's status and queue. */
export class TicketIndex {
  applied = 0;
  repeated = 0;
  #path;
  #tickets; // id → {queue, version, status, resolution, words: {block: [word]}}
  #positions; // session → the last opid applied
  #changed = new Set(); // ids that are not written yet

  constructor(path, { tickets, positions }) {
    this.#path = path;
    this.#tickets = tickets;
    this.#positions = positions;
  }

  /** The index as it was last written; its file begins anew with that. */
  static load(path) {
    const state = readIndex(path);
    writeFileSync(path + '.next', JSON.stringify(state) + '\n');
    renameSync(path + '.next', path);
    return new TicketIndex(path, state);
  }

  get size() {
    return Object.keys(this.#tickets).length;
  }

  /** Applies an op unless it was applied before. */
  apply(session, op) {
    if (op.opid <= (this.#positions[session] ?? 0)) {
      this.repeated++;
      return;
    }
    this.#positions[session] = op.opid;
    this.applied++;
    this.#changed.add(op.ticket_id);
    const known = this.#tickets[op.ticket_id];
    // The other half of a move may come through another shard's session, earlier or later: the version decides.
    if (known && known.version > op.version) return;
    if (op.kind === 'moved_out') {
      if (!known || known.version < op.version) delete this.#tickets[op.ticket_id];
      return;
    }
    if (op.kind === 'erased' || op.kind === 'deleted') return void delete this.#tickets[op.ticket_id];
    // Neither changes what is indexed; what an op that was skipped would have changed is read anew by who calls.
    if (op.kind === 'archived' || op.kind === 'skipped') return;
    this.#tickets[op.ticket_id] = changed(op.kind === 'updated' ? known : undefined, op);
  }

  /** Puts a ticket in as it was read, or takes it out. */
  put(id, ticket) {
    this.#changed.add(id);
    if (!ticket) return void delete this.#tickets[id];
    const { queue, version, status, resolution, meta = {} } = ticket;
    const words = Object.fromEntries(Object.entries(meta).map(([block, { data }]) => [block, wordsOf(data)]));
    this.#tickets[id] = { queue, version, status, ...(resolution && { resolution }), words };
  }

  /** Ids of the tickets that have a word. */
  find(word) {
    return Object.keys(this.#tickets).filter(id => Object.values(this.#tickets[id].words).some(words => words.includes(word)));
  }

  /** Appends what has changed and the positions, in one line: a line that was cut off counts for nothing when it is read. */
  save() {
    const tickets = Object.fromEntries([...this.#changed].map(id => [id, this.#tickets[id] ?? null]));
    appendFileSync(this.#path, JSON.stringify({ tickets, positions: this.#positions }) + '\n');
    this.#changed.clear();
  }
}

/** What the lines of an index file add up to. */
export function readIndex(path) {
  const state = { tickets: {}, positions: {} };
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  // Behind the last line break there is nothing, or a line that was cut off.
  for (const line of lines.slice(0, -1)) {
    const { tickets, positions } = JSON.parse(line);
    Object.assign(state.tickets, tickets);
    Object.assign(state.positions, positions);
  }
  for (const [id, ticket] of Object.entries(state.tickets)) if (ticket === null) delete state.tickets[id];
  return state;
}

function changed(before, { queue, version, diff }) {
  const ticket = before ? { ...before, words: { ...before.words }, queue, version } : { queue, version, words: {} };
  for (const [name, value] of Object.entries(diff.set ?? {})) {
    if (name === 'status' || name === 'resolution') ticket[name] = value;
    else if (name.startsWith('meta.')) ticket.words[name.slice('meta.'.length)] = wordsOf(value);
  }
  for (const name of diff.unset ?? []) {
    if (name === 'resolution') delete ticket.resolution;
    else if (name.startsWith('meta.')) delete ticket.words[name.slice('meta.'.length)];
  }
  return ticket;
}

/** The words of every text in a JSON value, each once, sorted. */
export function wordsOf(value) {
  const words = new Set();
  (function collect(part) {
    if (typeof part === 'string') for (const word of part.toLowerCase().match(/\p{L}+/gu) ?? []) words.add(word);
    else if (part && typeof part === 'object') Object.values(part).forEach(collect);
  })(value);
  return [...words].sort();
}
