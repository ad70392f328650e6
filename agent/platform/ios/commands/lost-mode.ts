import { createHash } from 'node:crypto';
import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { dict, PlistReal } from '../../../../protocol/plist/value.js';
import { done, failed, refusalOf } from '../answer.js';
import type { CommandContext, HandlerTable } from '../context.js';
import { FormatError } from '../parameters.js';
import { native } from '../translate.js';

const notLost = () => failed(link('mdm', 12067, 'The device is not in Lost Mode.'));
const isLost = (context: CommandContext): boolean => context.device.state.condition.lostMode !== undefined;

export const lostModeCommands: HandlerTable = {
  async EnableLostMode(parameters, context) {
    const message = parameters.optionalString('Message');
    const phoneNumber = parameters.optionalString('PhoneNumber');
    const footnote = parameters.optionalString('Footnote');
    // device.lostmode.enable.yaml: a message or a phone number must be provided
    if (message === undefined && phoneNumber === undefined)
      throw new FormatError('Message and PhoneNumber are missing');
    const outcome = await context.apply({
      kind: 'lost-mode',
      on: true,
      ...(message === undefined ? {} : { message }),
      ...(phoneNumber === undefined ? {} : { phoneNumber }),
      ...(footnote === undefined ? {} : { footnote }),
    });
    return refusalOf(outcome) ?? done();
  },

  async DisableLostMode(_parameters, context) {
    if (!isLost(context)) return notLost();
    return refusalOf(await context.apply({ kind: 'lost-mode', on: false })) ?? done();
  },

  async DeviceLocation(_parameters, context) {
    if (!isLost(context)) return notLost(); // only while lost: nothing else may be located
    const outcome = await context.apply({ kind: 'locate' });
    const refused = refusalOf(outcome);
    if (refused !== undefined) return refused;
    const place = whereabouts(context.device.state.facts.id);
    return done(
      dict({
        Latitude: new PlistReal(place.latitude),
        Longitude: new PlistReal(place.longitude),
        HorizontalAccuracy: new PlistReal(65),
        VerticalAccuracy: new PlistReal(10),
        Altitude: new PlistReal(place.altitude),
        Speed: new PlistReal(-1), // negative: not known, as at rest
        Course: new PlistReal(-1),
        Timestamp: new Date(context.ports.clock.now()).toISOString(), // RFC 3339
      }),
    );
  },

  async PlayLostModeSound(_parameters, context) {
    if (!isLost(context)) return notLost();
    return refusalOf(await context.apply(native('PlayLostModeSound'))) ?? done();
  },
};

/** A device lies where it lies: the place is a function of its identifier, somewhere on a city's grid. */
function whereabouts(id: string): { latitude: number; longitude: number; altitude: number } {
  const bytes = createHash('sha256').update(`place ${id}`).digest();
  return {
    latitude: 37.2 + bytes.readUInt16BE(0) / 65_536 / 2,
    longitude: -122.1 + bytes.readUInt16BE(2) / 65_536 / 2,
    altitude: (bytes[4] ?? 0) / 4,
  };
}
