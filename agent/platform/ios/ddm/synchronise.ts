// Declarative management's conversation, in the order seen on devices (specs/apple.md §1.11).
import { isRollcallError } from '../../../../base/errors.js';
import {
  buildEndpoint,
  type DeclarationItem,
  type DeclarationItemsResponse,
  type DeclarationKind,
  type Endpoint,
  manifestKeys,
  readDeclaration,
  readDeclarationItems,
  readTokens,
} from '../../../../protocol/apple-mdm/ddm.js';
import { encodeStatusReport } from '../../../../protocol/apple-mdm/ddm-status.js';
import { protocolError } from '../../../../protocol/errors.js';
import type { CommandContext } from '../context.js';
import { statusOf } from '../exchange.js';
import { weightOf } from '../room.js';
import type { SavedDeclaration } from '../saved.js';
import { evaluate } from './evaluate.js';
import { statusReport } from './report.js';

/** How often the tokens are asked for until two answers agree. */
const maxRounds = 3;
const maxDeclarations = 2000;
/** Of all declarations together, as they are kept. Those beyond it are not fetched, and are reported as not readable. */
export const mostDeclarationBytes = 16 * 1024 * 1024;
/** The order in which what changed is fetched. */
const fetchOrder: readonly DeclarationKind[] = ['activation', 'asset', 'configuration', 'management'];

/**
 * tokens -> declaration-items -> what changed -> tokens again until stable -> one status report. Nothing changed: tokens
 * only. Leaves nothing owed when it succeeds, but for what waits for an unlocked screen. What changed is kept before it is
 * reported; where it cannot be, `keep` undoes it, and nothing is reported.
 */
export async function synchronise(context: CommandContext, keep: () => Promise<boolean>): Promise<void> {
  const { memory } = context;
  const before = memory.data.ddm;
  const known = before?.declarations ?? [];
  let held: readonly SavedDeclaration[] = known;
  let token = before?.token;
  let announced = before?.due === '' ? undefined : before?.due;
  let isChanged = false;
  for (let round = 0; round < maxRounds; round++) {
    const current = announced ?? readTokens(await ask({ kind: 'tokens' }, context)).SyncTokens.DeclarationsToken;
    announced = undefined;
    if (current === token) break;
    const items = readDeclarationItems(await ask({ kind: 'declaration-items' }, context));
    held = await fetchChanged(items, held, context);
    token = items.DeclarationsToken;
    isChanged = true;
  }
  if (!isChanged) {
    memory.change({ ddm: { ...(token === undefined ? {} : { token }), declarations: [...known] } });
    return;
  }
  const { declarations, isWaiting } = await evaluate(held, known, context);
  // What waits, or was not reported, is looked at again: without a token the next time finds everything changed, and fetches
  // nothing that is not.
  memory.change({ ddm: { due: '', declarations } });
  if (!(await keep())) return;
  const report = statusReport(declarations, before?.token === undefined, context);
  await ask({ kind: 'status' }, context, encodeStatusReport(report));
  if (!isWaiting && token !== undefined) memory.change({ ddm: { token, declarations } });
}

/** Fetches each declaration whose ServerToken is new; keeps the others; leaves out what the manifest no longer names. */
async function fetchChanged(
  { Declarations }: DeclarationItemsResponse,
  held: readonly SavedDeclaration[],
  context: CommandContext,
): Promise<SavedDeclaration[]> {
  const wanted = fetchOrder.flatMap((kind) => Declarations[manifestKeys[kind]].map((item) => ({ kind, item })));
  if (wanted.length > maxDeclarations) {
    throw protocolError(
      'DDM_MALFORMED',
      `the manifest names ${wanted.length} declarations, at most ${maxDeclarations}`,
    );
  }
  const byName = new Map(held.map((each) => [`${each.kind} ${each.identifier}`, each]));
  const made = new Map<string, SavedDeclaration>();
  let bytes = 0;
  for (const { kind, item } of wanted) {
    const name = `${kind} ${item.Identifier}`;
    if (made.has(name)) continue;
    const old = byName.get(name);
    const declaration =
      old?.serverToken === item.ServerToken
        ? old
        : bytes < mostDeclarationBytes
          ? await fetchDeclaration(kind, item, context)
          : unread(kind, item);
    if (declaration === undefined) continue;
    made.set(name, declaration);
    bytes += weightOf(declaration);
  }
  if (bytes >= mostDeclarationBytes)
    context.ports.log.warn('DDM_MALFORMED', {
      problem: `the declarations have more than ${mostDeclarationBytes} bytes`,
    });
  return [...made.values()];
}

/** A declaration that is named and could not be had: invalid, until it has another ServerToken. */
const unread = (kind: DeclarationKind, { Identifier, ServerToken }: DeclarationItem): SavedDeclaration => ({
  kind,
  identifier: Identifier,
  serverToken: ServerToken,
  type: '',
  payload: {},
  active: false,
  valid: 'unknown',
  reasons: [],
});

/** What makes one declaration invalid, and leaves the others alone. */
const unreadable = ['DDM_MALFORMED', 'HTTP_TOO_LARGE', 'HTTP_REDIRECTS'];

async function fetchDeclaration(
  kind: DeclarationKind,
  item: DeclarationItem,
  context: CommandContext,
): Promise<SavedDeclaration | undefined> {
  try {
    const read = readDeclaration(await ask({ kind: 'declaration', of: kind, identifier: item.Identifier }, context));
    if (read.Identifier !== item.Identifier) {
      throw protocolError('DDM_MALFORMED', `declaration ${item.Identifier} answers as ${read.Identifier}`);
    }
    return { ...unread(kind, read), type: read.Type, payload: read.Payload };
  } catch (error) {
    if (statusOf(error) === 404) return undefined; // gone since the manifest was made
    if (!isRollcallError(error) || !unreadable.includes(error.code)) throw error;
    context.ports.log.info(error.code, { declaration: item.Identifier, problem: error.message });
    return unread(kind, item);
  }
}

function ask(endpoint: Endpoint, { exchange, device, signal }: CommandContext, data?: Uint8Array): Promise<Buffer> {
  return exchange.checkIn(
    {
      MessageType: 'DeclarativeManagement',
      UDID: device.state.facts.id,
      Endpoint: buildEndpoint(endpoint),
      ...(data === undefined ? {} : { Data: data }),
    },
    signal,
  );
}
