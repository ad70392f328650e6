// What a device says with the POST of its enrollment: what launcher 6.36 does, and by convention what the protocol has no word for.
import { enrollmentHeader } from '../../../protocol/enrollment-header.js';
import type { EnrollingDevice, EnrollmentRequest } from '../../../protocol/headwind/types.js';
import { hardwareIdentity } from './apply/identity.js';
import type { AndroidContext, Enrolling } from './context.js';
import type { Setup } from './provisioning.js';

type Teller = Pick<AndroidContext, 'device' | 'manners'>;

/** In mode `launcher` nothing but what the launcher says. */
export function enrollingBy(setup: Setup, teller: Teller): Enrolling {
  const { customer = null, configuration = null, groups, portal } = setup;
  const request: EnrollmentRequest = {
    customer,
    configuration,
    groups: groups === undefined ? null : [...new Set(groups)],
  };
  const { mode, management } = teller.manners;
  if (mode === 'launcher') return { request, headers: {} };
  const way = management === 'work-profile' ? { [enrollmentHeader]: 'workProfile' } : {};
  return { request: { ...request, device: ownWords(teller) }, headers: { ...way, ...portal } };
}

/** What the first sync/info says too late. */
function ownWords(teller: Teller): EnrollingDevice {
  const { osVersion: androidVersion, manufacturer, model } = teller.device.state.facts;
  const { serial, imei } = hardwareIdentity(teller);
  return {
    androidVersion,
    manufacturer,
    model,
    mdmMode: teller.manners.management === 'fully-managed',
    ...(serial !== 'unknown' && { serial }),
    ...(imei !== undefined && { imei }),
  };
}
