// Installing and removing profiles: Add where the device has nothing of it, a change in place or Delete and Add where it may, and
// the other way round where the device says that it was wrong.
import { splitLocUri } from '../../protocol/syncml/loc-uri.js';
import type { ProfileKind } from '../../protocol/vocabulary.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { WindowsContext } from './context.js';
import { type HeldNodes, memoryOf, remember, type WindowsMemory, withEntry } from './memory.js';
import type { Rendered } from './rendered.js';
import { type Answers, type Draft, failedBy, failureIn, get, remove, type Step, type Verdict } from './steps.js';

interface Installation {
  readonly commandId: string;
  readonly name: string;
  readonly rendered: Rendered;
  /** What may lie on the device already: nodes of an earlier version, and of this one where it was sent before. */
  readonly before: HeldNodes | undefined;
  /** LocURIs that other profiles have too, and that are not to be deleted. */
  readonly shared: ReadonlySet<string>;
}

/**
 * The first step of an installation. What was sent is remembered before the device has it: it may obey and its answer be lost.
 */
export function installing(
  commandId: string,
  name: string,
  rendered: Rendered,
  device: DeviceRecord,
  { tenant }: Pick<WindowsContext, 'tenant'>,
): Step {
  const memory = memoryOf(device);
  const { held = {}, awaited = {} } = memory;
  const waiting = awaited[name];
  if (waiting?.commandId === commandId) return asking(commandId, name, waiting.node, rendered);
  const before = Object.hasOwn(held, name) ? held[name] : undefined;
  const { nodes, shape } = rendered;
  const leftOver = (before?.nodes ?? []).filter((node) => !nodes.includes(node));
  remember(tenant, device.deviceId, { held: withEntry(held, name, { nodes: [...nodes, ...leftOver], shape }) });
  const installation = { commandId, name, rendered, before, shared: nodesOfOthers(memory, name) };
  const isNew = before === undefined || isBeingRemoved(name, device, tenant);
  return isNew ? adding(installation) : changing(installation);
}

/** Its removal goes before it, unanswered as yet: what has expired goes and comes anew (A23). */
const isBeingRemoved = (name: string, { deviceId }: DeviceRecord, tenant: WindowsContext['tenant']): boolean =>
  tenant
    .openCommands(deviceId)
    .some(({ command, status }) => command.kind === 'remove-profile' && command.name === name && status === 'sent');

const nodesOfOthers = ({ held = {} }: WindowsMemory, name: string): ReadonlySet<string> =>
  new Set(Object.entries(held).flatMap(([other, { nodes }]) => (other === name ? [] : nodes)));

/** On a device that has nothing of it: 418 says that it has. */
function adding(installation: Installation): Step {
  return step(installation, installation.rendered.add, ({ code }) =>
    code === '418' ? deleting(installation) : undefined,
  );
}

/** In place, where nodes and leaves are the same: 404 says that the device has lost them, 418 that it has what it was to erase. */
function changing(installation: Installation): Step {
  const { rendered, before } = installation;
  const isSame = before?.shape === rendered.shape && before.nodes.join() === rendered.nodes.join();
  if (rendered.change === undefined || !isSame) return deleting(installation);
  return step(installation, rendered.change, ({ code }) =>
    ['404', '405', '418', '500'].includes(code) ? deleting(installation) : undefined,
  );
}

/** Delete and Add. A node of its own that another profile has, too, such as a network's by its SSID, is this one's from now on (A8). */
function deleting(installation: Installation): Step {
  const { rendered, before, shared } = installation;
  const former = (before?.nodes ?? []).filter((node) => !shared.has(node));
  const nodes = new Set([...former, ...rendered.nodes]);
  return step(installation, [...[...nodes].map(remove), ...rendered.add], () => undefined);
}

const isMissing = ({ draft, code }: { readonly draft: Draft; readonly code: string }): boolean =>
  draft.verb === 'Delete' && code === '404';

function step(
  installation: Installation,
  drafts: readonly Draft[],
  otherwise: (failure: { readonly code: string }) => Step | undefined,
): Step {
  return {
    drafts,
    judge(answers) {
      const failure = failureIn(answers, (status) => isMissing(status) || isThere(installation, status));
      if (failure === undefined) return installed(installation);
      const next = otherwise(failure);
      return next === undefined ? { outcome: failedBy(failure) } : { next };
    },
  };
}

/** A trusted certificate is named by its content: one that is there is the right one. */
const isThere = ({ rendered }: Installation, { code }: { readonly code: string }): boolean =>
  code === '418' && rendered.shape === 'EncodedCertificate';

