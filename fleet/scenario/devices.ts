// The groups of a run: of counts or of a mix, and as many as `--devices` says.
import { platforms, seededRandom } from '../../agent/index.js';
import { commandLineError } from '../../base/command-line.js';
import { RollcallError } from '../../base/errors.js';
import type { Path, Report } from '../../base/placed-text.js';
import { type PlatformName, platformNames } from '../../protocol/vocabulary.js';
import type { DeviceGroup } from './model.js';
import { type DeviceWords, type GroupWords, waysToEnroll } from './words/devices.js';
import { mostDevices } from './words/values.js';

/** The groups that a scenario asks for; mistakes are reported below `devices`. */
export function groupsOf(words: DeviceWords, report: Report): DeviceGroup[] {
  const counted = platformNames.flatMap((platform) => {
    const count = words[platform] ?? 0;
    return count > 0 ? [{ name: platform, platform, count }] : [];
  });
  const { mix, total } = words;
  const given = platformNames.filter((platform) => words[platform] !== undefined);
  if (mix === undefined) {
    if (total !== undefined) report(['devices', 'total'], 'says nothing without mix: which devices are they?', 'key');
    else if (counted.length === 0) report(['devices'], 'no device at all');
    return bounded(counted, report);
  }
  for (const platform of given) report(['devices', platform], 'says otherwise than mix: write one of them', 'key');
  return bounded(ofMix(mix, total, report), report);
}

function bounded(groups: DeviceGroup[], report: Report): DeviceGroup[] {
  const total = sumOf(groups.map(({ count }) => count));
  if (total > mostDevices) report(['devices'], `${total} devices are more than ${mostDevices}`);
  return groups;
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);

function ofMix(mix: readonly GroupWords[], total: number | undefined, report: Report): DeviceGroup[] {
  const at = (index: number, ...more: string[]): Path => ['devices', 'mix', index, ...more];
  const fixed = sumOf(mix.map(({ count = 0 }) => count));
  const weights = mix.map(({ weight = 0 }) => weight);
  for (const [index, { weight, count }] of mix.entries()) {
    if (weight === undefined && count === undefined) report(at(index), 'expected weight: or count:');
    if (weight !== undefined && count !== undefined)
      report(at(index, 'count'), 'says otherwise than weight: write one of them', 'key');
  }
  const isWeighed = weights.some((weight) => weight > 0);
  if (isWeighed && total === undefined) report(['devices'], 'expected total: weights are parts of it');
  if (total !== undefined && total < fixed)
    report(['devices', 'total'], `is less than the ${fixed} that the mix counts`);
  else if (total !== undefined && !isWeighed && total !== fixed)
    report(['devices', 'total'], `the mix counts ${fixed}`);
  const parts = shared(Math.max(0, (total ?? fixed) - fixed), weights);
  const names = namesOf(mix, report);
  const groups = mix.map((words, index) => {
    const count = words.count ?? parts[index] ?? 0;
    checkGroup(words, at(index), report);
    return groupOf(words, names[index] ?? words.platform, count);
  });
  if (sumOf(groups.map(({ count }) => count)) === 0) report(['devices'], 'no device at all');
  return groups;
}

/** A total in parts of these weights: each rounded down, the remainder to the first that has one. */
export function shared(total: number, weights: readonly number[]): number[] {
  const all = sumOf(weights);
  const parts = weights.map((weight) => (all === 0 ? 0 : Math.floor((total * weight) / all + 1e-9)));
  const first = weights.findIndex((weight) => weight > 0);
  return parts.map((part, index) => (index === first ? part + total - sumOf(parts) : part));
}

function namesOf(mix: readonly GroupWords[], report: Report): string[] {
  const used = new Set<string>(mix.flatMap(({ name }) => name ?? []));
  const seen = new Set<string>();
  return mix.map(({ name, platform }, index) => {
    if (name !== undefined) {
      if (seen.has(name)) report(['devices', 'mix', index, 'name'], `"${name}" is the name of another group`);
      seen.add(name);
      return name;
    }
    for (let nth = 1; ; nth++) {
      const made = nth === 1 ? platform : `${platform} ${nth}`;
      if (used.has(made)) continue;
      used.add(made);
      return made;
    }
  });
}

