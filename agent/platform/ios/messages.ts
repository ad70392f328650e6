// The check-in messages of the device channel (specs/apple.md §1.5).
import type { Authenticate, CheckOut, GetToken, TokenUpdate } from '../../../protocol/apple-mdm/check-in.js';
import { accessRights, hasRights } from '../../../protocol/apple-mdm/request-types.js';
import type { DeviceFacts } from '../../model/state.js';
import { spacedImei } from './describe.js';
import type { IosData } from './saved.js';
import { unlockToken } from './unlock-token.js';

export function authenticate(facts: DeviceFacts, { management }: IosData): Authenticate {
  const base = { MessageType: 'Authenticate', Topic: management.topic, UDID: facts.id } as const;
  // authenticate.yaml: what describes the device needs the right to ask for it
  if (!hasRights(management.accessRights, accessRights.inspectDevice)) return base;
  return {
    ...base,
    OSVersion: facts.osVersion,
    BuildVersion: facts.osBuild,
    ProductName: facts.model,
    SerialNumber: facts.serial,
    ...(facts.imei === undefined ? {} : { IMEI: spacedImei(facts.imei) }),
    ...(facts.meid === undefined ? {} : { MEID: facts.meid }),
  };
}

export function tokenUpdate(facts: DeviceFacts, data: IosData): TokenUpdate {
  return {
    MessageType: 'TokenUpdate',
    Topic: data.management.topic,
    UDID: facts.id,
    Token: data.pushToken,
    PushMagic: data.pushMagic,
    AwaitingConfiguration: data.awaitingConfiguration ?? false,
    ...(data.unlockSeed === undefined ? {} : { UnlockToken: unlockToken(data.unlockSeed) }),
  };
}

export function checkOut(facts: DeviceFacts, { management }: IosData): CheckOut {
  return { MessageType: 'CheckOut', Topic: management.topic, UDID: facts.id };
}

export function getToken(facts: DeviceFacts, service: 'com.apple.maid'): GetToken {
  return { MessageType: 'GetToken', UDID: facts.id, TokenServiceType: service };
}
