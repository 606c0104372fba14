import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

const COMPACT_BYTES = 256 * 1024 * 1024;

/** Everything accepted and everything settled, a JSON array a line, written before it is answered: it survives SIGKILL. */
export class Journal {
  #path;
  #file;
  #added = 0;
  #snapshot;

  constructor(path) {
    this.#path = path;
  }

  /** Every whole record of the last run, oldest first. */
  *read() {
    if (!existsSync(this.#path)) return;
    const text = readFileSync(this.#path);
    for (let from = 0, to; (to = text.indexOf(10, from)) >= 0; from = to + 1) yield JSON.parse(text.toString('utf8', from, to));
  }

  /** @param snapshot gives the records that rebuild the present state; the file begins with them, and begins anew when it has grown. */
  begin(snapshot) {
    this.#snapshot = snapshot;
    this.#compact();
  }

  write(...records) {
    const lines = Buffer.from(records.map(record => JSON.stringify(record) + '\n').join(''));
    for (let at = 0; at < lines.length;) at += writeSync(this.#file, lines, at);
    if ((this.#added += lines.length) <= COMPACT_BYTES) return;
    this.#added = 0;
    setImmediate(() => this.#compact());
  }

  close() {
    closeSync(this.#file);
  }

  #compact() {
    const next = this.#path + '.next';
    const file = openSync(next, 'w');
    this.#added = 0;
    for (const record of this.#snapshot()) writeSync(file, JSON.stringify(record) + '\n');
    renameSync(next, this.#path);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = file;
  }
}
