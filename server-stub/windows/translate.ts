// The core's commands as steps (specs/windows.md §2.0).
import { z } from 'zod';
import type { Command } from '../../protocol/vocabulary.js';
import { certificateNamed } from '../certificate-named.js';
import type { DeviceRecord, QueuedCommand } from '../core/types.js';
import { stubError } from '../errors.js';
import { scepPath } from '../scep/server.js';
import { providerId, type WindowsContext } from './context.js';
import { factsOfNodes, inventoryNodes, securityNodes, securityOfNodes } from './facts.js';
import { memoryOf } from './memory.js';
import { installing, removing } from './profile-steps.js';
import { renderProfile } from './render.js';
import { thumbprint } from './render-certificate.js';
import type { RenderContext } from './rendered.js';
import { ability, exec, failedBy, failureIn, get, replace, type Step, simply, type TreeDraft } from './steps.js';

const device = './Device/Vendor/MSFT';
export const unenrollNode = `${device}/DMClient/Provider/${providerId}/Unenroll`;

/** A step, and whether it speaks of the user's own tree, which is there only while a person is signed in. */
interface Translated {
  readonly step: Step;
  readonly isOfUser: boolean;
}

/**
 * The first step of a command. Throws NOT_FOUND when a profile names what is not assigned, MESSAGE_REFUSED when the command cannot
 * be said to this device: it has then failed, and nothing is sent.
 */
export function toStep({ id, command }: QueuedCommand, record: DeviceRecord, context: WindowsContext): Translated {
  if (command.kind !== 'install-profile') return { step: stepOf(command, record), isOfUser: isOfUser(command, record) };
  const { profile } = command;
  const rendered = renderProfile(profile, renderContext(record, context));
  return { step: installing(id, profile.name, rendered, record, context), isOfUser: rendered.isOfUser };
}

function isOfUser(command: Command, record: DeviceRecord): boolean {
  if (command.kind !== 'remove-profile') return false;
  return memoryOf(record).held?.[command.name]?.nodes.some((node) => node.startsWith('./User/')) === true;
}

function stepOf(command: Exclude<Command, { kind: 'install-profile' }>, record: DeviceRecord): Step {
  switch (command.kind) {
    case 'remove-profile':
      return removing(command.name, record);
    case 'inventory':
      return command.of === 'security' ? security : inventory;
    case 'lock': // a message or a telephone number has no node
      return ability(`${device}/RemoteLock/Lock`);
    case 'clear-passcode':
      return ability(`${device}/RemoteLock/LockAndResetPIN`);
    case 'rename':
      return simply([replace('./DevDetail/Ext/Microsoft/DeviceName', command.deviceName)]);
    case 'restart':
      return ability(`${device}/Reboot/RebootNow`);
    case 'retire':
      return simply([exec(unenrollNode)]);
    case 'wipe':
      return ability(`${device}/RemoteWipe/doWipe`);
    case 'native':
      return native(command);
    case 'shut-down':
    case 'locate':
    case 'lost-mode':
      throw stubError('MESSAGE_REFUSED', `Windows has no CSP for "${command.kind}"`);
  }
}

type Facts = (values: ReadonlyMap<string, string>) => Readonly<Record<string, unknown>>;

/** A node that this device has not is no failure of the inventory; only where it told nothing at all it has failed. */
const asking = (nodes: readonly string[], factsIn: Facts): Step => ({
  drafts: [get(...nodes)],
  judge(answers) {
    const failure = failureIn(answers);
    if (answers.results.size === 0 && failure !== undefined) return { outcome: failedBy(failure) };
    const told = Object.fromEntries(answers.results);
    return { outcome: { status: 'done', data: { ...factsIn(answers.results), nodes: told } } };
  },
});
const inventory = asking(inventoryNodes, (values) => ({ ...factsOfNodes(values) }));
const security = asking(securityNodes, securityOfNodes);

const nativeBody = z.object({
  uri: z.union([z.string(), z.array(z.string()).min(1).max(200)]),
  data: z.string().exactOptional(),
  format: z.string().max(20).exactOptional(),
  type: z.string().max(200).exactOptional(),
});
const nativeVerbs = ['Get', 'Add', 'Replace', 'Delete', 'Exec'] as const;
const isNativeVerb = (name: string): name is (typeof nativeVerbs)[number] => nativeVerbs.some((verb) => verb === name);

/** `{ name: 'Get', body: { uri } }`; of Add and Replace with `data`, `format` (chr) and `type`. */
function native({ platform, name, body }: Extract<Command, { kind: 'native' }>): Step {
  if (platform !== 'windows') throw stubError('MESSAGE_REFUSED', `a command of ${platform}`);
  const read = nativeBody.safeParse(body);
  if (!isNativeVerb(name) || !read.success) {
    throw stubError('MESSAGE_REFUSED', `"${name.slice(0, 40)}" is none of ${nativeVerbs}, or its body has no uri`);
  }
  const { uri, data, format, type } = read.data;
  const meta = { ...(format !== undefined && { format }), ...(type !== undefined && { type }) };
  const item = {
    ...(Object.keys(meta).length > 0 && { meta }),
    ...(data !== undefined && { data }),
  };
  const draft: TreeDraft = { verb: name, items: [uri].flat().map((target) => ({ target, ...item })) };
  return simply([draft]);
}

function renderContext(record: DeviceRecord, { tenant, challenges, ca }: WindowsContext): RenderContext {
  const { userId, deviceId } = record;
  return {
    certificate: (name) => certificateNamed(name, record, tenant),
    scepUrl: (memoryOf(record).origin ?? '') + scepPath,
    scepChallenge: () => challenges.issue({ platform: 'windows', purpose: 'profile', userId, deviceId }),
    caThumbprint: thumbprint(ca.certificate),
  };
}
