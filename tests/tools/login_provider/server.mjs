// An OpenID Connect provider for rehearsals and tests, never for production.
import { generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

import { adminServer, behaviour } from './admin.mjs';
import * as options from './options.mjs';
import { loginPage, logoutPage, messagePage } from './pages.mjs';
import { body } from './requests.mjs';

const { users } = options;

const key = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const findAccount = (ctx, id) => {
  const user = users.get(id);
  if (!user || user.disabled) return undefined;
  return {
    accountId: id,
    // The subject stays, the name may change.
    claims: () => ({
      sub: id,
      preferred_username: user.preferred_username ?? id,
      name: user.name,
      groups: user.groups,
      email: user.email ?? `${id}@example.org`,
      email_verified: true,
    }),
  };
};

const provider = new Provider(options.issuer, {
  clients: [
    {
      client_id: options.clientId,
      client_secret: options.clientSecret,
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`${options.hub}/hub/oauth_callback`],
      post_logout_redirect_uris: [`${options.hub}/hub/login`],
    },
  ],
  jwks: { keys: [{ ...key(), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  scopes: ['openid', 'offline_access', 'profile', 'groups', 'email'],
  claims: {
    openid: ['sub'],
    profile: ['preferred_username', 'name'],
    groups: ['groups'],
    email: ['email', 'email_verified'],
  },
  findAccount,
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  // The strictest case: a refresh token that is used twice ends the whole grant.
  rotateRefreshToken: true,
  expiresWithSession: async () => false,
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid offline_access profile groups email');
    await grant.save();
    return grant;
  },
  ttl: { AccessToken: options.accessTokenSeconds, RefreshToken: 14 * 24 * 3600 },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      logoutSource: async (ctx, form) => {
        ctx.body = logoutPage(form);
      },
      postLogoutSuccessSource: async (ctx) => {
        ctx.body = messagePage('You are signed out.');
      },
    },
  },
  renderError: async (ctx, out) => {
    ctx.type = 'html';
    ctx.body = messagePage(`${out.error}: ${out.error_description ?? ''}`);
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
});

const isRight = (user, password) => {
  const [given, wanted] = [password, user?.password ?? ''].map((text) =>
    Buffer.from(text.padEnd(256)),
  );
  return !!user && !user.disabled && given.length === wanted.length
    && timingSafeEqual(given, wanted);
};

async function interact(request, answer) {
  const { uid } = await provider.interactionDetails(request, answer);
  const action = `/interaction/${uid}`;
  let name = '';
  if (request.method === 'POST') {
    const form = new URLSearchParams(await body(request));
    name = form.get('name') ?? '';
    if (isRight(users.get(name), form.get('password') ?? '')) {
      await provider.interactionFinished(request, answer, { login: { accountId: name } });
      return;
    }
  }
  answer.writeHead(name ? 403 : 200, { 'content-type': 'text/html; charset=utf-8' });
  answer.end(loginPage(action, name, !!name));
}

// What was asked is done at once; only the asker learns of it late, or never.
const holdBack = (answer, seconds) => {
  if (!seconds) return;
  const end = answer.end.bind(answer);
  answer.end = (...content) => {
    setTimeout(() => end(...content), seconds * 1000);
    return answer;
  };
};

const callback = provider.callback();
const requests = [];

const server = createServer(async (request, answer) => {
  const path = request.url.split('?')[0];
  if (path === '/health') {
    answer.end('ok');
    return;
  }
  requests.push(`${request.method} ${path}`);
  holdBack(answer, behaviour.delaySeconds);
  if (behaviour.status) {
    answer.writeHead(behaviour.status).end();
  } else if (path.startsWith('/interaction/')) {
    await interact(request, answer).catch((error) => {
      answer.writeHead(400).end(messagePage(error.message));
    });
  } else {
    await callback(request, answer);
  }
});

// A provider that is down: nobody listens, and what it knows is there when it is back.
const listen = (wanted) =>
  new Promise((done) => {
    if (wanted === server.listening) {
      done();
    } else if (wanted) {
      server.listen(options.port, options.address, done);
    } else {
      server.close(done);
      server.closeAllConnections();
    }
  });

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
adminServer(users, requests, listen).listen(options.adminPort, '127.0.0.1');
await listen(true);
console.log(`test sign-in at ${options.issuer}, for ${options.hub}`);
