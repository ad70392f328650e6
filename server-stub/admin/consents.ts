// What an administrator has agreed to, act by act (A17, A25), under /stub/v1.
import { z } from 'zod';
import { type ConsentAct, consentActs } from '../core/admission-types.js';
import type { Consents } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, isoTime, ok, param, readBody } from './graph.js';

const path = '/stub/v1/consents';
const wanted = z.strictObject({ given: z.boolean() });

/**
 * Who is sent what by each act, as Microsoft lists it ("Data Intune sends to Google", "Data Intune sends to Apple"). The stub itself
 * sends nothing to either: it asks for the consent as the service does.
 */
const sent: Readonly<Record<ConsentAct, { readonly sentTo: string; readonly fields: readonly string[] }>> = {
  androidWorkProfiles: {
    sentTo: 'Google',
    fields: [
      'EnterpriseId',
      'Policy body (network and app names among its settings)',
      'Device id',
      'User id',
      'Device state',
      'Compliance state',
      'Software versions and patch level',
      'IMEI',
      'MEID',
      'Wi-Fi MAC address',
      'Device settings (encryption)',
    ],
  },
  applePush: { sentTo: 'Apple', fields: ['Token', 'PushMagic', 'Topic of the push certificate'] },
  appleAutomatedEnrollment: {
    sentTo: 'Apple',
    fields: [
      'Server token',
      'server_name',
      'server_uuid',
      'admin_id',
      'org_name',
      'org_email',
      'org_phone',
      'org_address',
      'org_id',
      'serial_number',
      'model',
      'description',
      'asset_tag',
      'profile_status',
      'profile_uuid',
    ],
  },
};

/** The administrator's alone, reading too (A19). */
export function consentRoutes({ tenant }: AdminPorts<Consents>): AdminRoute[] {
  const toRow = (act: ConsentAct): Row => {
    const { given, by, at } = tenant.consent(act);
    // Without `by`: as a new tenant has it.
    return { act, given, by: by ?? null, at: isoTime(at), ...sent[act] };
  };
  return [
    {
      method: 'GET',
      path,
      who: ['administrator'],
      handle: () => ok({ value: consentActs.map(toRow) }),
    },
    {
      method: 'GET',
      path: `${path}/:act`,
      who: ['administrator'],
      handle: (request) => ok(toRow(actOf(request))),
    },
    {
      method: 'PUT',
      path: `${path}/:act`,
      handle(request, by) {
        const act = actOf(request);
        tenant.setConsent(act, readBody(wanted, request).given, by);
        return ok(toRow(act));
      },
    },
  ];
}

function actOf(request: StubRequest): ConsentAct {
  const name = param(request, 'act');
  const act = consentActs.find((each) => each === name);
  if (act === undefined) throw stubError('NOT_FOUND', `No act is called ${name}, only ${consentActs.join(', ')}`);
  return act;
}
