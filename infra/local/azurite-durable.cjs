// Preloaded into Azurite where tests kill it: what it has acknowledged is then on disk, as it is with the service. By itself Azurite writes its
// databases each five seconds, so a kill takes acknowledged writes along, and may leave half of a batch.
'use strict';
const http = require('node:http');
const Loki = require(require.resolve('lokijs', { paths: [process.argv[1]] }));

const databases = new Set();
let writes = Promise.resolve();

// Not by the clock: in the middle of a batch that would save a half of it.
Loki.prototype.autosaveEnable = function () {
  databases.add(this);
};

const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (event, request, response) {
  if (event !== 'request' || request.method === 'GET' || request.method === 'HEAD') return emit.apply(this, arguments);
  // One after the other, each saved before it is answered.
  writes = writes.then(() => new Promise(done => {
    if (response.destroyed || request.socket.destroyed) return done();
    response.once('close', done);
    holdUntilSaved(response);
    emit.call(this, event, request, response);
  }));
  return true;
};

function holdUntilSaved(response) {
  const { write, end } = response;
  const held = [];
  response.write = (...parts) => held.push(parts) > 0;
  response.end = (...parts) => {
    Promise.all([...databases].filter(database => database.autosaveDirty()).map(save)).then(
      () => {
        for (const each of held) write.apply(response, each);
        end.apply(response, parts);
      },
      () => response.destroy(),
    );
    return response;
  };
}

function save(database) {
  return new Promise((resolve, reject) => database.saveDatabase(error => (error ? reject(error) : resolve())));
}
