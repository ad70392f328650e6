import { timingSafeEqual } from 'node:crypto';
import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { isSince } from '../../../../protocol/apple-mdm/request-types.js';
import { dict } from '../../../../protocol/plist/value.js';
import type { Invitation } from '../../driver.js';
import { done, failed, refusalOf } from '../answer.js';
import type { HandlerTable } from '../context.js';
import type { Parameters } from '../parameters.js';
import { native } from '../translate.js';
import { unlockToken } from '../unlock-token.js';

export const deviceCommands: HandlerTable = {
  async DeviceLock(parameters, context) {
    const message = parameters.optionalString('Message');
    const phoneNumber = parameters.optionalString('PhoneNumber');
    const { passcode, lostMode } = context.device.state.condition;
    const refused = refusalOf(
      await context.apply({
        kind: 'lock',
        ...(message === undefined ? {} : { message }),
        ...(phoneNumber === undefined ? {} : { phoneNumber }),
      }),
    );
    if (refused !== undefined) return refused;
    if (message === undefined && phoneNumber === undefined) return done();
    const result = lostMode !== undefined ? 'DeviceInLostMode' : passcode === undefined ? 'NoPasscodeSet' : 'Success';
    return done(dict({ MessageResult: result }));
  },

  async ClearPasscode(parameters, context) {
    const given = parameters.data('UnlockToken');
    const seed = context.memory.data.unlockSeed;
    const own = seed === undefined ? undefined : unlockToken(seed);
    if (own === undefined || own.length !== given.length || !timingSafeEqual(own, given)) {
      return failed(link('passcode', 5013, 'The passcode could not be cleared: the unlock token does not match.'));
    }
    return refusalOf(await context.apply({ kind: 'clear-passcode' })) ?? done();
  },

  async EraseDevice(parameters, context) {
    parameters.optionalBoolean('PreserveDataPlan');
    parameters.optionalBoolean('DisallowProximitySetup');
    const { osVersion } = context.device.state.facts;
    // Older systems do not know the key, and are erased as without it.
    const returnToService = isSince(osVersion, '17.0') ? parameters.optionalDict('ReturnToService') : undefined;
    const following = returnToService === undefined ? undefined : followingProfiles(returnToService);
    const refused = refusalOf(await context.apply({ kind: 'wipe' }));
    if (refused !== undefined) return refused;
    const { management } = context.memory.data;
    return {
      ...done(),
      leaves: {
        how: 'wiped',
        ...(following === undefined
          ? {}
          : {
              next: {
                authority: context.memory.authority,
                ...following,
                ...(management.allowHttp === undefined ? {} : { allowHttp: management.allowHttp }),
              },
            }),
      },
    };
  },

  async RestartDevice(_parameters, context) {
    return refusalOf(await context.apply({ kind: 'restart' })) ?? { ...done(), isLast: true };
  },

  async ShutDownDevice(_parameters, context) {
    return refusalOf(await context.apply({ kind: 'shut-down' })) ?? { ...done(), isLast: true };
  },

  async DeviceConfigured(_parameters, context) {
    const refused = refusalOf(await context.apply(native('DeviceConfigured')));
    if (refused !== undefined) return refused;
    context.memory.forget('awaitingConfiguration');
    return done();
  },

  async RequestUnlockToken(_parameters, context) {
    const seed = context.memory.data.unlockSeed;
    if (seed === undefined) return failed(link('mdm', 12018, 'The device has no unlock token to give.'));
    return (
      refusalOf(await context.apply(native('RequestUnlockToken'))) ?? done(dict({ UnlockToken: unlockToken(seed) }))
    );
  },
};

/** Return to Service: the profile to enroll with after the wipe, and the network to reach it by. */
function followingProfiles(returnToService: Parameters): Pick<Invitation, 'document' | 'network'> | undefined {
  const document = returnToService.optionalData('MDMProfileData');
  const network = returnToService.optionalData('WiFiProfileData');
  if (!returnToService.boolean('Enabled') || document === undefined) return undefined;
  return { document, ...(network === undefined ? {} : { network }) };
}
