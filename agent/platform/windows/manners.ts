// What depends on the build of Windows in its enrollment (specs/windows.md §0, §1.1, §1.4).
import type { DeviceFacts } from '../../model/state.js';
import { type CsrForm, csrForms } from './saved.js';

/** Windows 11 begins here. */
const firstOfWindows11 = 22000;

/** How a build enrolls. `win10` is as the captures of 19043 show it, `win11` as 22598 and later. */
export interface Manners {
  readonly name: 'win10' | 'win11';
  /** RequestVersion of Discover. */
  readonly discoverVersion: string;
  /** The RequestVersion item of the RequestSecurityToken, and what comes after it. */
  readonly saysRequestVersion: boolean;
  /** Manufacturer, DeviceModel and SerialNumber in the RequestSecurityToken. */
  readonly saysHardware: boolean;
  /** TPMManufacturer and TPMFirmwareVersion in GetPolicies. */
  readonly saysTpm: boolean;
  readonly csrForm: CsrForm;
  /** Where the policy names no hash. */
  readonly digest: 'sha1' | 'sha256';
}

/** The build number, such as 26100; of one that cannot be read the newest's manners are taken. */
export function buildOf({ osBuild, osVersion }: DeviceFacts): number {
  const text = /^(?:10\.0\.)?(\d{5})(?:\.|$)/.exec(osBuild)?.[1] ?? /^10\.0\.(\d{5})/.exec(osVersion)?.[1];
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
}

/**
 * Updates with which builds began to tell who made them, by Microsoft's table of Windows corporate identifiers (KB5039299, KB5035942); no
 * capture has been seen of them. Newer builds all do, older ones do not.
 */
const firstToSayHardware: ReadonlyMap<number, number> = new Map([
  [19045, 4598],
  [22621, 3374],
  [22631, 3374],
]);

function saysHardware(facts: DeviceFacts): boolean {
  const build = buildOf(facts);
  const first = firstToSayHardware.get(build);
  if (first === undefined) return build > 22631;
  const revision =
    /^(?:10\.0\.)?\d{5}\.(\d+)/.exec(facts.osBuild)?.[1] ?? /^10\.0\.\d{5}\.(\d+)/.exec(facts.osVersion)?.[1];
  return revision === undefined || Number(revision) >= first;
}

/** `native.CsrForm` of the facts wins over what the build would ask. */
export function mannersOf(facts: DeviceFacts): Manners {
  const isOld = buildOf(facts) < firstOfWindows11;
  const wished = csrForms.find((form) => form === facts.native['CsrForm']);
  return isOld
    ? {
        name: 'win10',
        discoverVersion: '4.0',
        saysRequestVersion: false,
        saysHardware: saysHardware(facts),
        saysTpm: false,
        csrForm: wished ?? 'win10',
        digest: wished === undefined || wished === 'win10' ? 'sha1' : 'sha256',
      }
    : {
        name: 'win11',
        discoverVersion: '5.0',
        saysRequestVersion: true,
        saysHardware: saysHardware(facts),
        saysTpm: true,
        csrForm: wished ?? 'win11',
        digest: wished === 'win10' ? 'sha1' : 'sha256',
      };
}
