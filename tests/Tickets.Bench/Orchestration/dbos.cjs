'use strict';
// node dbos.cjs steps|msg IN_FLIGHT COUNT: a closed loop of workflows, all in this process, as the product's side runs them.
const { DBOS } = require('@dbos-inc/dbos-sdk');
const [mode, inFlight, count] = [process.argv[2], +process.argv[3], +process.argv[4]];
const now = () => Number(process.hrtime.bigint()) / 1e6;
const plus = DBOS.registerStep(async (x) => x + 1, { name: 'plus' });
const double = DBOS.registerStep(async (x) => x * 2, { name: 'double' });
const two = DBOS.registerWorkflow(async (x) => await double(await plus(x)), { name: 'two' });
const listen = DBOS.registerWorkflow(async (ms) => { const told = await DBOS.recv('go', 30); await DBOS.sleep(ms); return told; }, { name: 'listen' });
const lanes = async (n, total, f) => { let i = 0; await Promise.all(Array.from({ length: n }, async () => { for (;;) { const k = i++; if (k >= total) return; await f(k); } })); };
const steps = async (k) => { const h = await DBOS.startWorkflow(two)(k); if (await h.getResult() !== (k + 1) * 2) throw new Error('wrong result'); };
const msg = async () => { const h = await DBOS.startWorkflow(listen)(50); await DBOS.send(h.workflowID, 'hello', 'go'); if (await h.getResult() !== 'hello') throw new Error('wrong result'); };
(async () => {
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: process.env.DBOS_BENCH_URL, systemDatabasePoolSize: 20, logLevel: 'error', applicationVersion: '1', tracingEnabled: false });
  await DBOS.launch();
  await lanes(20, 100, steps);
  const times = [];
  const from = now();
  await lanes(inFlight, count, async (k) => { const t = now(); await (mode === 'msg' ? msg(k) : steps(k)); times.push(now() - t); });
  const seconds = (now() - from) / 1000;
  times.sort((a, b) => a - b);
  console.log(JSON.stringify({ per_second: count / seconds, p50: times[count >> 1] }));
  await DBOS.shutdown();
  process.exit(0);
})().catch((e) => { console.error(e); process.exit(1); });
