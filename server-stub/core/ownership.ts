// Whose a device is that enrolls (E10, E19, E24): its person's, or the organization's.
import type { Attempt, EnrollmentType, PlatformRestrictions } from './admission-types.js';
import type { TenantState } from './state.js';
import type { PlatformTraits } from './traits.js';

type Owned = Pick<Attempt, 'way' | 'deviceId' | 'serial' | 'imei' | 'manufacturer' | 'model' | 'tellsOwnerLater'> & {
  readonly state: TenantState;
  readonly traits: PlatformTraits;
  readonly restrictions: PlatformRestrictions;
};

/** E24: of the default alone, and for each platform that there is. */
export function blocksAllPersonal({ state, restrictions }: Pick<Owned, 'state' | 'restrictions'>): boolean {
  const { traits } = state.ports;
  return (
    restrictions.priority === 0 &&
    traits.size > 0 &&
    [...traits.keys()].every((platform) => restrictions.platforms[platform]?.personalBlocked === true)
  );
}

/** Ways in which whoever has a device may enroll it, as Microsoft counts them. */
const personalWays: readonly EnrollmentType[] = ['user', 'workProfile', 'joined'];

/** By its declaration, or because of how it enrolls: nobody brings such a device along (E24). */
export function isOfOrganization(attempt: Owned): boolean {
  const { state, way = 'user', serial = '', tellsOwnerLater } = attempt;
  if (tellsOwnerLater === true) return true; // it is asked again (`confirm`)
  if (!personalWays.includes(way) || isDeclared(attempt)) return true;
  const known = way === 'joined' ? state.admission.autopilot.find(serial) : undefined;
  return known !== undefined && known.removedAt === undefined;
}

function isDeclared({ state, traits, deviceId, serial, imei, manufacturer, model }: Owned): boolean {
  const { corporate } = state.admission;
  const maker = traits.isDeclaredByModel === true ? { manufacturer, model } : {};
  // A device may be known by its serial number or IMEI alone.
  return corporate.has({ serial, imei, ...maker }) || corporate.has({ serial: deviceId, imei: deviceId });
}
