// The door of the stub authority: one call starts all its servers, one call ends them.
import type { Log } from '../base/log.js';
import { openAuthority } from './authority.js';
import type { CommonAuthority, CommonOptions } from './authority-options.js';
import type { TenantConfig } from './core/types.js';
import { type DeviceRecords, openDeviceRecords as openRecords } from './device-records.js';
import type { HandlesOf, OptionsOf } from './dialect.js';
import * as registry from './registry.js';
import { servedTraits } from './served-traits.js';
import { readTenantFile as readText, type TenantFileOptions } from './tenant-file/read.js';

export type { Counters } from './authority-options.js';
export type { TenantConfig } from './core/types.js';
export type { TenantFileOptions } from './tenant-file/read.js';

/** What may be set; everything has a default. Each platform of the registry has its own options under its name: `ios`. */
export interface AuthorityOptions extends CommonOptions, OptionsOf<typeof registry> {}

/** An authority that serves. Under the name of each platform is what only that platform can do: `authority.ios.setDeclarations`. */
export interface RunningAuthority extends CommonAuthority, HandlesOf<typeof registry> {}

/**
 * Starts the stub authority: HTTPS, push service, admin API. Throws PORT_TAKEN, DATA_CORRUPT, DATA_LOCKED, REQUEST_INVALID;
 * nothing is left running then.
 *
 * @example
 * const authority = await startAuthority({ ios: { keySizeBits: 1024 } });
 * const invitation = { authority: 'mine', url: `${authority.url}/enroll/ios?user=user1@contoso.example` };
 * await authority.close();
 */
export function startAuthority(options: AuthorityOptions = {}): Promise<RunningAuthority> {
  return openAuthority(options, registry);
}

/**
 * A tenant from the text of a tenant file (docs/tenant.md). Throws TENANT_INVALID with all mistakes in `details.problems`.
 *
 * @example
 * const tenant = readTenantFile('version: 1\nauthority: office365\nusers: [{ upn: ann@contoso.example, licences: [SPB] }]');
 * const authority = await startAuthority({ tenant });
 */
export function readTenantFile(text: string, options: TenantFileOptions = {}): TenantConfig {
  return readText(text, { traits: servedTraits(registry), ...options });
}

export type { CopiedCertificate, DeviceRecords, RecordedDevice, RecordedUser } from './device-records.js';

/**
 * The devices in the data folder of a stub that has ended: read as examples, and written as others that were made after them. Throws
 * DATA_LOCKED, DATA_CORRUPT.
 *
 * @example
 * const records = openDeviceRecords('./fleet/authority', silentLog);
 * const example = records.example(device.state.facts.id);
 * await records.close();
 */
export const openDeviceRecords = (folder: string, log: Pick<Log, 'error'>): DeviceRecords =>
  openRecords(folder, registry, log);
