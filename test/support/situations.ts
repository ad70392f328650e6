// Situations of an attempt to enroll: a tenant and a device. What the attempt must be told is worked out here from what was set, by what
// docs/enrollment.md says and nothing of the core: versions are steps of a ladder, groups a table of three.
import type { PlatformName } from '../../index.js';

export const platforms = ['ios', 'windows', 'android'] as const satisfies readonly PlatformName[];

/** E21. */
const order = 'E04 E18 E20 E12 E02 E05 E06 E16 E13 E14 E15 E11 E08 E09 E19 E10 E07 E03 E17'.split(' ');

export const ways = {
  ios: ['user', 'bulk', 'automated'],
  windows: ['user', 'bulk', 'joined', 'userDriven', 'selfDeploying'],
  android: ['user', 'bulk', 'workProfile'],
} as const;
export type Way = (typeof ways)[PlatformName][number];
type Autopilot = 'userDriven' | 'selfDeploying';

/** Who is in a group is in those that it is a member of. */
export const groups = { Staff: [], Sales: [], Interns: ['Staff'] } as const;
export type Group = keyof typeof groups;

/** Steps of versions: 0 is below what the service supports, 1 to 3 are low, usual and high. */
export type Step = 0 | 1 | 2 | 3;

/** What a restriction says of the platform that is tried, and of personal devices of each. */
export interface Restriction {
  /** None: the default. */
  readonly groups: readonly Group[];
  readonly blocked: boolean;
  readonly personal: Readonly<Record<PlatformName, boolean>>;
  readonly least: Step | undefined;
  readonly most: Step | undefined;
  /** The maker of the device. */
  readonly maker: boolean;
}

/** A tenant, and one device of a person that tries to enroll there. */
export interface Situation {
  readonly platform: PlatformName;
  readonly way: Way;
  /** Of the system. */
  readonly version: Step;
  /** Undefined: the system starts the enrollment. */
  readonly portal: 'old' | 'good' | 'new' | undefined;
  readonly authority: 'none' | 'intune' | 'office365';
  readonly coexistence: boolean;
  readonly isBmsReady: boolean;
  readonly certificate: boolean;
  readonly consents: Readonly<Record<'appleAutomatedEnrollment' | 'androidWorkProfiles', boolean>>;
  readonly scope: 'all' | 'none';
  readonly token: 'valid' | 'expired';
  readonly person: 'there' | 'unknown' | 'removed';
  readonly licence: 'none' | 'basic' | 'intune' | 'both';
  readonly groups: readonly Group[];
  /** Of the tenant's settings. */
  readonly leastPortal: 'default' | 'new';
  readonly leastVersion: Step | undefined;
  /** By priority. */
  readonly restrictions: readonly Restriction[];
  readonly fallback: Restriction;
  readonly declared: boolean;
  readonly autopilot: 'known' | 'unknown' | 'removed';
  readonly profile: Autopilot | undefined;
  readonly limits: readonly { readonly groups: readonly Group[]; readonly limit: number }[];
  readonly limit: number;
  /** Devices that the person has beside this one. */
  readonly others: number;
  /** Whose this hardware is enrolled as. */
  readonly holder: 'nobody' | 'another' | 'itself';
}

/** What stands against the attempt; only the first of it is told. */
type Cause = (is: Situation) => boolean;

/** Apple's automated enrollment and Apple Configurator. */
const isOfAnyVersion = ({ platform, way }: Pick<Situation, 'platform' | 'way'>): boolean =>
  way === 'automated' || (platform === 'ios' && way === 'bulk');
export const isUserless = ({ way }: Pick<Situation, 'way'>): boolean => way === 'bulk' || way === 'selfDeploying';
const isAutopilot = ({ way }: Situation): boolean => way === 'userDriven' || way === 'selfDeploying';
/** Whose launcher owns an Android device is the organization's; Autopilot knows only devices of the organization. */
function isPersonal({ platform, way, declared, autopilot }: Situation): boolean {
  if (declared) return false;
  if (way === 'joined') return autopilot !== 'known';
  return platform === 'android' ? way === 'workProfile' : way === 'user';
}

/** Windows: for whoever sits down at it, so that no limit of devices asks. */
const isShared = ({ way }: Situation): boolean => way === 'joined' || way === 'userDriven';
const isKnown = ({ person }: Situation): boolean => person === 'there';

function managerOf(is: Situation): Situation['authority'] {
  if (!is.coexistence || isUserless(is) || !isKnown(is)) return is.authority;
  return is.licence === 'intune' || is.licence === 'both' ? 'intune' : 'office365';
}

const isLicensed = (is: Situation): boolean =>
  is.licence === 'both' ||
  is.licence === (is.authority === 'intune' ? 'intune' : 'basic') ||
  (is.coexistence && is.licence !== 'none');

function isFor(is: Situation, named: readonly Group[]): boolean {
  if (isUserless(is) || !isKnown(is)) return false;
  return is.groups.some((group) => [group, ...groups[group]].some((each) => named.includes(each)));
}

