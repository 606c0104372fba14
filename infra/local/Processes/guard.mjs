// Runs one server for the local stack and outlives the stack only long enough to stop it.
//
// The stack holds the write end of this process's stdin. When the stack is gone, however it went (SIGKILL included), the
// kernel closes that pipe and the guard stops the server. PR_SET_PDEATHSIG would not do: it is cleared when the server
// changes its user, and it fires when the starting thread ends, not the process.
//
// argv[2]: {name, command, args, cwd?, uid?, gid?, log, pidFile, stopSignal, graceMs}
// stdin:   one signal name per line, passed on to the server
// stdout:  "pid <n>" once it runs, then "exit <code or signal>"; or "failed <reason>"
import { spawn } from 'node:child_process';
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const spec = JSON.parse(process.argv[2]);

// Ctrl-C and a closing terminal reach the whole foreground group; the stack decides what to stop, and in which order.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => stop());
// Nobody may be reading any more.
process.stdout.on('error', () => {});

const log = openSync(spec.log, 'a');
const server = spawn(spec.command, spec.args, {
  cwd: spec.cwd,
  uid: spec.uid,
  gid: spec.gid,
  detached: true,
  stdio: ['ignore', log, log],
});

server.on('spawn', () => {
  writeFileSync(spec.pidFile, JSON.stringify({ guard: process.pid, server: server.pid }));
  process.stdout.write(`pid ${server.pid}\n`);
});
server.on('error', error => end(`failed ${error.message}`));
server.on('exit', (code, signal) => end(`exit ${signal ?? code}`));

const orders = createInterface({ input: process.stdin });
orders.on('line', signal => server.kill(signal));
orders.on('close', stop);

let stopping = false;
function stop() {
  if (stopping) return;
  stopping = true;
  server.kill(spec.stopSignal);
  setTimeout(() => server.kill('SIGKILL'), spec.graceMs);
}

function end(lastWords) {
  rmSync(spec.pidFile, { force: true });
  process.stdout.write(`${lastWords}\n`, () => process.exit());
}
