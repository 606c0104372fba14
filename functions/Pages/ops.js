'use strict';

const every = 5000;
const byId = id => document.getElementById(id);
const count = new Intl.NumberFormat('en');
let key = null;
let before = null;
let timer = 0;

byId('enter').addEventListener('submit', event => {
  event.preventDefault();
  key = byId('key').value.trim();
  byId('key').value = '';
  before = null;
  refresh();
});

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch('v1/overview', { headers: { authorization: `Bearer ${key}` }, cache: 'no-store' });
    const body = await answer.json();
    if (answer.status === 401 || answer.status === 403) {
      key = null;
      byId('system').hidden = true;
      say(body.detail, true);
      return;
    }
    if (!answer.ok) throw new Error(body.detail ?? `HTTP ${answer.status}`);
    show(body);
    before = body;
  } catch (fault) {
    say(`No answer: ${fault.message}. What is shown is old; trying again.`, true);
  }
  timer = setTimeout(refresh, every);
}

function show(now) {
  shards(now);
  orchestrations(now);
  queues(now);
  cold(now.cold_days);
  byId('system').hidden = false;
  const faults = now.faults.concat(now.shards.filter(shard => shard.status !== 'ok').map(shard => `${shard.shard} is away (${shard.reason})`));
  say(faults.length ? faults.join(' ') : `All well at ${new Date(now.at).toLocaleTimeString()}.`, faults.length > 0);
}

function shards(now) {
  const rows = now.shards.map(shard => {
    const was = before?.shards.find(one => one.shard === shard.shard);
    const seconds = before ? (new Date(now.at) - new Date(before.at)) / 1000 : 0;
    const rate = was && seconds > 0 ? number(((shard.last_opid - was.last_opid) / seconds).toFixed(1)) : '…';
    return [shard.shard, state(shard.status === 'ok', shard.status), number(rate), share(shard.writer_waiting, shard.writer_room), share(shard.connections_active, shard.connections),
      share(shard.connections, shard.connections_max), number(shard.last_opid), relay(shard)];
  });
  table('shards', ['Shard', 'Health', 'Changes/s', 'Writer: waiting', 'Connections: busy', 'of the server’s', 'Last op', 'Relay'], rows);
}

function relay(shard) {
  if (shard.relay_behind === undefined) return 'none';
  const late = shard.relay_oldest_seconds === undefined ? '' : `, oldest ${duration(shard.relay_oldest_seconds)}`;
  return state(!shard.relay_failure, `${number(shard.relay_behind)} behind${late}${shard.relay_failure ? `: ${shard.relay_failure}` : ''}`);
}

function orchestrations(now) {
  table('orchestrations', ['Hub', 'Under way', 'Due now', 'Oldest due', 'Suspended', 'Parked', 'Failed in a day'], now.orchestrations.map(hub => [
    hub.hub, number(hub.unended), number(hub.due), state(hub.oldest_due_seconds < 60, duration(hub.oldest_due_seconds)), number(hub.suspended), state(hub.parked === 0, number(hub.parked)), number(hub.failed_last_day)]));
}

function queues(now) {
  table('queues', ['Queue', 'Shards', 'Tickets by status', 'To archive', 'Oldest due'], now.queues.map(queue => [
    queue.queue, queue.shards.join(', '), { wide: Object.entries(queue.statuses).map(([status, tickets]) => `${status} ${upTo(tickets, now.counted_to)}`).join(' · ') },
    upTo(queue.archive_due, now.counted_to), queue.archive_oldest_seconds === undefined ? '' : duration(queue.archive_oldest_seconds)]));
}

/** A calendar a year: a column a week, a square a day. */
function cold(days) {
  const most = Math.max(1, ...days.map(day => day.tickets));
  const known = new Map(days.map(day => [day.day, day]));
  const years = [...new Set(days.map(day => Number(day.day.slice(0, 4))))].sort((a, b) => b - a);
  byId('cold').replaceChildren(...(years.length ? years.map(year => {
    const calendar = element('div', { className: 'year' }, [element('b', { textContent: year })]);
    const first = new Date(Date.UTC(year, 0, 1));
    for (let at = first; at.getUTCFullYear() === year; at = new Date(at.getTime() + 86400000)) {
      const day = known.get(at.toISOString().slice(0, 10));
      const square = element('div', { className: 'day', title: day ? `${day.day}: ${number(day.tickets)} tickets, ${number(day.bytes)} bytes, ${day.parts} parts` : at.toISOString().slice(0, 10) });
      const weekday = (at.getUTCDay() + 6) % 7;
      square.style.gridRow = weekday + 1;
      square.style.gridColumn = Math.floor(((at - first) / 86400000 + (first.getUTCDay() + 6) % 7) / 7) + 2;
      if (day) square.style.background = `rgba(var(--heat), ${0.25 + 0.75 * Math.log(1 + day.tickets) / Math.log(1 + most)})`;
      calendar.append(square);
    }
    return calendar;
  }) : [element('p', { textContent: 'Nothing is in the cold tier.' })]));
}

function table(id, heads, rows) {
  byId(id).replaceChildren(
    element('thead', {}, [element('tr', {}, heads.map(head => element('th', { textContent: head })))]),
    element('tbody', {}, rows.map(row => element('tr', {}, row.map(cell)))));
}

function cell(value) {
  if (value instanceof Node) return element('td', {}, [value]);
  if (value && typeof value === 'object') return element('td', { className: value.className ?? 'wide', textContent: value.text ?? value.wide });
  return element('td', { textContent: value ?? '' });
}

function share(part, whole) {
  if (part === undefined) return '';
  return element('span', { title: `${number(part)} of ${number(whole)}` }, [element('meter', { value: part, max: Math.max(1, whole), high: whole * 0.8, optimum: 0 }), ` ${number(part)}`]);
}

function element(name, members, children = []) {
  const made = Object.assign(document.createElement(name), members);
  made.append(...children);
  return made;
}

function state(good, text) { return { className: good ? 'good' : 'bad', text }; }
function number(value) { return value === undefined ? '' : typeof value === 'number' ? count.format(value) : value; }
function upTo(value, most) { return value >= most ? `${number(most)} or more` : number(value); }
function duration(seconds) { return seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`; }
function say(text, bad) { byId('state').textContent = text; byId('state').className = bad ? 'bad' : ''; }
