// Whether the provider in this container answers.
import { port } from './options.mjs';

const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);
