// What a device's sync/info, its devicereset confirmations and the companion's log lines say of the commands that went out
// (specs/android.md §1.4, §1.7).
import { readCompanionLine } from '../../protocol/headwind/companion.js';
import type { DeviceInfo, LogItem } from '../../protocol/headwind/types.js';
import type { Outcome } from '../../protocol/vocabulary.js';
import { factsOf, securityOf } from './facts.js';
import type { Acknowledgement, Answered, Awaited, AwaitedItem, RenderMemory } from './render/rendered.js';

/** Outcomes to report, in order, and what is to be kept. */
export interface Judged {
  readonly answers: readonly Answered[];
  /** What is awaited still; undefined: nothing. */
  readonly awaited: Awaited | undefined;
  readonly memory: RenderMemory;
}

/**
 * The first info after a document: what was *fetched* is *applied*. Files are there with the `lastUpdate` that was sent, or gone;
 * managed configurations and certificates have no word on the wire and are applied with it, unless the companion's log has said
 * otherwise before. What devicereset confirms is awaited further. `memory`: what `renderDocument` gave.
 */
export function judgeInfo(info: DeviceInfo, awaited: Awaited | undefined, memory: RenderMemory): Judged {
  const answers: Answered[] = [];
  const kept: AwaitedItem[] = [];
  for (const item of awaited?.items ?? []) {
    if (item.by !== 'info') {
      kept.push(item);
      continue;
    }
    const outcome = outcomeOf(item, info);
    answers.push(...item.commandIds.map((commandId) => ({ commandId, outcome })));
  }
  const stamps = settled(memory.stamps, info);
  return { answers, awaited: rest(awaited, kept), memory: stamps === undefined ? memory : { ...memory, stamps } };
}

function outcomeOf({ files, wants, carriers, deviceName }: AwaitedItem, info: DeviceInfo): Outcome {
  if (deviceName !== undefined) return { status: 'done', data: { deviceName } };
  if (wants === 'facts') return { status: 'done', data: { ...factsOf(info), ...securityOf(info) } };
  if (wants === 'location') {
    const { location } = info;
    if (location === undefined) return failed('the device does not say where it is', 'NO_LOCATION');
    return { status: 'done', data: { latitude: location.lat, longitude: location.lon, at: location.ts } };
  }
  const listed = new Map((info.files ?? []).map((file) => [file.path, file]));
  for (const { path, lastUpdate, remove } of files) {
    const found = listed.get(path);
    if (remove) {
      if (found !== undefined && found.remove !== true) return failed(`the device lists ${path} still`, 'FILE_LISTED');
    } else if (found === undefined || found.remove === true) {
      return failed(`the device does not list ${path}`, 'FILE_MISSING');
    } else if (found.lastUpdate !== undefined && found.lastUpdate < lastUpdate) {
      return failed(`the device lists ${path} as it was before`, 'FILE_OLD');
    }
  }
  const apps = appsOf(carriers, info);
  return apps === undefined ? { status: 'done' } : { status: 'done', data: { apps } };
}

const failed = (reason: string, code: string) => ({ status: 'failed', reason, code }) as const;

const packages: Readonly<Record<string, string>> = {
  gmail: 'com.google.android.gm',
  outlook: 'com.microsoft.office.outlook',
};

/** Whether the apps that carry the setting are there: restrictions are kept for an app that comes later, too. */
function appsOf(carriers: readonly string[], { applications }: DeviceInfo): Record<string, string> | undefined {
  if (applications === undefined) return undefined;
  const pkgs = carriers.flatMap((carrier) => packages[carrier] ?? /^vpn:([\w.]+)/.exec(carrier)?.slice(1) ?? []);
  if (pkgs.length === 0) return undefined;
  return Object.fromEntries(
    pkgs.map((pkg) => [pkg, applications.find((app) => app.pkg === pkg)?.version ?? 'not installed']),
  );
}

