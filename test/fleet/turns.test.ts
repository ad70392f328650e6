import { expect, it } from 'vitest';
import { z } from 'zod';
import { Population } from '../../fleet/engine/population.js';
import { crowdOf } from '../../fleet/engine/selection.js';
import { openPorts, openTarget, userOf } from './stub.js';

const data = z.object({ pushToken: z.instanceof(Uint8Array), pushMagic: z.string() });

it('a device draws other random values in each of its turns, and the same in the same turn of another run', async () => {
  const { target } = await openTarget();
  const { ports } = await openPorts(target);
  const run = async () => {
    const crowd = new Population({ seed: 'turns', ...crowdOf({ ios: 1 }), ports });
    const user = userOf(0);
    const magics: string[] = [];
    for (let time = 0; time < 3; time++) {
      await crowd.turn(0, (device) =>
        device.enroll({ authority: target.url, url: `${target.url}/enroll/ios?user=${user}`, user }),
      );
      const { pushToken, pushMagic } = data.parse(crowd.peek(0)?.link?.data);
      magics.push(pushMagic, Buffer.from(pushToken).toString('hex'));
      await crowd.turn(0, (device) => device.leave());
    }
    return magics;
  };
  const first = await run();
  expect(new Set(first).size).toBe(6);
  expect(await run()).toEqual(first);
});
