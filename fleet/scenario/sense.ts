// Scenarios that cannot be: what is right word by word and contradicts itself.
import type { Report } from '../../base/placed-text.js';
import type { Authority } from '../../protocol/vocabulary.js';
import type { DeviceGroup, FleetPlan, Step } from './model.js';
import type { PlacedStep } from './phases.js';

const needsNobody: readonly Step['kind'][] = ['enroll', 'clock', 'wait', 'coexistence'];

/** True for a plan that enrolls nobody: it is for a fleet that is enrolled already. */
export const needsEnrolledFleet = ({ phases }: Pick<FleetPlan, 'phases'>): boolean =>
  !phases.some(({ steps }) => steps.some(({ kind }) => kind === 'enroll'));

/** `authority`: where the scenario says it. Steps in the order in which they begin. */
export function checkSense(
  placed: readonly PlacedStep[],
  groups: readonly DeviceGroup[],
  authority: Authority | undefined,
  report: Report,
): void {
  checkMembership(placed, groups, report);
  let present = authority;
  let coexists = false;
  for (const { step, path } of placed) {
    if (step.kind === 'switch') {
      if (step.to === present) report([...path, 'to'], `the authority is ${present} already`);
      if (coexists) report(path, 'after coexistence there is no other authority to switch to (C9)');
      present = step.to;
    }
    if (step.kind === 'coexistence' && coexists) report(path, 'coexistence is on already');
    if (step.kind === 'coexistence') coexists = true;
    if (step.kind === 'renew' && step.of?.platforms?.every((each) => each === 'android') === true)
      report([...path, 'platforms'], 'Android devices have no identity certificate');
  }
}

/** Nobody can check in who has not enrolled, or has left. */
function checkMembership(placed: readonly PlacedStep[], groups: readonly DeviceGroup[], report: Report): void {
  if (!placed.some(({ step }) => step.kind === 'enroll')) return;
  const enrolled = new Set<string>();
  const left = new Set<string>();
  for (const { step, path } of placed) {
    const { of } = step;
    const meant = groups
      .filter(
        ({ name, platform }) => of?.platforms?.includes(platform) !== false && of?.groups?.includes(name) !== false,
      )
      .map(({ name }) => name);
    if (step.kind === 'enroll') for (const name of meant) enrolled.add(name);
    if (needsNobody.includes(step.kind) || meant.length === 0) continue;
    if (!meant.some((name) => enrolled.has(name)))
      report(
        path,
        meant.every((name) => left.has(name))
          ? 'all devices have left by then'
          : 'no device is enrolled yet: enroll comes first',
      );
    if ((step.kind === 'leave' || step.kind === 'retire') && of?.share === undefined)
      for (const name of meant) {
        enrolled.delete(name);
        left.add(name);
      }
  }
}
