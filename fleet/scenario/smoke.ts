// The main job with few devices of each platform, as a plan.
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { FleetPlan, Omitted } from './model.js';
import { readScenario } from './read.js';

const devicesEach = 6;

/** Where it runs: at a stub of this run's own, at one that is running, at a server of others. */
export type SmokePlace = 'embedded' | 'stub' | 'other';

const begin = `
  - enroll: {}
  - check-in: { name: receive, expect: [email, vpn, wifi, certificate], managed-by: office365 }
  - use: { kinds: [email, vpn, wifi] }
  - switch: { to: intune, within: 30s }
  - check-in: { name: A6 and A8, expect: [email, vpn, wifi, certificate], managed-by: intune, stale: 1 }`;
const grace = `
  - switch: { name: switch while away, to: office365, offline: 100% }
  - clock: { name: 6 days 23 hours, advance: 167h }
  - use: { name: A9 within 7 days, kinds: [email, vpn, wifi], of: intune }
  - clock: { name: 2 hours more, advance: 2h }
  - use: { name: A9 after 7 days, kinds: [email, vpn, wifi], of: intune, refused: true }
  - check-in: { name: back, expect: [email, vpn, wifi, certificate], managed-by: office365 }`;
const leave = `
  - leave: {}`;
/** Nobody knows what a server of others gives to its devices, or switches it. */
const membership = `
  - enroll: {}
  - check-in: {}
  - leave: {}`;

const phases: Readonly<Record<SmokePlace, string>> = {
  embedded: begin + grace + leave,
  stub: begin + leave,
  other: membership,
};

const omitted: Readonly<Record<SmokePlace, readonly Omitted[]>> = {
  embedded: [],
  stub: [{ name: 'A9', why: 'seven days pass on the clock of an embedded stub alone: leave --server out' }],
  other: [
    { name: 'A6 and A8', why: 'an MDM server of others is not switched' },
    { name: 'A9', why: 'an MDM server of others is not switched' },
  ],
};

/**
 * Some seconds, every protocol step once, and what a switch of the authority does to each device (A6, A8, A9 of the rules); at a
 * server of others what can be done there.
 */
export const smokeScenario = (platforms: readonly PlatformName[], at: SmokePlace = 'embedded'): string => `name: smoke
version: 1
authority: office365
devices: { ${platforms.map((name) => `${name}: ${devicesEach}`).join(', ')}, keys: { pool: 4 } }
phases:${phases[at]}
`;

/** `smokeScenario` as a plan, with what is left out there. */
export const smokePlan = (platforms: readonly PlatformName[], at: SmokePlace = 'embedded'): FleetPlan => ({
  ...readScenario(smokeScenario(platforms, at), { file: 'smoke' }),
  omitted: omitted[at],
});
