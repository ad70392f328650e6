// Apple MDM, device channel. Read beside Apple's "Check-in" and "Commands and Queries" (specs/apple.md §1).
import type { Platform } from '../driver.js';
import { notNowWhileLocked } from './commands/table.js';
import { copying } from './copying.js';
import { describe } from './describe.js';
import { type Enrolled, enroll } from './enroll.js';
import { IosLink } from './link.js';
import { Memory } from './memory.js';
import { passcodeManners } from './passcode.js';
import { readIosData } from './saved.js';
import { serverIn } from './server-in.js';
import { IosServerTrust } from './server-trust.js';

export interface IosOptions {
  /** RequestTypes answered NotNow while the screen is locked. Default: what devices were seen to put off. */
  readonly notNowWhileLocked?: readonly string[];
  /** A session with more commands than this is broken off: ANSWER_MALFORMED. Default 10 000. */
  readonly maxCommandsPerSession?: number;
}

export function createIos(options: IosOptions = {}): Platform {
  const policy = {
    putOff: new Set(options.notNowWhileLocked ?? notNowWhileLocked),
    maxCommands: options.maxCommandsPerSession ?? 10_000,
  };
  return {
    name: 'ios',
    describe,
    copying,
    passcode: passcodeManners,
    serverIn,
    alreadyEnrolled: {
      message: 'MCMDMErrorDomain 12001, there can be one management profile only',
      details: { domain: 'MCMDMErrorDomain', errorCode: 12001 },
    },
    // Setup Assistant comes before any app, and a profile in a file or after Return to Service is installed without one.
    startsBySystem: ({ native }, { document }) => native['AwaitingConfiguration'] === true || document !== undefined,
    create(device, ports) {
      const server = new IosServerTrust(device, ports.clock);
      return {
        async enroll(invitation, apply, signal, settle) {
          const linkOf = ({ memory, wires }: Enrolled) => new IosLink(device, ports, memory, policy, server, { wires });
          const settled = async (enrolled: Enrolled) => settle?.(linkOf(enrolled));
          return linkOf(await enroll(invitation, device, ports, { apply, server, settled }, signal));
        },
        resume: (saved) =>
          new IosLink(device, ports, new Memory(saved.authority, readIosData(saved.data), saved), policy, server),
      };
    },
  };
}

export const ios: Platform = createIos();