const restrictionOf = (is: Situation): Restriction =>
  is.restrictions.find((each) => isFor(is, each.groups)) ?? is.fallback;
const limitOf = (is: Situation): number => is.limits.find((each) => isFor(is, each.groups))?.limit ?? is.limit;

/** BMS has the device limit alone (B7): what else restricts waits for intune. */
const restricts = (by: (restriction: Restriction, is: Situation) => boolean): Cause => {
  return (is) => managerOf(is) !== 'office365' && by(restrictionOf(is), is);
};

const causes: Readonly<Record<string, Cause>> = {
  E04: (is) => managerOf(is) === 'none' || (managerOf(is) === 'office365' && !is.isBmsReady),
  E18: ({ platform, certificate }) => platform === 'ios' && !certificate,
  E20: (is) =>
    (is.way === 'automated' && !is.consents.appleAutomatedEnrollment) ||
    (is.way === 'workProfile' && !is.consents.androidWorkProfiles) ||
    (is.way === 'joined' && is.scope === 'none') ||
    (isAutopilot(is) && managerOf(is) === 'office365'),
  E12: ({ platform, way, token }) => platform === 'windows' && way === 'bulk' && token === 'expired',
  E02: (is) => !isUserless(is) && !(isKnown(is) && isLicensed(is)),
  E05: ({ portal, leastPortal }) => portal === 'old' || (portal === 'good' && leastPortal === 'new'),
  E06: ({ version, leastVersion = 1 }) => version < leastVersion,
  E16: (is) => isAutopilot(is) && is.autopilot === 'removed',
  E13: (is) => isAutopilot(is) && is.autopilot === 'unknown',
  E14: (is) => isAutopilot(is) && is.profile === undefined,
  E15: (is) => isAutopilot(is) && is.profile !== is.way,
  E11: restricts(({ blocked }) => blocked),
  E08: restricts(({ least = 0 }, is) => !isOfAnyVersion(is) && is.version < least),
  E09: restricts(({ most = 3 }, is) => !isOfAnyVersion(is) && is.version > most),
  E19: restricts(
    (by, is) => isPersonal(is) && by === is.fallback && platforms.every((platform) => by.personal[platform]),
  ),
  E10: restricts((by, is) => isPersonal(is) && by.personal[is.platform]),
  E07: restricts(({ maker }, { platform }) => platform !== 'ios' && maker),
  E03: ({ holder }) => holder === 'another',
  E17: (is) => !isUserless(is) && !isShared(is) && is.others >= limitOf(is),
};

/** The code that the attempt must be told; undefined: it enrolls. */
export const toBeTold = (is: Situation): string | undefined => order.find((code) => causes[code]?.(is));

/** The same with this cause taken away, as an administrator or the person would do it. */
export function cured(is: Situation, code: string): Situation {
  const restriction = (change: Partial<Restriction>): Situation => {
    const by = restrictionOf(is);
    const changed = (each: Restriction): Restriction => (each === by ? { ...each, ...change } : each);
    return { ...is, restrictions: is.restrictions.map(changed), fallback: changed(is.fallback) };
  };
  const underIntune = is.coexistence
    ? { licence: 'both' as const, person: 'there' as const }
    : { authority: 'intune' as const, certificate: false }; // A11
  const another = platforms.find((platform) => platform !== is.platform) ?? is.platform;
  const personal = (platform: PlatformName) => ({ personal: { ...restrictionOf(is).personal, [platform]: false } });
  const cures: Readonly<Record<string, () => Situation>> = {
    E04: () => ({ ...is, ...underIntune }),
    E18: () => ({ ...is, certificate: true }),
    E20: () =>
      isAutopilot(is)
        ? { ...is, ...underIntune }
        : { ...is, scope: 'all', consents: { appleAutomatedEnrollment: true, androidWorkProfiles: true } },
    E12: () => ({ ...is, token: 'valid' }),
    E02: () => ({ ...is, person: 'there', licence: 'both' }),
    E05: () => ({ ...is, portal: 'new' }),
    E06: () => ({ ...is, version: is.leastVersion ?? 1 }),
    E16: () => ({ ...is, autopilot: 'known' }),
    E13: () => ({ ...is, autopilot: 'known' }),
    E14: () => ({ ...is, profile: 'userDriven' }),
    E15: () => ({ ...is, profile: is.way === 'userDriven' ? 'userDriven' : 'selfDeploying' }),
    E11: () => restriction({ blocked: false }),
    E08: () => restriction({ least: undefined }),
    E09: () => restriction({ most: undefined }),
    E19: () => restriction(personal(another)),
    E10: () => ({ ...is, declared: true }),
    E07: () => restriction({ maker: false }),
    E03: () => ({ ...is, holder: 'nobody' }),
    E17: () => ({ ...is, limit: 15, limits: is.limits.map((each) => ({ ...each, limit: 15 })) }),
  };
  const cure = cures[code];
  if (cure === undefined) throw new Error(`nobody knows how ${code} is cured`);
  return cure();
}