function checkGroup(words: GroupWords, at: Path, report: Report): void {
  const { platform, supervised, infoEvery, ownership, enrolled, os, model } = words;
  const only = (key: string, of: PlatformName, value: unknown): void => {
    if (value !== undefined && platform !== of) report([...at, key], `is of ${of} devices alone`, 'key');
  };
  only('supervised', 'ios', supervised);
  only('infoEvery', 'android', infoEvery);
  only('ownership', 'android', ownership);
  const ways: readonly string[] = waysToEnroll[platform];
  for (const [index, as] of (typeof enrolled === 'string'
    ? [enrolled]
    : (enrolled ?? []).map(({ as }) => as)
  ).entries()) {
    if (ways.includes(as)) continue;
    const path = typeof enrolled === 'string' ? [...at, 'enrolled'] : [...at, 'enrolled', index, 'as'];
    report(path, `${platform} devices enroll as ${ways.join(', ')}`);
  }
  try {
    const wish = { ...(os === undefined ? {} : { os }), ...(model === undefined ? {} : { model }) };
    platforms.find(({ name }) => name === platform)?.describe(seededRandom('', 0, ''), wish);
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    const key = model !== undefined && (os === undefined || /model/i.test(error.message)) ? 'model' : 'os';
    report([...at, key], error.message);
  }
}

function groupOf(words: GroupWords, name: string, count: number): DeviceGroup {
  const { platform, os, model, ownership, supervised, enrolled, infoEvery } = words;
  const ways = typeof enrolled === 'string' ? [{ as: enrolled, weight: 1 }] : enrolled;
  return {
    name,
    platform,
    count,
    ...(os === undefined ? {} : { os }),
    ...(model === undefined ? {} : { model }),
    ...(ownership === undefined ? {} : { ownership }),
    ...(supervised === undefined ? {} : { supervised }),
    ...(ways === undefined ? {} : { enrolled: ways }),
    ...(infoEvery === undefined ? {} : { infoEveryMs: infoEvery }),
  };
}

/**
 * The groups with other counts: `ios:300,windows:100` in place of all, or `500` in all. Each platform's number is divided among its
 * groups as the scenario divides it. Throws USAGE.
 */
export function withDevices(groups: readonly DeviceGroup[], text: string): DeviceGroup[] {
  const wrong = (why: string): Error =>
    commandLineError('USAGE', `--devices ${why}`, {
      hint: 'Write totals of the whole run, such as ios:300,windows:200, or 500.',
    });
  if (/^\d{1,7}$/.test(text.trim())) return resized(groups, total(Number(text), wrong));
  const counts = new Map<PlatformName, number>();
  for (const part of text.split(',')) {
    const [, word, digits] = /^\s*([a-z]+)\s*:\s*(\d{1,7})\s*$/.exec(part) ?? [];
    const platform = platformNames.find((each) => each === word);
    if (platform === undefined) throw wrong(`"${part}" is not PLATFORM:COUNT, such as ios:300`);
    counts.set(platform, (counts.get(platform) ?? 0) + Number(digits));
  }
  total(sumOf([...counts.values()]), wrong);
  return [...counts]
    .flatMap(([platform, count]) => {
      const own = groups.filter((group) => group.platform === platform);
      return resized(own.length > 0 ? own : [{ name: platform, platform, count: 1 }], count);
    })
    .filter(({ count }) => count > 0);
}

function total(count: number, wrong: (why: string) => Error): number {
  if (count === 0) throw wrong('is no device at all');
  if (count > mostDevices) throw wrong(`is more than ${mostDevices} devices`);
  return count;
}

function resized(groups: readonly DeviceGroup[], count: number): DeviceGroup[] {
  const parts = shared(
    count,
    groups.map((group) => group.count || 1),
  );
  return groups.map((group, index) => ({ ...group, count: parts[index] ?? 0 }));
}
