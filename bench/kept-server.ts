// The server of the check-in-kept bench where no other is named, in a process of its own. It tells its parent the enrollment profile.
import type { FromKeptServer } from './check-in-kept.js';
import { startKeptServer } from './kept-authority.js';

const server = await startKeptServer();
const message: FromKeptServer = { profile: server.profile.toString('base64') };
process.send?.(message);
process.on('disconnect', () => process.exit());
