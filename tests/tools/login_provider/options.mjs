// What the provider is told at its start: by a variable, or as a container by its image.
import { readFileSync } from 'node:fs';

const variables = process.env;

export const port = Number(variables.LOGIN_PORT ?? 3380);
export const address = variables.LOGIN_ADDRESS ?? '127.0.0.1';
export const issuer = variables.LOGIN_ISSUER ?? `http://127.0.0.1:${port}`;
// Never on another address: whoever reaches it may be anybody.
export const adminPort = Number(variables.LOGIN_ADMIN_PORT ?? port + 1);
export const hub = variables.LOGIN_HUB ?? 'http://localhost:3300';
export const clientId = variables.LOGIN_CLIENT_ID ?? 'mchub';
export const clientSecret = readFileSync(variables.LOGIN_SECRET_FILE, 'utf8').trim();
export const accessTokenSeconds = Number(variables.LOGIN_ACCESS_TOKEN_SECONDS ?? 3600);

const file = variables.LOGIN_USERS ?? new URL('users.json', import.meta.url);
export const users = new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
