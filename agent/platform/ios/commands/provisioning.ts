import { isRollcallError } from '../../../../base/errors.js';
import { link } from '../../../../protocol/apple-mdm/error-chain.js';
import { parsePlistDict } from '../../../../protocol/plist/parse.js';
import type { OnLifted } from '../../../../protocol/plist/refusal.js';
import { dict, messageLimits } from '../../../../protocol/plist/value.js';
import { readSignedData } from '../../../../protocol/x509/cms.js';
import { done, failed, refusalOf } from '../answer.js';
import type { HandlerTable } from '../context.js';
import { plistLifted } from '../lifted.js';
import type { ProvisioningProfile } from '../saved.js';
import { native } from '../translate.js';

const domain = 'MCProvisioningProfileErrorDomain';
const refused = (code: number, text: string) => failed({ ...link('mdm', code, text), ErrorDomain: domain });

export const provisioningCommands: HandlerTable = {
  async ProvisioningProfileList(parameters, context) {
    parameters.optionalBoolean('ManagedOnly');
    const no = refusalOf(await context.apply(native('ProvisioningProfileList')));
    if (no !== undefined) return no;
    const list = (context.memory.data.provisioning ?? []).map(({ name, uuid, expiresAt }) =>
      dict({ Name: name, UUID: uuid, ExpiryDate: expiresAt === undefined ? undefined : new Date(expiresAt) }),
    );
    return done(dict({ ProvisioningProfileList: list }));
  },

  async InstallProvisioningProfile(parameters, context) {
    const profile = readProvisioning(parameters.data('ProvisioningProfile'), plistLifted(context.device));
    if (profile === undefined) return refused(25000, 'The provisioning profile is malformed.');
    context.named?.(profile.uuid);
    const no = refusalOf(await context.apply(native('InstallProvisioningProfile', { ...profile })));
    if (no !== undefined) return no;
    const others = (context.memory.data.provisioning ?? []).filter(({ uuid }) => uuid !== profile.uuid);
    context.memory.change({ provisioning: [...others, profile] });
    return done();
  },

  async RemoveProvisioningProfile(parameters, context) {
    const uuid = parameters.name('UUID');
    const held = context.memory.data.provisioning ?? [];
    if (!held.some((each) => each.uuid === uuid)) {
      return failed(link('mdm', 12014, `The provisioning profile ${uuid} is not managed.`));
    }
    const no = refusalOf(await context.apply(native('RemoveProvisioningProfile', { uuid })));
    if (no !== undefined) return no;
    context.memory.change({ provisioning: held.filter((each) => each.uuid !== uuid) });
    return done();
  },
};

/** A property list in CMS; who signed it is Apple's affair and not asked here. */
function readProvisioning(bytes: Uint8Array, onLifted: OnLifted | undefined): ProvisioningProfile | undefined {
  try {
    const { content } = readSignedData(bytes);
    const list = parsePlistDict(content ?? Buffer.alloc(0), messageLimits, onLifted);
    const { Name: name, UUID: uuid, ExpirationDate: expires } = list;
    if (typeof name !== 'string' || typeof uuid !== 'string' || uuid.length === 0 || uuid.length > 64) return undefined;
    return { name, uuid, ...(expires instanceof Date ? { expiresAt: expires.getTime() } : {}) };
  } catch (error) {
    if (isRollcallError(error)) return undefined;
    throw error;
  }
}
