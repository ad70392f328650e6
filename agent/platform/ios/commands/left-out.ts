// Commands that iOS knows and whose other side is not emulated: a store, a second screen, a carrier, users of a Shared iPad,
// Activation Lock. Each is answered as a device answers where that other side is not there; the codes are those of the error
// list in Apple's MDM Protocol Reference. What only a Shared iPad or its user channel has (InviteToProgram, LogOutUser,
// UserConfigured) has no row: 12021.
import { createHash } from 'node:crypto';
import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { dict, type PlistDict } from '../../../../protocol/plist/value.js';
import { type Answer, done, failed, refusalOf } from '../answer.js';
import type { CommandContext, Handler, HandlerTable } from '../context.js';
import { FormatError, type Parameters } from '../parameters.js';
import { native } from '../translate.js';

export const leftOutCommands: HandlerTable = {
  ApplyRedemptionCode(parameters) {
    const id = parameters.name('Identifier');
    parameters.name('RedemptionCode');
    return failed(link('mdm', 12028, `The app “${id}” is not waiting for a redemption code.`));
  },

  async InstallMedia(parameters, context) {
    const refused = wrongMediaType(parameters);
    if (refused !== undefined) return refused;
    const storeId = parameters.optionalInteger('iTunesStoreID');
    const url = parameters.optionalString('MediaURL');
    if (storeId === undefined && url === undefined) throw new FormatError('iTunesStoreID and MediaURL are missing');
    const given = refusalOf(await context.apply(native('InstallMedia')));
    if (given !== undefined) return given;
    if (storeId !== undefined)
      return rejected(
        parameters,
        'CouldNotVerifyITunesStoreID',
        12046,
        'The book cannot be verified: there is no store.',
      );
    if (!(url ?? '').startsWith('https://'))
      return rejected(parameters, 'DownloadInvalid', 12034, 'The address of the book is not https.');
    return rejected(parameters, 'DownloadInvalid', 12043, 'The book cannot be downloaded: books are not emulated.');
  },

  async ManagedMediaList(_parameters, context) {
    return refusalOf(await context.apply(native('ManagedMediaList'))) ?? done(dict({ Books: [] }));
  },

  /** "This command returns Acknowledged even if the item is not found." */
  async RemoveMedia(parameters, context) {
    return wrongMediaType(parameters) ?? refusalOf(await context.apply(native('RemoveMedia'))) ?? done();
  },

  async RequestMirroring(parameters, context) {
    const name = parameters.optionalString('DestinationName');
    const device = parameters.optionalString('DestinationDeviceID');
    parameters.optionalString('Password');
    const seconds = parameters.optionalInteger('ScanTime') ?? 30;
    if (name === undefined && device === undefined)
      throw new FormatError('DestinationName and DestinationDeviceID are missing');
    if (seconds < 10 || seconds > 300) throw parameters.wrong('ScanTime', 'between 10 and 300');
    const refused = refusalOf(await context.apply(native('RequestMirroring')));
    return refused ?? done(dict({ MirroringResult: 'DestinationNotFound' }));
  },

  StopMirroring: acknowledged('StopMirroring'),
  ClearRestrictionsPassword: acknowledged('ClearRestrictionsPassword'),

  async ActivationLockBypassCode(_parameters, context) {
    const refused = refusalOf(await context.apply(native('ActivationLockBypassCode')));
    if (refused !== undefined) return refused;
    if (context.memory.data.settings?.bypassCodeCleared)
      return failed(link('mdm', 12010, 'There is no Activation Lock bypass code.'));
    return done(dict({ ActivationLockBypassCode: bypassCode(context.device.state.facts.id) }));
  },

  async ClearActivationLockBypassCode(_parameters, context) {
    const refused = refusalOf(await context.apply(native('ClearActivationLockBypassCode')));
    if (refused !== undefined) return refused;
    context.memory.change({ settings: { ...context.memory.data.settings, bypassCodeCleared: true } });
    return done();
  },

  /** "This command is only supported on cellular devices." No carrier is asked. */
  async RefreshCellularPlans(parameters, context) {
    parameters.name('eSIMServerURL');
    if (context.device.state.facts.imei === undefined)
      return failed(
        link('mdm', 12021, '“RefreshCellularPlans” is not a valid request type of a device without a modem.'),
      );
    return refusalOf(await context.apply(native('RefreshCellularPlans'))) ?? done();
  },

  UserList: () => failed(link('mdm', 12070, 'The users cannot be listed: this is no Shared iPad.')),

  DeleteUser(parameters) {
    parameters.optionalBoolean('ForceDeletion');
    const all = parameters.optionalBoolean('DeleteAllUsers') ?? false;
    const name = all ? 'any' : parameters.name('UserName');
    return failed(link('mdm', 12071, `The user “${name}” does not exist: this is no Shared iPad.`));
  },
};

function acknowledged(type: string): Handler {
  return async (_parameters: Parameters, context: CommandContext) =>
    refusalOf(await context.apply(native(type))) ?? done();
}

function wrongMediaType(parameters: Parameters): Answer | undefined {
  const type = parameters.name('MediaType');
  return type === 'Book'
    ? undefined
    : rejected(parameters, 'WrongMediaType', 12044, `“${type}” is not a type of media.`);
}

const echoed = ['iTunesStoreID', 'MediaURL', 'PersistentID', 'MediaType'];

function rejected({ body }: Parameters, reason: string, code: number, text: string): Answer {
  const given: PlistDict = Object.create(null);
  for (const key of echoed) if (body[key] !== undefined) given[key] = body[key];
  return { ...failed(link('mdm', code, text)), data: dict({ ...given, RejectionReason: reason }) };
}

/**
 * In the form of Apple's bypass codes (Device Assignment, "Creating and Using Bypass Codes"): 128 bits as 26 characters of an
 * alphabet without B, I, O and S, with dashes. A function of the UDID: nothing of it needs to be stored.
 */
function bypassCode(id: string): string {
  const bytes = createHash('sha256').update(`activation lock ${id}`).digest();
  let bits = BigInt(`0x${bytes.subarray(0, 16).toString('hex')}`) << 2n; // 26 characters of five bits
  let code = '';
  for (let index = 0; index < 26; index++) {
    code = (bypassAlphabet[Number(bits & 31n)] ?? '') + code;
    bits >>= 5n;
  }
  return code.replace(/^(.{5})(.{5})(.{4})(.{4})(.{4})(.{4})$/, '$1-$2-$3-$4-$5-$6');
}
const bypassAlphabet = '0123456789ACDEFGHJKLMNPQRTUVWXYZ';
