import { operations as onTheWire } from '../../agent/index.js';
import { type PlatformName, platformNames, profileKinds } from '../../protocol/vocabulary.js';

/** What a run measures beside what devices do on the wire. */
export const ownOperations = [
  /** From the authority's wake-up, as the device heard it, to the end of the session that answers it. Real time. */
  'push-to-check-in',
  /** Uses of a profile: how often the gate let it through or refused it. */
  ...profileKinds.map((kind) => `use.${kind}` as const),
  /** How long a device could not use what it needs, between two uses that were let through. The scenario's time. */
  ...profileKinds.map((kind) => `outage.${kind}` as const),
] as const;

/** Every operation that a figure may be of, by platform. */
const operationsOf = (platform: PlatformName): readonly string[] => [...onTheWire[platform], ...ownOperations];

/** Those of all platforms. */
export const operationNames: readonly string[] = [...new Set(platformNames.flatMap(operationsOf))];

/** Its times are durations of the scenario. */
export const isOutage = (operation: string): boolean => operation.startsWith('outage.');
