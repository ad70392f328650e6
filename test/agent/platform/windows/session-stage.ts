// A Windows link and the server that it talks to. What the server says is written out as text; the tree is scripted, so that what
// is tested is the session alone.
import { createPrivateKey } from 'node:crypto';
import { seededRandom } from '../../../../agent/io/random.js';
import { applyCommand } from '../../../../agent/model/apply-command.js';
import type { Happening, ToldCommand } from '../../../../agent/model/happening.js';
import type { Keys, Ports, WakeUps } from '../../../../agent/model/ports.js';
import type { Condition, DeviceFacts, DeviceState } from '../../../../agent/model/state.js';
import type { Apply, SessionRequest } from '../../../../agent/platform/driver.js';
import type { Engine } from '../../../../agent/platform/windows/context.js';
import type { Effect } from '../../../../agent/platform/windows/csp/module.js';
import { WindowsLink } from '../../../../agent/platform/windows/link.js';
import type { WindowsData, Work } from '../../../../agent/platform/windows/saved.js';
import { WindowsServerTrust } from '../../../../agent/platform/windows/server-trust.js';
import type { CommandAnswer } from '../../../../agent/platform/windows/tree/engine.js';
import { manualClock } from '../../../../base/clock.js';
import { memoryLog } from '../../../../base/log.js';
import type { Item, SyncMlCommand, SyncMlMessage } from '../../../../protocol/syncml/message.js';
import { decodeSyncMl } from '../../../../protocol/syncml/read.js';
import { decodeWbxml } from '../../../../protocol/syncml/wbxml.js';
import type { Command, Outcome } from '../../../../protocol/vocabulary.js';
import { type RsaKey, rsaKey } from '../../../support/keys.js';
import { type ScriptedAnswer, scriptedHttp } from '../../../support/scripted-http.js';
import { someMemory, someState } from './some-device.js';

/** The moment at which `someMemory` was enrolled. */
export const enrolledAt = Date.UTC(2026, 10, 26);

/** A message of the server's to the device of `someMemory`. */
export const serverSays = (
  body: string,
  {
    msgId = '1',
    sessionId = '1',
    target = '1E08C6E95D8BB843B1278FF45BC60CC6',
    meta = '',
    final = '<Final/>',
  }: { msgId?: string; sessionId?: string; target?: string; meta?: string; final?: string } = {},
): string =>
  `<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>${sessionId}</SessionID><MsgID>${msgId}</MsgID><Target><LocURI>${target}</LocURI></Target><Source><LocURI>https://mdm.example.test/ManagementServer/MDM.svc</LocURI></Source>${meta}</SyncHdr><SyncBody>${body}${final}</SyncBody></SyncML>`;

export const headerStatus = (code: number, msgRef = 1, chal = ''): string =>
  `<Status><CmdID>1</CmdID><MsgRef>${msgRef}</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd>${chal}<Data>${code}</Data></Status>`;

export const challenge = (type: string, nonce?: string): string =>
  `<Chal><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">${type}</Type>${
    nonce === undefined ? '' : `<NextNonce xmlns="syncml:metinf">${nonce}</NextNonce>`
  }</Meta></Chal>`;

export const get = (cmdId: string, ...targets: readonly string[]): string =>
  `<Get><CmdID>${cmdId}</CmdID>${targets.map((each) => `<Item><Target><LocURI>${each}</LocURI></Target></Item>`).join('')}</Get>`;

export const command = (verb: string, cmdId: string, target: string, more = ''): string =>
  `<${verb}><CmdID>${cmdId}</CmdID><Item><Target><LocURI>${target}</LocURI></Target>${more}</Item></${verb}>`;

/** Answers of a tree that takes everything: 200, and to a Get what `values` has. */
export function answersOf(commands: readonly SyncMlCommand[], values: ReadonlyMap<string, Item>): CommandAnswer[] {
  return commands.map((each) => {
    const items = 'items' in each ? each.items : [];
    const isGet = each.verb === 'Get';
    const found = items.map(({ target = '' }) => (isGet ? values.get(target) : undefined));
    const told: ToldCommand = {
      type: 'command',
      name: each.verb,
      id: each.cmdId ?? '',
      status: 'done',
      said: '200',
    };
    return {
      ...(each.cmdId === undefined ? {} : { cmdId: each.cmdId }),
      verb: each.verb === 'Unknown' ? each.name : each.verb,
      statuses: items.map(({ target }, index) => ({
        code: isGet && found[index] === undefined ? 404 : 200,
        ...(items.length > 1 && target !== undefined ? { targetRef: target } : {}),
      })),
      results: found.filter((item) => item !== undefined),
      told,
    };
  });
}

