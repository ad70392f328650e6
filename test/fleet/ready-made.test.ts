import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../base/log.js';
import { leadRun } from '../../fleet/coordinator/lead.js';
import { countOf } from '../../fleet/load/figures.js';
import { withDevices } from '../../fleet/scenario/devices.js';
import type { FleetPlan, Phase, Step } from '../../fleet/scenario/model.js';
import { readScenarioAt } from '../../fleet/scenario/read.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { readTenantFile, type TenantConfig } from '../../server-stub/index.js';
import { deviceKeys } from '../support/keys.js';
import { openTarget } from './stub.js';

const folder = new URL('../../scenarios/', import.meta.url);
/** But for what a fleet does that is enrolled already (test/cli/readme.test.ts runs it after the other line of the two). */
const ready = readdirSync(folder).filter((name) => !name.startsWith('tenant') && name !== 'checkins.yaml');

const each = 1;
/** Real milliseconds that a day of any length takes here. */
const dayMs = 2_000;

/** One device of each platform, nobody waits for a moment of real time, and days are over soon. */
function small(name: string): FleetPlan {
  const plan = readScenarioAt(fileURLToPath(new URL(name, folder)));
  return {
    ...plan,
    groups: withDevices(plan.groups, `ios:${each},windows:${each},android:${each}`),
    keys: { pool: 2 },
    phases: plan.phases.map(quick),
  };
}

function quick(phase: Phase): Phase {
  const ends = phase.steps.map(
    (step) => step.atMs + ('pace' in step && 'forMs' in step.pace ? (step.pace.forMs ?? 0) : 0),
  );
  const lastsMs = phase.forMs ?? Math.max(...ends);
  if (lastsMs > 0) return { ...phase, scale: Math.max(phase.scale, lastsMs / dayMs) };
  return { ...phase, steps: phase.steps.map(atOnce) };
}

const atOnce = (step: Step): Step =>
  'pace' in step && step.pace.kind === 'open'
    ? { ...step, pace: { kind: 'open', arrivals: { shape: 'burst' } } as const }
    : step;

/** What ends by the tenant's clock is not what is looked at: a day of two seconds would have all of it end at once. */
function tenantOf({ tenant, authority }: FleetPlan): TenantConfig {
  const config =
    tenant === undefined ? defaultTenant({ authority, users: 3 * each }) : readTenantFile(readFileSync(tenant, 'utf8'));
  return { ...config, settings: { ...config.settings, enrollmentMs: 30 * 86_400_000 } };
}

/** Steps whose devices are as many as the plan says, whatever this machine does meanwhile: all that are no part of a day. */
const isInDay = ({ scale }: Phase): boolean => scale !== 1;

describe('a ready-made scenario', () => {
  it.each(ready)('%s goes through, small and quick', async (name) => {
    const plan = small(name);
    const { target } = await openTarget(0, tenantOf(plan));
    const summary = await leadRun({
      plan,
      openTarget: async () => target,
      signal: new AbortController().signal,
      log: silentLog,
      keysFolder: deviceKeys(2).folder,
    });
    const failed = summary.steps.flatMap(({ name, errors }) =>
      errors.map(({ code, words }) => `${name}: ${code} ${words}`),
    );
    expect(summary.problem, failed.join('\n')).toBeUndefined();
    expect(failed.join('\n')).not.toMatch(/BUG/);
    const alone = plan.phases.filter((phase) => !isInDay(phase)).flatMap(({ steps }) => steps);
    const planned = new Map(alone.map(({ name, of }) => [name, countOf(plan, of)]));
    // Of a day in two seconds some come too late on a busy machine; what begins afterwards is for those who got through.
    const days = plan.phases.findIndex(isInDay);
    for (const step of summary.steps) {
      const count = planned.get(step.name);
      if (count === undefined) continue;
      expect((step.counts['passed'] ?? 0) + (step.counts['skipped'] ?? 0), `${step.name}\n${failed.join('\n')}`).toBe(
        count,
      );
    }
    if (days === -1 || name === 'start.yaml') expect(summary.outcome, failed.join('\n')).toBe('passed');
  });
});
