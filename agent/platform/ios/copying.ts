import { bytesAndHex, type Copying, drawnBytes, withRead } from '../copying.js';
import { spacedImei } from './describe.js';
import { readIosData } from './saved.js';
import { unlockToken } from './unlock-token.js';

/** The IMEI as it tells it; its address for pushes, the word in them, what its UnlockToken grows from. */
export const copying: Copying = {
  told: ({ imei }) => [imei === undefined ? '' : spacedImei(imei)],
  settled: (state) => withRead(state, readIosData),
  drawn(data) {
    const { pushToken, pushMagic, unlockSeed } = readIosData(data);
    const tokens = (seed: Uint8Array) => [seed, unlockToken(seed).toString('base64')];
    return [
      drawnBytes(pushToken, bytesAndHex),
      { forms: [pushMagic], again: (random) => [random.uuid()] },
      ...(unlockSeed === undefined ? [] : [drawnBytes(unlockSeed, tokens)]),
    ];
  },
};
