// What real devices and servers sent, beside the project.
import { fixture, fixtureNames } from '../../support/shared.js';

/** Messages of real devices (build 19043 and 26200), without the trace's last line feed. */
export const deviceMessages = (): readonly (readonly [name: string, bytes: Buffer])[] =>
  fixtureNames('windows')
    .filter((name) => /^win1\d-\d+-(?:package1|unenroll|get-)/.test(name))
    .map((name) => [name, fixture(`windows/${name}`)]);

/** Messages of open servers, and Microsoft's samples of whole messages. */
export const serverMessages = (): readonly (readonly [name: string, bytes: Buffer])[] =>
  [
    'servers/latchz/10-syncml.res.xml',
    'servers/latchz/11-syncml.res.xml',
    'servers/latchz/12-commands.res.xml',
    'servers/windows_mdm/10-syncml.res.xml',
    'msmdm-atomic.xml',
  ].map((name) => [name, fixture(`windows/${name}`)]);
