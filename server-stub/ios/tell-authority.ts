// Who manages the device (A6): Apple has no word for it. By convention it stands in the name of the organization, which the
// enrollment profile says first (PayloadOrganization), and OrganizationInfo anew in the session in which the device has moved.
import { encodeCommand } from '../../protocol/apple-mdm/command.js';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import type { MdmResult } from '../../protocol/apple-mdm/result.js';
import { authorityNamed, organizationText } from '../../protocol/managing-authority.js';
import { dict } from '../../protocol/plist/value.js';
import type { StubAnswer } from '../http-types.js';
import { command, type IosContext, remember } from './context.js';

/** CommandUUIDs of these commands, which are none of the core's: the authority follows. */
const prefix = 'rollcall.authority.';

/** The command that tells it, where the device was last told of another authority, or of none. */
export function tellAuthority(deviceId: string, { tenant }: IosContext): StubAnswer | undefined {
  const device = tenant.device(deviceId);
  if (device === undefined || device.status !== 'enrolled') return undefined;
  const { managedBy, dialect } = device;
  if (dialect['toldAuthority'] === managedBy) return undefined;
  const info = dict({ OrganizationName: organizationText(tenant.displayName, managedBy) });
  const settings = command('Settings', { Settings: [dict({ Item: 'OrganizationInfo', OrganizationInfo: info })] });
  return {
    status: 200,
    headers: { 'content-type': contentTypes.plist },
    body: encodeCommand(prefix + managedBy, settings),
  };
}

/** Takes the answer to it. One that refuses was told all the same; one that puts it off is told in its next session. */
export function takeTold({ commandUuid, status }: MdmResult, deviceId: string, { tenant }: IosContext): boolean {
  if (commandUuid?.startsWith(prefix) !== true) return false;
  const told = authorityNamed(commandUuid.slice(prefix.length));
  const device = tenant.device(deviceId);
  if (told !== undefined && device !== undefined && status !== 'NotNow')
    remember(tenant, device, { toldAuthority: told });
  return true;
}
