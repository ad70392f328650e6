// What devices of a group are, one by one: exact shares of it, whoever the seed hits.
import { type DeviceFacts, type DeviceWish, platforms, seededRandom } from '../../agent/index.js';
import type { DeviceGroup } from '../scenario/model.js';
import { fractionOf, hashOf } from './draw.js';
import { type Cast, chosenFrom } from './selection.js';
import type { Shard } from './shard.js';

/** What each device of a shard is beside what its group says. */
export interface Traits {
  /** Not said by its group: as the platform invents it. */
  supervised(slot: number): boolean | undefined;
  /** How it enrolls; undefined: as a person does. */
  enrolledAs(slot: number): string | undefined;
}

/** Worked out once, for all of a shard's devices. */
export function traitsOf(cast: Cast, groups: readonly DeviceGroup[], seed: string, shard: Shard): Traits {
  const supervised = new Uint8Array(shard.size);
  const ways: string[] = [''];
  const wayOf = new Uint8Array(shard.size);
  for (const group of groups) {
    if (group.supervised !== undefined) {
      for (const index of chosenFrom(cast, seed, 'all', { groups: [group.name] }))
        if (shard.has(index)) supervised[shard.slotOf(index)] = 1;
      for (const index of shareOf(cast, seed, `${group.name} is supervised`, group, group.supervised))
        if (shard.has(index)) supervised[shard.slotOf(index)] = 2;
    }
    for (const [as, share] of sharesOf(group)) {
      ways.push(as);
      // What was taken by an earlier way is overwritten: shares run down from 1, each within the one before.
      for (const index of shareOf(cast, seed, `${group.name} enrolls`, group, share))
        if (shard.has(index)) wayOf[shard.slotOf(index)] = ways.length - 1;
    }
  }
  return {
    supervised: (slot) => (supervised[slot] === 0 ? undefined : supervised[slot] === 2),
    enrolledAs: (slot) => (wayOf[slot] === 0 ? undefined : ways[wayOf[slot] ?? 0]),
  };
}

/** In the order of chance, the first `share` of a group. */
function shareOf(cast: Cast, seed: string, name: string, { name: group, count }: DeviceGroup, share: number): number[] {
  const hash = hashOf(`${seed}/${name}`);
  const all = [...chosenFrom(cast, seed, 'all', { groups: [group] })];
  const drawn = new Map(all.map((index) => [index, fractionOf(hash, index)]));
  const by = (index: number): number => drawn.get(index) ?? 0;
  return all.sort((one, other) => by(one) - by(other) || one - other).slice(0, Math.round(count * share));
}

/** Each way with the share of it and of all ways after it. */
function sharesOf({ enrolled = [] }: DeviceGroup): readonly (readonly [as: string, share: number])[] {
  const all = enrolled.reduce((sum, { weight }) => sum + weight, 0);
  let left = all;
  return enrolled.map(({ as, weight }) => {
    const share = all === 0 ? 0 : left / all;
    left -= weight;
    return [as, share] as const;
  });
}

/** What a device is that no state says yet: a function of seed, index and group. Throws USAGE for a wish that none can meet. */
export function factsOf(
  group: DeviceGroup,
  seed: string,
  identity: number,
  traits: { readonly supervised: boolean | undefined; readonly as: string | undefined },
  native: DeviceFacts['native'] = {},
): DeviceFacts | undefined {
  const platform = platforms.find(({ name }) => name === group.platform);
  if (platform === undefined) return undefined;
  const wish: DeviceWish = {
    ...(group.model === undefined ? {} : { model: group.model }),
    ...(group.os === undefined ? {} : { os: group.os }),
  };
  const facts = platform.describe(seededRandom(seed, identity, ''), wish);
  const { supervised, as } = traits;
  return {
    ...facts,
    ...(supervised === undefined ? {} : { supervised }),
    native: { ...facts.native, ...nativeOf(group, as), ...native },
  };
}

/** What only the platform knows, of how its devices enroll and what they tell. */
function nativeOf({ platform, infoEveryMs, ownership }: DeviceGroup, as: string | undefined): DeviceFacts['native'] {
  if (platform === 'ios') return as === 'automated' ? { AwaitingConfiguration: true } : {};
  if (platform !== 'android') return {};
  const management = as ?? (ownership === 'personal' ? 'work-profile' : undefined);
  return {
    ...(management === undefined ? {} : { Management: management }),
    ...(infoEveryMs === undefined ? {} : { InfoEveryMs: infoEveryMs }),
  };
}
