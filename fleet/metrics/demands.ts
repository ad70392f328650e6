import type { FleetPlan, Step, StepKindName } from '../scenario/model.js';
import { isMistake, type Names, readThreshold, type Threshold } from './grammar.js';
import { windowName } from './key.js';
import type { AskedWindow } from './recorder.js';

/** Steps in which no device does anything of which it could fail. */
const idle: readonly StepKindName[] = ['wait', 'clock', 'coexistence'];

/** What thresholds of a plan may name. */
export const namesOf = ({ phases, groups }: Pick<FleetPlan, 'phases' | 'groups'>): Names => ({
  steps: phases.flatMap(({ steps }) => steps),
  platforms: [...new Set(groups.filter(({ count }) => count > 0).map(({ platform }) => platform))],
});

/**
 * The thresholds as they were written, and no failures in every step whose failures none of them bounds: a failed device never goes
 * unnoticed. `texts` are right (readThreshold).
 */
export function withImplied(texts: readonly string[], steps: readonly Pick<Step, 'name' | 'kind'>[]): string[] {
  const read = texts.map((text) => readThreshold(text, { steps }));
  const isBounded = (name: string) =>
    read.some(
      (threshold) =>
        !isMistake(threshold) &&
        'counter' in threshold.measure &&
        threshold.measure.counter === 'failures' &&
        Object.values(threshold.of).length === (threshold.of.step === undefined ? 0 : 1) &&
        (threshold.of.step ?? name) === name &&
        windowName(threshold.window) === '',
    );
  const implied = steps.filter(({ name, kind }) => !idle.includes(kind) && !isBounded(name));
  return [...texts, ...implied.map(({ name }) => `${name}.failures == 0`)];
}

/** The thresholds of a plan, or its `abortOn`. A text that is none (of a log of another version) is left out. */
export function thresholdsOf(
  plan: Pick<FleetPlan, 'phases' | 'groups' | 'thresholds' | 'abortOn'>,
  which: 'thresholds' | 'abortOn',
): Threshold[] {
  const steps = plan.phases.flatMap((phase) => phase.steps);
  return plan[which]
    .map((text) => readThreshold(text, { steps }))
    .filter((read): read is Threshold => !isMistake(read));
}

/** The parts of the time that a recorder has to keep apart for a plan's thresholds. */
export function windowsOf(
  plan: Pick<FleetPlan, 'phases' | 'groups' | 'thresholds' | 'abortOn'>,
): readonly AskedWindow[] {
  return [...thresholdsOf(plan, 'thresholds'), ...thresholdsOf(plan, 'abortOn')]
    .filter(({ window }) => windowName(window) !== '')
    .map(({ of, window }) => ({ name: of.step ?? of.operation ?? '', ...window }));
}
