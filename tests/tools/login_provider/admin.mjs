// What tests change while the provider runs: users, and how it misbehaves. On loopback only.
import { createServer } from 'node:http';

import { body } from './requests.mjs';

export const behaviour = { status: null, delaySeconds: 0 };

// PATCH /users/ada {"disabled": true, "groups": [...]}, made if there is none;
// PATCH /behaviour {"status": 500, "delaySeconds": 2, "listening": false};
// GET /requests: what was asked of the provider, method and path, the newest last.
export const adminServer = (users, requests, listen) =>
  createServer(async (request, answer) => {
    const [, kind, name] = decodeURIComponent(request.url).split('/');
    const change = request.method === 'GET' ? {} : JSON.parse((await body(request)) || '{}');
    let found = null;
    if (kind === 'users') {
      found = Object.assign(users.get(name) ?? {}, change);
      users.set(name, found);
    } else if (kind === 'behaviour') {
      found = Object.assign(behaviour, change);
      if ('listening' in change) await listen(change.listening);
    } else if (kind === 'requests') {
      found = requests;
    }
    answer.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    answer.end(JSON.stringify(found));
  });
