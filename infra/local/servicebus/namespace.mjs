import { Journal } from './journal.mjs';
import { Topic } from './topic.mjs';

const SWEEP_MS = 50;

/** All topics, and the journal from which a new process rebuilds them. */
export class Namespace {
  #topics = new Map();
  #journal;
  #sweeper;

  /** @param definitions the topics that are there from the beginning: `{name: {duplicateDetectionSeconds?, maxMessageBytes?, subscriptions: {name: {…}}}}`. */
  constructor(journalPath, definitions) {
    this.#journal = new Journal(journalPath);
    const records = [...this.#journal.read()];
    this.#journal.begin(() => []);
    this.#restore(records, definitions);
    this.#journal.begin(() => this.#records());
    this.#sweeper = setInterval(() => this.#sweep(Date.now()), SWEEP_MS);
  }

  get topics() {
    return this.#topics.values();
  }

  topic(name) {
    return this.#topics.get(name.toLowerCase());
  }

  /** Makes a topic, or makes it anew: what it had is gone. */
  define(name, options) {
    const topic = new Topic(name, options, this.#journal);
    this.#topics.set(name.toLowerCase(), topic);
    this.#journal.write(['topic', name, topic.options]);
    return topic;
  }

  /** The topic and the subscription of an address such as `topic/Subscriptions/name[/$DeadLetterQueue]`, which may be a whole URI. */
  find(address) {
    const [topicName, marker, ...rest] = normal(address).split('/');
    const topic = this.topic(topicName ?? '');
    const subscription = topic && marker?.toLowerCase() === 'subscriptions' ? topic.find(rest.join('/')) : undefined;
    return { topic, subscription };
  }

  close() {
    clearInterval(this.#sweeper);
    this.#journal.close();
  }

  #sweep(now) {
    for (const topic of this.#topics.values()) topic.sweep(now);
  }

  *#records() {
    for (const topic of this.#topics.values()) yield* topic.records();
  }

  #restore(records, definitions) {
    const gone = new Set(records.filter(([kind]) => kind === 'gone').map(([, ...place]) => place.join('\n')));
    for (const record of records) {
      const [kind, name] = record;
      if (kind === 'topic') this.define(name, record[2]);
      else if (kind !== 'gone') this.topic(name)?.restore(record, (subscription, sequence) => gone.has([name, subscription, sequence].join('\n')));
    }
    for (const [name, options] of Object.entries(definitions)) if (!this.topic(name)) this.define(name, options);
  }
}

/** Clients send `topic/…`, `/topic/…` or `amqp://host/topic/…`. */
const normal = address => address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+/, '');
