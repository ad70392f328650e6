// Of a tenant that is replaced: who may enroll. Nobody who is enrolled is concerned, so that it may change at any time.
import { isDeepStrictEqual } from 'node:util';
import type { ConsentAct } from './admission-types.js';
import { markRemoved } from './autopilot-removed.js';
import { assertFits } from './descriptions.js';
import { type Difference, difference } from './difference.js';
import type { CompleteConfig } from './seed-admission.js';
import { enrollmentSettings } from './settings.js';
import type { TenantState } from './state.js';
import type { TenantConfig, TenantSettings } from './types.js';

/** The others, which may be changed while no device is enrolled. */
export function otherSettings(settings: TenantSettings): Partial<TenantSettings> {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => !enrollmentSettings.some((each) => each === key)),
  );
}

const tables = {
  restrictions: 'restriction',
  corporateDevices: 'corporate',
  bulkTokens: 'bulkToken',
  autopilotProfiles: 'autopilotProfile',
  autopilot: 'autopilot',
} as const;
type Part = keyof typeof tables;

export interface AdmissionReplacement {
  readonly lists: { readonly [P in Part]: Difference<NonNullable<CompleteConfig[P]>[number]> };
  /** Settings that only an enrollment asks for. */
  readonly settings: boolean;
  readonly consents: boolean;
  readonly bms: boolean;
}

export function admissionReplacementOf(now: CompleteConfig, next: CompleteConfig): AdmissionReplacement {
  return {
    lists: {
      restrictions: difference(now.restrictions ?? [], next.restrictions ?? []),
      corporateDevices: difference(now.corporateDevices, next.corporateDevices),
      bulkTokens: difference(now.bulkTokens, next.bulkTokens),
      autopilotProfiles: difference(now.autopilotProfiles ?? [], next.autopilotProfiles ?? []),
      autopilot: difference(now.autopilot, next.autopilot),
    },
    settings: enrollmentSettings.some((key) => !isDeepStrictEqual(now.settings[key], next.settings[key])),
    consents: !isDeepStrictEqual(withdrawn(now), withdrawn(next)),
    bms: !isDeepStrictEqual([...(now.bmsExclusions ?? [])].sort(), [...(next.bmsExclusions ?? [])].sort()),
  };
}

const withdrawn = ({ consents = {} }: TenantConfig): string[] =>
  Object.entries(consents)
    .flatMap(([act, given]) => (given === false ? [act] : []))
    .sort();

const isSome = ({ removed, put }: Difference<unknown>): boolean => removed.length + put.length > 0;

/** The keys of a tenant file that change. */
export function changedAdmission({ lists, settings, consents, bms }: AdmissionReplacement): string[] {
  const { restrictions, ...others } = lists;
  return [
    ...(settings || isSome(restrictions) ? ['enrollment'] : []),
    ...Object.entries(others).flatMap(([key, each]) => (isSome(each) ? [key] : [])),
    ...(consents ? ['consents'] : []),
    ...(bms ? ['bms'] : []),
  ];
}

/** Throws REQUEST_INVALID. */
export function assertAdmissionFits({ lists }: AdmissionReplacement): void {
  for (const part of Object.keys(tables) as Part[]) for (const each of lists[part].put) assertFits(tables[part], each);
}

/** Once groups and users are those of the new configuration. Settings, and the exclusions of BMS, are the caller's. */
export function applyAdmission(
  state: TenantState,
  replacement: AdmissionReplacement,
  next: TenantConfig,
  by: string,
): void {
  const { admission, ports, saver } = state;
  const { restrictions, corporateDevices, bulkTokens, autopilotProfiles, autopilot } = replacement.lists;
  const now = ports.clock.now();
  const apply = <P extends Part>(
    part: P,
    { removed, put }: AdmissionReplacement['lists'][P],
    remove: (id: string) => void,
    place: (each: NonNullable<CompleteConfig[P]>[number]) => void,
  ) => {
    for (const { id } of removed) {
      remove(id);
      saver.record(tables[part], id, undefined);
    }
    for (const each of put) {
      place(each);
      saver.record(tables[part], each.id, each);
    }
  };
  if (isSome(restrictions)) replaceRestrictions(state, next.restrictions ?? []);
  // What has an id of before, and the number of another, takes its place.
  for (const { id } of corporateDevices.put) admission.corporate.remove(id);
  apply(
    'corporateDevices',
    corporateDevices,
    (id) => admission.corporate.remove(id),
    (each) => admission.corporate.put(each),
  );
  apply(
    'bulkTokens',
    bulkTokens,
    (id) => void admission.bulkTokens.delete(id),
    (each) => void admission.bulkTokens.set(each.id, each),
  );
  apply(
    'autopilotProfiles',
    autopilotProfiles,
    (id) => void admission.autopilotProfiles.delete(id),
    (each) => void admission.autopilotProfiles.set(each),
  );
  for (const each of autopilot.removed) markRemoved(state, each);
  for (const { id } of autopilot.put) admission.autopilot.forget(id);
  for (const each of autopilot.put) {
    const former = admission.autopilot.find(each.serial);
    if (former !== undefined) {
      admission.autopilot.forget(former.id);
      saver.record('autopilot', former.id, undefined);
    }
    admission.autopilot.put(each);
    saver.record('autopilot', each.id, each);
  }
  if (replacement.consents) applyConsents(state, next, { by, at: now });
}

/** Those whose ranks are others now are stored too, though nothing else of them has changed. */
function replaceRestrictions({ admission, saver }: TenantState, next: NonNullable<TenantConfig['restrictions']>): void {
  const { restrictions: index } = admission;
  const before = new Map(
    [index.default, ...index.ranked('platforms'), ...index.ranked('limit')].map((each) => [each.id, each]),
  );
  const after = index.replaceAll(next);
  for (const each of after) {
    if (!isDeepStrictEqual(before.get(each.id), each)) saver.record('restriction', each.id, each);
    before.delete(each.id);
  }
  for (const id of before.keys()) saver.record('restriction', id, undefined);
}

function applyConsents({ admission }: TenantState, { consents = {} }: TenantConfig, who: { by: string; at: number }) {
  const acts = new Set([...admission.consents.keys(), ...(Object.keys(consents) as ConsentAct[])]);
  for (const act of acts) {
    const given = consents[act] ?? true;
    if ((admission.consents.get(act)?.given ?? true) !== given) admission.consents.set(act, { given, ...who });
  }
}
