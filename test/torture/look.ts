// What a stub authority holds, as its admin API shows it: the things that a ledger keeps account of.
import { hash } from 'node:crypto';
import type { Observed } from './ledger.js';
import { type Administrator, isObject, textAt } from './stub.js';

/** Commands that were answered and are kept for a device: older ones are forgotten. */
const keptAnswers = 32;

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
  for (const row of await administrator.list('/v1.0/deviceManagement/deviceConfigurations?$top=1000')) {
    const { rollcall } = row;
    const isAssigned = isObject(rollcall) && isObject(rollcall['assignment']) && rollcall['assignment']['to'] === 'all';
    const platforms = isObject(rollcall) && Array.isArray(rollcall['platforms']) ? ` for ${rollcall['platforms']}` : '';
    const name = `${textAt(row, 'displayName')} ${textAt(rollcall, 'profile', 'kind')}${platforms}`; // one of a name for each platform
    put(`profile ${textAt(rollcall, 'authority')} ${name}`, isAssigned ? 'assigned' : 'there');
  }
  for (const row of await administrator.list('/v1.0/organization'))
    put('authority', textAt(row, 'mobileDeviceManagementAuthority'));
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
  for (const path of documents) {
    const { status, bytes } = await administrator.ask('GET', path);
    if (status === 200) put(`document ${path}`, digestOf(bytes));
  }
  return { values, doubled, forgotten };
}

/** The user's products in one word, as the ledger has them. */
function licenceOf({ rollcall }: Record<string, unknown>): string {
  const products = isObject(rollcall) ? rollcall['products'] : undefined;
  return Array.isArray(products) && products.includes('INTUNE_A') ? 'intune' : 'none';
}
