// Windows: MS-MDE2 and OMA-DM. Read beside specs/windows.md §1.
import type { Platform } from '../driver.js';
import { isBySystem } from './autopilot.js';
import type { Engine, EngineParts } from './context.js';
import { copying } from './copying.js';
import { cspModules, cspSchemas } from './csp/index.js';
import type { CspModule } from './csp/module.js';
import { describe } from './describe.js';
import { enroll } from './enroll.js';
import { WindowsLink } from './link.js';
import { WindowsMemory } from './memory.js';
import { passcodeManners } from './passcode.js';
import { readWindowsData } from './saved.js';
import { WindowsServerTrust } from './server-trust.js';
import { windowsShows } from './shown.js';
import { CspEngine } from './tree/engine.js';
import type { CspSchema } from './tree/schema.js';
import { openTree } from './tree/tree.js';
import { buildSchema, type TreeSchema } from './tree/tree-schema.js';

export interface WindowsOptions {
  /** The CSPs of its devices. Default: those of csp/index.ts. */
  readonly schemas?: readonly CspSchema[];
  readonly modules?: readonly CspModule[];
}

/** Windows with these CSPs. Its trees are built once, when the first device needs them. */
export function createWindows({ schemas = cspSchemas, modules = cspModules }: WindowsOptions = {}): Platform {
  let built: TreeSchema | undefined;
  const schema = (): TreeSchema => {
    built ??= buildSchema(schemas);
    return built;
  };
  const edit = (memory: WindowsMemory) => openTree(memory, schema());
  const engineFor = (parts: EngineParts): Engine => new CspEngine({ ...parts, schema: schema(), modules });
  return {
    name: 'windows',
    describe,
    copying,
    passcode: passcodeManners,
    hasSignIn: true,
    enrollPath: () => '/EnrollmentServer/Discovery.svc',
    alreadyEnrolled: {
      message: '0x8018000A MENROLL_E_DEVICE_ALREADY_ENROLLED',
      details: {
        hresult: '0x8018000A',
        hresultName: 'MENROLL_E_DEVICE_ALREADY_ENROLLED',
        shows: windowsShows(0x8018000a),
      },
    },
    startsBySystem: (_, invitation) => isBySystem(invitation),
    create(device, ports) {
      const server = new WindowsServerTrust(device, ports.clock);
      const linkOf = (memory: WindowsMemory) => new WindowsLink(device, ports, memory, engineFor, server);
      return {
        async enroll(invitation, apply, signal, settle) {
          const settled = async (memory: WindowsMemory) => settle?.(linkOf(memory));
          return linkOf(await enroll(invitation, device, ports, { apply, server, edit, settled }, signal));
        },
        resume: (saved) => linkOf(new WindowsMemory(saved.authority, readWindowsData(saved.data), saved)),
      };
    },
  };
}

export const windows: Platform = createWindows();