function installed({ commandId, name, rendered }: Installation): Verdict {
  const [node = ''] = rendered.nodes;
  const settle = (memory: WindowsMemory): WindowsMemory => ({
    held: withEntry(memory.held, name, { nodes: rendered.nodes, shape: rendered.shape }),
  });
  if (rendered.afterwards === 'pfx')
    return { next: asked(get(`${node}/Status`), (answers) => ofPfx(answers, node, settle)) };
  if (rendered.afterwards === 'scep') {
    // The Status says "queued": the device fetches the certificate after the session, and says so in another one.
    return {
      outcome: { status: 'later', reason: 'the device is to fetch the certificate by SCEP' },
      remember: (memory) => ({
        ...settle(memory),
        awaited: withEntry(memory.awaited, name, { commandId, node }),
      }),
    };
  }
  return { outcome: { status: 'done' }, remember: settle };
}

const asked = (draft: Draft, judge: (answers: Answers) => Verdict): Step => ({ drafts: [draft], judge });

function ofPfx(answers: Answers, node: string, settle: (memory: WindowsMemory) => WindowsMemory): Verdict {
  const failure = failureIn(answers);
  if (failure !== undefined) return { outcome: failedBy(failure) };
  const status = answers.results.get(`${node}/Status`.toLowerCase()) ?? '';
  if (status === '0') return { outcome: { status: 'done' }, remember: settle };
  return {
    outcome: {
      status: 'failed',
      reason: `the PFX was not installed: Win32 error ${status.slice(0, 20)}`,
      code: status.slice(0, 20),
    },
  };
}

/** The device has taken a SCEP enrollment in an earlier session: what has become of it? */
function asking(commandId: string, name: string, node: string, rendered: Rendered): Step {
  return asked(get(`${node}/Status`, `${node}/ErrorCode`, `${node}/CertThumbprint`), (answers) => {
    const value = (leaf: string) => answers.results.get(`${node}/${leaf}`.toLowerCase());
    const forget = (memory: WindowsMemory): WindowsMemory => ({ awaited: withEntry(memory.awaited, name, undefined) });
    switch (value('Status')) {
      case '1':
        return { outcome: { status: 'done', data: { thumbprint: value('CertThumbprint') ?? '' } }, remember: forget };
      case '2':
      case '32':
        return { outcome: { status: 'later', reason: 'the device waits for its certificate' } };
      case undefined: {
        // It has none of it any more: from the beginning.
        const shared = new Set<string>();
        return { next: deleting({ commandId, name, rendered, before: undefined, shared }) };
      }
      default:
        return { outcome: scepFailed(value('Status'), value('ErrorCode')), remember: forget };
    }
  });
}

function scepFailed(status: string | undefined, errorCode: string | undefined) {
  const number = Number(errorCode);
  const code = Number.isInteger(number) ? `0x${(number >>> 0).toString(16).padStart(8, '0').toUpperCase()}` : '';
  return {
    status: 'failed',
    reason: `the SCEP enrollment failed: status ${status?.slice(0, 20)}, error ${code || 'unknown'}`,
    ...(code !== '' && { code }),
  } as const;
}

/** Deletes what a profile has on the device; what is gone already is gone. Throws NOT_FOUND for a name that it was never given. */
export function removing(name: string, device: DeviceRecord): Step {
  const memory = memoryOf(device);
  const held = Object.hasOwn(memory.held ?? {}, name) ? memory.held?.[name] : undefined;
  if (held === undefined) throw stubError('NOT_FOUND', `the device was given no profile "${name}"`);
  const shared = nodesOfOthers(memory, name);
  const drafts = held.nodes.filter((node) => !shared.has(node)).map(remove);
  const forget = (now: WindowsMemory): WindowsMemory => ({
    held: withEntry(now.held, name, undefined),
    awaited: withEntry(now.awaited, name, undefined),
  });
  return {
    drafts,
    judge(answers) {
      const failure = failureIn(answers, isMissing);
      return failure === undefined ? { outcome: { status: 'done' }, remember: forget } : { outcome: failedBy(failure) };
    },
  };
}

/** The core's name of a profile that the device knows by that of its node: a network's name, a thumbprint. Of several the last that came. */
export function profileNamed(device: DeviceRecord, kind: ProfileKind, name: string): string | undefined {
  const ofKind = device.held.filter((held) => held.kind === kind);
  if (ofKind.some((held) => held.name === name)) return undefined;
  const nodes = memoryOf(device).held ?? {};
  const found = ofKind.findLast((held) => nodes[held.name]?.nodes.some((node) => splitLocUri(node)?.at(-1) === name));
  return found?.name;
}