/** One for all devices of a file: whose key it is, is not looked at. */
let key: RsaKey | undefined;

export interface StageOptions {
  readonly data?: Partial<WindowsData>;
  readonly facts?: Partial<DeviceFacts>;
  readonly condition?: Partial<Condition>;
  /** Does work of a module. */
  readonly work?: (work: Work) => Promise<{ readonly effects: readonly Effect[] }>;
  readonly wake?: WakeUps;
  readonly decide?: (command: Command) => Outcome | undefined;
}

export type ServerAnswer = ScriptedAnswer | ((message: SyncMlMessage) => ScriptedAnswer | Promise<ScriptedAnswer>);

export function openStage({ data = {}, facts = {}, condition = {}, work, wake, decide }: StageOptions = {}) {
  /** What the server says next; nothing more: an empty 200. */
  const script: ServerAnswer[] = [];
  const messages: SyncMlMessage[] = [];
  const http = scriptedHttp((request) => {
    const isWbxml = request.headers?.['Content-Type'] === 'application/vnd.syncml.dm+wbxml';
    const message = isWbxml ? decodeWbxml(request.bytes) : decodeSyncMl(request.bytes);
    messages.push(message);
    const next = script.shift();
    return typeof next === 'function' ? next(message) : next;
  });
  const clock = manualClock(enrolledAt + 1000);
  const log = memoryLog();
  key ??= rsaKey();
  const { privateKey, publicKey } = key;
  const keys: Keys = {
    take: async () => ({ ref: { pool: 'x' }, privateKey, publicKey }),
    open: (ref) => ({ ref, privateKey, publicKey }),
    adopt: (key) => ({
      ref: { pool: 'y' },
      privateKey: createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })),
      publicKey,
    }),
  };
  const ports: Ports = {
    clock,
    log,
    http,
    keys,
    random: seededRandom('windows session', 1),
    ...(wake ? { wake } : {}),
  };
  const memory = someMemory(data);
  const happenings: Happening[] = [];
  const view: { state: DeviceState } = { state: { ...someState({ facts, condition }), link: memory.saved } };
  const device = {
    get state() {
      return view.state;
    },
    lenient: new Set<never>(),
    tell: (happening: Happening) => void happenings.push(happening),
  };
  const values = new Map<string, Item>();
  /** Effects of the next run. */
  const effects: Effect[] = [];
  const works: Work[] = [];
  const runs: (readonly SyncMlCommand[])[] = [];
  /** Called in each run, to change what a command changes. */
  const during: { call: () => void | Promise<void> } = { call: () => {} };
  const engine: Engine = {
    async run(asked) {
      runs.push(asked);
      await during.call();
      return { answers: answersOf(asked, values), effects: effects.splice(0) };
    },
    async work(asked) {
      works.push(asked);
      return (await work?.(asked)) ?? { effects: [] };
    },
  };
  const commands: Command[] = [];
  const apply: Apply = async (asked) => {
    commands.push(asked);
    const decided = decide?.(asked);
    if (decided !== undefined) return decided;
    const applied = applyCommand(view.state, asked, 'test', clock.now());
    view.state = applied.state;
    return applied.outcome;
  };
  const link = new WindowsLink(device, ports, memory, () => engine, new WindowsServerTrust(device, clock));
  const request: SessionRequest = { reason: 'by-hand', apply, signal: new AbortController().signal };
  return {
    script,
    messages,
    http,
    clock,
    log,
    ports,
    memory,
    device,
    happenings,
    view,
    values,
    effects,
    runs,
    works,
    during,
    commands,
    apply,
    link,
    request,
    /** A check-in by hand, or with what is given. */
    checkIn: (given: Partial<SessionRequest> = {}) => link.checkIn({ ...request, ...given }),
    /** The body of the device's message, as text. */
    sent: (index: number): string => http.requests[index]?.bytes.toString('utf8') ?? '',
  };
}

/** Verb, and what tells it from its like: `Alert 1201`, `Status 200`. */
export const outline = ({ commands }: SyncMlMessage): string[] =>
  commands.map((each) => (each.verb === 'Alert' || each.verb === 'Status' ? `${each.verb} ${each.data}` : each.verb));
