// Neutral commands as Apple's, and Apple's results as neutral outcomes.
import { type ChainLink, type ErrorChain, errorDomains } from '../../protocol/apple-mdm/error-chain.js';
import { itemErrorChain, type MdmResult } from '../../protocol/apple-mdm/result.js';
import { dict, isDict, type PlistDict } from '../../protocol/plist/value.js';
import type { Command, Outcome } from '../../protocol/vocabulary.js';
import { certificateNamed } from '../certificate-named.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { scepPath } from '../scep/server.js';
import { command, enrollmentIdentifier, type IosContext, memoryOf } from './context.js';
import { inventoryFacts } from './facts.js';
import { plistDictOf, toJsonObject } from './plist-values.js';
import { type RenderContext, renderProfile } from './render.js';

/** What an inventory asks; what the core learns from it is in `inventoryFacts`. */
const inventoryQueries = [
  'UDID',
  'DeviceName',
  'OSVersion',
  'BuildVersion',
  'ModelName',
  'Model',
  'ProductName',
  'SerialNumber',
  'IMEI',
  'WiFiMAC',
  'BluetoothMAC',
  'DeviceCapacity',
  'AvailableDeviceCapacity',
  'BatteryLevel',
  'IsSupervised',
  'IsMDMLostModeEnabled',
];

/**
 * The Command dictionary for a device. Throws NOT_FOUND when a profile names what is not assigned, MESSAGE_REFUSED when the
 * command cannot be said to this device: the command has then failed, and nothing is sent.
 */
export function toAppleCommand(neutral: Command, device: DeviceRecord, context: IosContext): PlistDict {
  switch (neutral.kind) {
    case 'install-profile':
      return command('InstallProfile', { Payload: renderProfile(neutral.profile, renderContext(device, context)) });
    case 'remove-profile':
      return command('RemoveProfile', { Identifier: neutral.name });
    case 'inventory':
      return command('DeviceInformation', { Queries: [...inventoryQueries] });
    case 'lock':
      return command('DeviceLock', dict({ Message: neutral.message, PhoneNumber: neutral.phoneNumber }));
    case 'clear-passcode': {
      const { unlockToken } = memoryOf(device);
      if (unlockToken === undefined) throw stubError('MESSAGE_REFUSED', 'the device never sent an UnlockToken');
      return command('ClearPasscode', { UnlockToken: Buffer.from(unlockToken, 'base64') });
    }
    case 'rename':
      return command('Settings', { Settings: [dict({ Item: 'DeviceName', DeviceName: neutral.deviceName })] });
    case 'restart':
      return command('RestartDevice');
    case 'shut-down':
      return command('ShutDownDevice');
    case 'locate':
      return command('DeviceLocation');
    case 'lost-mode':
      return neutral.on
        ? command('EnableLostMode', dict({ Message: neutral.message, PhoneNumber: neutral.phoneNumber }))
        : command('DisableLostMode');
    case 'retire':
      return command('RemoveProfile', { Identifier: enrollmentIdentifier });
    case 'wipe':
      return command('EraseDevice');
    case 'native': {
      if (neutral.platform !== 'ios') throw stubError('MESSAGE_REFUSED', `a command of ${neutral.platform}`);
      const body = typeof neutral.body === 'object' && neutral.body !== null ? plistDictOf(neutral.body) : {};
      return { ...body, RequestType: neutral.name };
    }
  }
}

function renderContext(device: DeviceRecord, context: IosContext): RenderContext {
  const { tenant, challenges } = context;
  const { userId, deviceId } = device;
  return {
    organization: tenant.displayName,
    certificate: (name) => certificateNamed(name, device, tenant),
    scepUrl: (memoryOf(device).origin ?? '') + scepPath,
    scepChallenge: () => challenges.issue({ platform: 'ios', purpose: 'profile', userId, deviceId }),
  };
}

/** What a result other than Idle says. */
export function toOutcome(result: MdmResult): Outcome {
  switch (result.status) {
    case 'NotNow':
      return { status: 'later', reason: 'NotNow' };
    case 'CommandFormatError':
      return { status: 'failed', reason: 'the device could not read the command', code: 'CommandFormatError' };
    case 'Error':
      return failedBy(result.errorChain ?? []);
    case 'Acknowledged':
    case 'Idle':
      if (result.data === undefined) return { status: 'done' };
      return (
        failedSetting(result.data) ?? {
          status: 'done',
          data: { ...inventoryFacts(result.data), ...toJsonObject(result.data) },
        }
      );
  }
}

function failedBy(chain: ErrorChain, about = ''): Outcome {
  const reason = chain
    .slice(0, 20)
    .map((each) => `${each.ErrorDomain} ${each.ErrorCode}: ${each.LocalizedDescription}`);
  const [first] = chain;
  return {
    status: 'failed',
    reason: `${about}${reason.join(' <- ') || 'the device gave no reason'}`.slice(0, 2000),
    ...(first && { code: `${first.ErrorDomain.slice(0, 200)} ${first.ErrorCode}` }),
    ...(first && isInability(first) && { isUnsupported: true }),
  };
}

/** A request type that the system does not know, and one of supervised devices alone (specs/apple.md §1.9). */
const isInability = ({ ErrorDomain, ErrorCode }: ChainLink): boolean =>
  (ErrorDomain === errorDomains.mdm && ErrorCode === 12021) ||
  (ErrorDomain === errorDomains.chaperone && ErrorCode === 29000);

/** Settings are acknowledged whatever became of each (settings.yaml): the first that failed is what an administrator is to know. */
function failedSetting({ Settings: items }: PlistDict): Outcome | undefined {
  const failed = Array.isArray(items) ? items.find((item) => isDict(item) && item['Status'] === 'Error') : undefined;
  if (!isDict(failed)) return undefined;
  return failedBy(itemErrorChain(failed), `${String(failed['Item']).slice(0, 100)}: `);
}
