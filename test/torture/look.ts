// What a stub authority holds, as its admin API shows it: the things that a ledger keeps account of.
import { hash } from 'node:crypto';
import { lookAtAdmission } from './admission-work.js';
import type { Observed } from './ledger.js';
import { type Administrator, isObject, textAt } from './stub.js';

/** Commands that were answered and are kept for a device: older ones are forgotten. */
const keptAnswers = 32;

export const intuneSku = '061f9ace-7d42-4136-88ac-31dc755f143f';
export const compliancePolicies = '/v1.0/deviceManagement/deviceCompliancePolicies';
export const graphConfigurations = '/v1.0/deviceManagement/deviceConfigurations';

/** A user's direct membership of a group. */
export const memberThing = (group: string, upn: string): string => `member of ${group} ${upn}`;

export const digestOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex').slice(0, 16);

export const openStates = new Set(['waiting', 'sent', 'later']);

/** The value of a set of declarations: their identifiers. */
export const declared = (identifiers: readonly string[]): string => [...identifiers].sort().join(' ');

/** `documents`: the paths of those that were acknowledged. Throws when the stub does not answer as it should. */
export async function look(administrator: Administrator, documents: Iterable<string>): Promise<Observed> {
  const values = new Map<string, string>();
  const doubled: string[] = [];
  const forgotten: string[] = [];
  const put = (thing: string, value: string) => {
    if (values.has(thing)) doubled.push(thing);
    values.set(thing, value);
  };
  for (const user of await administrator.list('/v1.0/users?$top=1000'))
    put(`user ${textAt(user, 'userPrincipalName')}`, licenceOf(user));
  for (const row of await administrator.list(`${graphConfigurations}?$top=1000`)) {
    const { rollcall } = row;
    const platforms = isObject(rollcall) && Array.isArray(rollcall['platforms']) ? ` for ${rollcall['platforms']}` : '';
    const name = `${textAt(row, 'displayName')} ${textAt(rollcall, 'profile', 'kind')}${platforms}`; // one of a name for each platform
    put(`profile ${textAt(rollcall, 'authority')} ${name}`, targetOf(rollcall));
  }
  for (const row of await administrator.list(compliancePolicies)) {
    const { body } = await administrator.ask(
      'GET',
      `${compliancePolicies}/${textAt(row, 'id')}?$expand=scheduledActionsForRule`,
    );
    put(`policy ${textAt(row, 'displayName')}`, /"gracePeriodHours":(\d+)/.exec(JSON.stringify(body))?.[1] ?? 'none');
  }
  for (const row of await administrator.list('/v1.0/organization'))
    put('authority', textAt(row, 'mobileDeviceManagementAuthority'));
  for (const group of await administrator.list('/v1.0/groups?$top=1000')) {
    const name = textAt(group, 'displayName');
    put(`group ${name}`, hasIntune(group['assignedLicenses']) ? 'intune' : 'none');
    const members = await administrator.ask('GET', `/v1.0/groups/${textAt(group, 'id')}/members?$top=999`);
    for (const member of Array.isArray(members.body['value']) ? members.body['value'] : [])
      put(memberThing(name, textAt(member, 'userPrincipalName')), 'there');
  }
  const coexistence = await administrator.ask('GET', '/stub/v1/coexistence');
  put('coexistence', String(coexistence.body['enabled']));
  const clock = await administrator.ask('GET', '/stub/v1/clock');
  put('clock', String(Math.round((Date.parse(textAt(clock.body, 'now')) - Date.now()) / minuteMs)));
  const push = await administrator.ask('GET', '/v1.0/deviceManagement/applePushNotificationCertificate');
  put('push certificate', textAt(push.body, 'expirationDateTime'));
  const declarations = await administrator.list('/stub/v1/ddm/declarations');
  put('declarations', declared(declarations.map((each) => textAt(each, 'Identifier'))));
  for (const row of await administrator.list('/v1.0/deviceManagement/managedDevices?$top=1000')) {
    const id = textAt(row, 'rollcall', 'deviceId');
    put(`device ${id}`, textAt(row, 'rollcall', 'status'));
    const commands = await administrator.list(`/stub/v1/devices/${id}/commands`);
    for (const each of commands) {
      if (textAt(each, 'command', 'kind') !== 'rename') continue;
      const status = textAt(each, 'status');
      put(`command ${id} ${textAt(each, 'command', 'deviceName')}`, openStates.has(status) ? 'open' : status);
    }
    const answered = commands.filter((each) => !openStates.has(textAt(each, 'status')));
    if (answered.length >= keptAnswers) forgotten.push(`command ${id} `);
  }
  await lookAtAdmission(administrator, put);
  for (const path of documents) {
    const { status, bytes } = await administrator.ask('GET', path);
    if (status === 200) put(`document ${path}`, digestOf(bytes));
  }
  return { values, doubled, forgotten };
}

const minuteMs = 60_000;

/** For whom a profile is. */
function targetOf(rollcall: unknown): string {
  const assignment = isObject(rollcall) ? rollcall['assignment'] : undefined;
  const to = isObject(assignment) ? assignment['to'] : undefined;
  if (to === 'all') return 'assigned';
  const groups = isObject(to) && Array.isArray(to['groups']) ? to['groups'] : [];
  return groups.length === 0 ? 'there' : `for ${groups.join(' ')}`;
}

const hasIntune = (licences: unknown): boolean =>
  Array.isArray(licences) && licences.some((licence) => textAt(licence, 'skuId') === intuneSku);

/** The user's products in one word, as the ledger has them. */
function licenceOf({ rollcall }: Record<string, unknown>): string {
  const products = isObject(rollcall) ? rollcall['products'] : undefined;
  return Array.isArray(products) && products.includes('INTUNE_A') ? 'intune' : 'none';
}
