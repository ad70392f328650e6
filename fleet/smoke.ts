import { type FleetPlan, readFleetPlan } from './scenario/plan.js';

/** The main job with few devices: some seconds, every protocol step once. */
export const smokePlan = (): FleetPlan =>
  readFleetPlan(`
name: smoke
devices: { ios: 6 }
authority: office365
keys: { pool: 4 }
steps:
  - enroll: {}
  - check-in: { name: receive, expect: [email, vpn, wifi, certificate] }
  - use: { kinds: [email, vpn, wifi] }
  - switch: { to: intune, within: 30s }
  - check-in: { expect: [email, vpn, wifi, certificate] }
  - leave: {}
thresholds: [enroll.failures == 0, receive.failures == 0, use.failures == 0, switch.failures == 0, check-in.failures == 0, leave.failures == 0]
`);
