/**
 * What tests let go wrong. Each fault is used up `times` times, on sends to `topic` whose body contains `match`, where those are given:
 *   {status, detail?, retryAfter?}   answers so, and takes nothing
 *   {drop: "before" | "after"}       cuts the connection before or after it has taken the messages
 *   {slowMs}                         takes its time
 */
export class Faults {
  #planned = [];

  plan(faults) {
    this.#planned = faults.map(fault => ({ times: 1, ...fault }));
  }

  left() {
    return this.#planned.reduce((sum, fault) => sum + fault.times, 0);
  }

  /** The fault that meets this send, or undefined. */
  next(topic, body) {
    const fault = this.#planned.find(f => f.times > 0 && (!f.topic || f.topic === topic) && (!f.match || body.includes(f.match)));
    if (fault) fault.times--;
    return fault;
  }
}