/** Stamps without those whose withdrawal the device has seen: it fetched the document in which they were withdrawn. */
function settled(stamps: RenderMemory['stamps'], { files = [] }: DeviceInfo): RenderMemory['stamps'] {
  if (stamps === undefined) return undefined;
  const listed = new Set(files.filter(({ remove }) => remove !== true).map(({ path }) => `file ${path}`));
  const rest = Object.entries(stamps).filter(([key, { isWithdrawn }]) => isWithdrawn !== true || listed.has(key));
  return rest.length === Object.keys(stamps).length ? stamps : Object.fromEntries(rest);
}

const without = <T>(record: Readonly<Record<string, T>> | undefined, name: string | undefined) =>
  record && Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

const rest = (awaited: Awaited | undefined, items: readonly AwaitedItem[]): Awaited | undefined =>
  awaited === undefined || items.length === 0 ? undefined : { ...awaited, items };

/**
 * A confirmation of devicereset, whose body is an info. A launcher that is no administrator confirms all the same, and does nothing
 * then: it says so of a reset alone (`factoryReset` false). Of the others the rights that it tells say it, which a server of the
 * protocol does not look at (convention): only the owner of the device may restart it.
 */
export function judgeConfirmation(
  what: Exclude<Acknowledgement, 'info'>,
  info: DeviceInfo,
  awaited: Awaited | undefined,
): Omit<Judged, 'memory'> {
  const outcome = mayDo(what, info)
    ? ({ status: 'done' } as const)
    : ({ ...failed(`the launcher has no right to ${rightTo[what]}`, 'NO_RIGHT'), isUnsupported: true } as const);
  const items = awaited?.items ?? [];
  const confirmed = items.filter(({ by }) => by === what);
  return {
    answers: confirmed.flatMap(({ commandIds }) => commandIds.map((commandId) => ({ commandId, outcome }))),
    awaited: rest(
      awaited,
      items.filter(({ by }) => by !== what),
    ),
  };
}

const rightTo = { reset: 'reset the device', reboot: 'restart the device', password: 'change the password' } as const;

function mayDo(what: keyof typeof rightTo, { factoryReset, permissions, mdmMode }: DeviceInfo): boolean {
  if (what === 'reset') return factoryReset !== false;
  if (what === 'reboot') return mdmMode !== false;
  return permissions?.[0] !== 0;
}

interface JudgedLog extends Judged {
  /** Settings that were applied as far as was known, and that failed after that. */
  readonly failedLater: readonly { readonly name: string; readonly reason: string }[];
  /** Settings whose failure is made good. */
  readonly healed: readonly string[];
  /** A certificate was renewed, and the device holds the new one. */
  readonly isRenewed: boolean;
}

/** Lines of the companion app in a device's log (by convention), in their order. `names`: those of the device's settings. */
export function judgeLog(
  lines: readonly LogItem[],
  awaited: Awaited | undefined,
  memory: RenderMemory,
  names: readonly string[],
): JudgedLog {
  const answers: Answered[] = [];
  const later = new Map<string, string>();
  const healed = new Set<string>();
  let isRenewed = false;
  let items = awaited?.items ?? [];
  let { orders } = memory;
  for (const { message } of lines) {
    const line = readCompanionLine(message, [...names, ...items.flatMap(({ name }) => name ?? [])]);
    if (line === undefined) continue;
    const { name, status, reason = '' } = line;
    if (status === 'renewed') {
      isRenewed = true;
      continue;
    }
    const about = items.filter((item) => item.name === name && item.by === 'info');
    if (status === 'installed') {
      later.delete(name);
      if (about.length === 0) healed.add(name); // what is awaited is applied with the info
      continue;
    }
    healed.delete(name);
    orders = without(orders, name);
    if (about.length === 0) later.set(name, reason);
    const outcome = failed(reason, 'HEADWIND_FAILED');
    answers.push(...about.flatMap(({ commandIds }) => commandIds.map((commandId) => ({ commandId, outcome }))));
    items = items.filter((item) => !about.includes(item));
  }
  return {
    answers,
    awaited: rest(awaited, items),
    memory: { ...memory, ...(orders && { orders }) },
    failedLater: [...later].map(([name, reason]) => ({ name, reason })),
    healed: [...healed],
    isRenewed,
  };
}
