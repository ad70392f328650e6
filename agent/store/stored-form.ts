// A device as it is kept: what is written fits its description, and what any version of this program wrote is read.
import { z } from 'zod';
import { type Upgrades, upgraded } from '../../base/upgrades.js';
import { stored } from '../../protocol/vocabulary/derive.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import { agentError } from '../errors.js';
import { isJudgedProfile } from '../model/judged.js';
import {
  apps,
  condition,
  type DeviceState,
  deviceFacts,
  deviceState,
  type Holding,
  holding,
  maxHoldings,
} from '../model/state.js';

const presentVersion: DeviceState['version'] = 1;

/** There is one version so far. */
const upgrades: Upgrades = {};

const form = stored(deviceState);
const rest = deviceState.omit({ facts: true, condition: true, holdings: true, apps: true });
const besideProfile = holding.omit({ profile: true });
const list = z.array(z.unknown()).max(maxHoldings);

/** Parts that this process has found to fit, or has read itself: states share what did not change between them. */
const known = new WeakSet<object>();

/**
 * Throws STATE_INVALID where the state does not fit its description: it would be written and could not be read. What has not
 * changed since it was last written or read costs nothing.
 */
export function assertFits(state: DeviceState): void {
  const { facts, condition: conditionNow, holdings, apps: appsNow, ...others } = state;
  check(deviceFacts, facts, 'facts');
  check(condition, conditionNow, 'condition');
  check(apps, appsNow, 'apps');
  if (!known.has(holdings)) {
    refuse(misfit(list, holdings)?.replace(/^/, 'holdings: '));
    for (const [index, each] of holdings.entries()) checkHolding(each, `holdings.${index}`);
    known.add(holdings);
  }
  refuse(misfit(rest, others));
}

/** A profile that was checked when it came is not checked again, only what stands beside it. */
function checkHolding(each: Holding, path: string): void {
  if (known.has(each)) return;
  if (!isJudgedProfile(each.profile)) {
    check(holding, each, path);
    return;
  }
  const { profile: _judged, ...others } = each;
  check(besideProfile, others, path);
  known.add(each);
}

function check(description: z.ZodType, part: object, path: string): void {
  if (known.has(part)) return;
  const why = misfit(description, part);
  refuse(why === undefined ? undefined : `${path}.${why}`);
  known.add(part);
}

function refuse(why: string | undefined): void {
  if (why !== undefined) throw agentError('STATE_INVALID', `a device of this state cannot be stored: ${why}`);
}

/** The state was made by `assertFits`, or comes from bytes that were: its parts need not be looked at again. */
export function trust(state: DeviceState): DeviceState {
  for (const part of [state.facts, state.condition, state.holdings, state.apps]) known.add(part);
  for (const each of state.holdings) known.add(each); // what was taken once stays when others come beside it
  return state;
}

/** Reads what was stored, in whichever version. Throws an Error that names the field, or the version. */
export function readState(value: unknown): DeviceState {
  const version =
    typeof value === 'object' && value !== null && 'version' in value ? Number(value.version) : Number.NaN;
  const { data, error } = form.safeParse(upgraded(value, version, presentVersion, upgrades));
  if (data !== undefined) return trust(data);
  const [issue] = error.issues;
  throw new TypeError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a device'}`);
}
