import { bytesAndHex, type Copying, drawnBytes, drawnText, withRead } from '../copying.js';
import { readWindowsData } from './saved.js';

/**
 * The secrets of its account, the characters of its MS-CV, its channel for notifications. Nonces stay those of the example: both sides
 * know them.
 */
export const copying: Copying = {
  settled: (state) => withRead(state, readWindowsData),
  drawn(data) {
    const { account, sessions, channel } = readWindowsData(data);
    const secrets = [account.appSrv?.secret, account.client?.secret].filter((secret) => secret !== undefined);
    return [
      ...[...secrets, sessions.vector].map(drawnText),
      ...(channel === undefined ? [] : [drawnBytes(channel.token, bytesAndHex)]),
    ];
  },
};
