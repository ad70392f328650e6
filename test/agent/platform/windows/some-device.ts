// A Windows device as tests of modules see it: facts that are always the same, a memory of an enrollment, no network.
import { seededRandom } from '../../../../agent/io/random.js';
import { newDevice } from '../../../../agent/model/apply-command.js';
import type { Happening } from '../../../../agent/model/happening.js';
import type { Leniency } from '../../../../agent/model/leniency.js';
import type { Condition, DeviceFacts, DeviceState } from '../../../../agent/model/state.js';
import type { DeviceView } from '../../../../agent/platform/driver.js';
import { describe as invent } from '../../../../agent/platform/windows/describe.js';
import { WindowsMemory } from '../../../../agent/platform/windows/memory.js';
import type { WindowsData } from '../../../../agent/platform/windows/saved.js';

export const someFacts: DeviceFacts = invent(seededRandom('windows', 0), {
  model: 'Latitude 5440',
  os: '10.0.22631.4317',
  serial: '8WXQK13',
  id: '1E08C6E95D8BB843B1278FF45BC60CC6',
});

export interface SomeDevice {
  readonly facts?: Partial<DeviceFacts>;
  readonly condition?: Partial<Condition>;
  readonly lenient?: readonly Leniency[];
  /** Hears what the device tells. */
  readonly told?: Happening[];
}

export function someState({ facts = {}, condition = {} }: SomeDevice = {}): DeviceState {
  const state = newDevice({ ...someFacts, ...facts }, 80);
  return { ...state, lifecycle: 'enrolled', condition: { ...state.condition, ...condition } };
}

export const viewOf = (device: SomeDevice = {}, state = someState(device)): DeviceView => ({
  state,
  lenient: new Set(device.lenient),
  tell: (happening) => device.told?.push(happening),
});

/** An enrollment with the provider `Rollcall`, made on 2026-11-26. */
export function someMemory(patch: Partial<WindowsData> = {}): WindowsMemory {
  return new WindowsMemory('test', {
    deviceId: someFacts.id,
    account: {
      providerId: 'Rollcall',
      name: 'Rollcall',
      address: 'https://mdm.example.test/ManagementServer/MDM.svc',
      appSrv: { type: 'DIGEST', name: 'dummy', secret: 'device-secret', nonce: 'nonce' },
      client: { type: 'DIGEST', name: 'Rollcall', secret: 'server-secret', nonce: 'nonce' },
      connRetryFreq: 3,
      initialBackOffMs: 16_000,
      maxBackOffMs: 86_400_000,
    },
    enrollment: {
      type: 'Full',
      upn: 'user1@contoso.example',
      serviceUrl: 'https://mdm.example.test/EnrollmentServer/Enrollment.svc',
      requestVersion: '5.0',
      keyBits: 2048,
      digest: 'sha256',
      csrForm: 'win11',
      enrolledAt: Date.UTC(2026, 10, 26),
    },
    identity: { certificate: new Uint8Array([0x30, 0]), key: { pkcs8: '' } },
    sessions: { next: 1, vector: 'AAAAAAAAAAAAAAAA', count: 0 },
    pollSince: Date.UTC(2026, 10, 26),
    tree: {},
    certificates: {},
    contactAt: Date.UTC(2026, 10, 26),
    ...patch,
  });
}
