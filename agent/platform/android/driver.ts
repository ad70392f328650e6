// Android: the Headwind MDM device protocol, as launcher 6.36 speaks it. Read beside specs/android.md §0a and §1.
import type { Platform } from '../driver.js';
import { copying } from './copying.js';
import { describe } from './describe.js';
import { memoryFor, provision } from './enroll.js';
import { AndroidLink } from './link.js';
import { mannersOf } from './manners.js';
import { AndroidMemory } from './memory.js';
import { serverIn, setUpBy } from './provisioning.js';
import { readAndroidData } from './saved.js';
import { AndroidServerTrust } from './server-trust.js';

export const android: Platform = {
  name: 'android',
  isWokenByServer: true,
  enrolledAs: (data) => readAndroidData(data).number,
  managedAs(facts) {
    const { management } = mannersOf(facts);
    return management === 'fully-managed' ? undefined : management;
  },
  // by convention a thorough device may start in a Company Portal, and launcher 6.36 knows none; who scans a code is asked by Android's setup
  startsBySystem: (facts, { document }) => mannersOf(facts).mode === 'launcher' || document !== undefined,
  describe,
  copying,
  enrollPath: (user) => `/rest/public/qr/json/${user === undefined ? 'default' : encodeURIComponent(user)}?create=1`,
  serverIn,
  create(device, ports) {
    const server = new AndroidServerTrust(device, ports.clock);
    const linkOf = (memory: AndroidMemory) => new AndroidLink(device, ports, memory, server);
    return {
      async enroll(invitation, apply, signal, settle) {
        const manners = mannersOf(device.state.facts);
        const setup = await setUpBy(invitation, { device, ports, server, manners, signal });
        await provision(setup, { device, manners }, apply);
        const link = linkOf(memoryFor(invitation, setup, ports.clock.now()));
        try {
          await link.enroll(setup, { apply, signal }, async () => settle?.(link));
        } catch (error) {
          await link.forget();
          throw error;
        }
        return link;
      },
      resume: (saved) => linkOf(new AndroidMemory(saved.authority, readAndroidData(saved.data), saved)),
    };
  },
};
