import type { PlatformName } from '../protocol/vocabulary.js';
import { type FleetPlan, readFleetPlan } from './scenario/plan.js';

const devicesEach = 6;

const mainJob = `
  - enroll: {}
  - check-in: { name: receive, expect: [email, vpn, wifi, certificate] }
  - use: { kinds: [email, vpn, wifi] }
  - switch: { to: intune, within: 30s }
  - check-in: { expect: [email, vpn, wifi, certificate] }
  - leave: {}`;
/** Nobody knows what a server of others gives to its devices, or switches it. */
const membership = `
  - enroll: {}
  - check-in: {}
  - leave: {}`;

/**
 * The main job with few devices of each platform: some seconds, every protocol step once; at a server of others what can be done
 * there. Throws SCENARIO_INVALID.
 */
export const smokePlan = (platforms: readonly PlatformName[], at: 'stub' | 'other' = 'stub'): FleetPlan =>
  readFleetPlan(`
name: smoke
devices: { ${platforms.map((name) => `${name}: ${devicesEach}`).join(', ')} }
authority: office365
keys: { pool: 4 }
steps:${at === 'stub' ? mainJob : membership}
`);
