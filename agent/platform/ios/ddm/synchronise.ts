// Declarative management's conversation, in the order seen on devices (specs/apple.md §1.11).
import { isRollcallError, type RollcallError } from '../../../../base/errors.js';
import { readDeclarationItems, readTokens } from '../../../../protocol/apple-mdm/ddm.js';
import { encodeStatusReport } from '../../../../protocol/apple-mdm/ddm-status.js';
import { tlsRefusals } from '../../../errors.js';
import type { DeviceState } from '../../../model/state.js';
import type { CommandContext } from '../context.js';
import type { Memory } from '../memory.js';
import type { IosData, SavedDeclaration, SavedDeclarations } from '../saved.js';
import { type Evaluation, evaluate, hasMoved } from './evaluate.js';
import { ask, declarationFailures, fetchChanged } from './fetch-declarations.js';
import { statusReport } from './report.js';
import { tellOfDeclarations } from './told-declarations.js';

/** How often the tokens are asked for until two answers agree. */
const maxRounds = 3;

/** Saves what changed before it is reported. False: it could not be, and is undone. */
type Keep = () => Promise<boolean>;

interface Manifest {
  readonly held: readonly SavedDeclaration[];
  readonly token: string | undefined;
  readonly isChanged: boolean;
  /** Every declaration of it is held. */
  readonly isWhole: boolean;
}

/**
 * tokens -> declaration-items -> what changed -> tokens again until stable -> one status report. Nothing changed: tokens
 * only. Leaves nothing owed when it succeeds, but for declarations that could not be had. Where the authority refuses the
 * manifest, what is held stays, and the first report is sent all the same; then throws what it refused with.
 */
export async function synchronise(context: CommandContext, keep: Keep): Promise<void> {
  const { memory } = context;
  const before = memory.data.ddm;
  const known = before?.declarations ?? [];
  let manifest: Manifest = { held: known, token: before?.token, isChanged: false, isWhole: false };
  let refusal: RollcallError | undefined;
  try {
    manifest = await fetchManifest(before, context);
  } catch (error) {
    if (!isRefusedSync(error)) throw error;
    refusal = error;
  }
  if (manifest.isChanged || before?.again === true) {
    const evaluation = await evaluate(manifest.held, known, context, { retries: true });
    if (!(await bring(evaluation, known, context, keep))) return;
  }
  if (manifest.isChanged || before?.reported === undefined) await report(context);
  if (refusal !== undefined) throw refusal;
  const { due: _owed, token: _before, ...rest } = memory.data.ddm ?? { declarations: known };
  const { token } = manifest;
  if (!manifest.isWhole) memory.change({ ddm: { ...rest, due: '' } });
  else memory.change({ ddm: { ...rest, ...(token === undefined ? {} : { token }) } });
}

/** Throws what the check-in throws; DDM_MALFORMED where the tokens or the manifest cannot be read. */
async function fetchManifest(before: SavedDeclarations | undefined, context: CommandContext): Promise<Manifest> {
  let manifest: Manifest = {
    held: before?.declarations ?? [],
    token: before?.token,
    isChanged: false,
    isWhole: true,
  };
  let announced = before?.due === '' ? undefined : before?.due;
  for (let round = 0; round < maxRounds; round++) {
    const current = announced ?? readTokens(await ask({ kind: 'tokens' }, context)).SyncTokens.DeclarationsToken;
    announced = undefined;
    if (current === manifest.token) break;
    const items = readDeclarationItems(await ask({ kind: 'declaration-items' }, context));
    const { declarations, isWhole } = await fetchChanged(items, manifest.held, context);
    manifest = { held: declarations, token: items.DeclarationsToken, isChanged: true, isWhole };
  }
  return manifest;
}

/** Keeps what was evaluated and tells of it. The token goes until all is reported. */
async function bring(
  { declarations, isWaiting }: Evaluation,
  known: readonly SavedDeclaration[],
  context: CommandContext,
  keep: Keep,
): Promise<boolean> {
  const { again: _before, ...ddm } = context.memory.data.ddm ?? { declarations: [] };
  context.memory.change({ ddm: { ...ddm, declarations: [...declarations], ...(isWaiting ? { again: true } : {}) } });
  if (!(await keep())) return false;
  tellOfDeclarations(known, declarations, context.device);
  return true;
}

/** Sends a status report and remembers what it said. */
async function report(context: CommandContext, prepared = statusReport(context)): Promise<void> {
  const { memory } = context;
  await ask({ kind: 'status' }, context, encodeStatusReport(prepared.report));
  const ddm = memory.data.ddm ?? { declarations: [] };
  memory.change({ ddm: { ...ddm, reported: prepared.digest, listed: { ...prepared.listed } } });
}

/** What was looked at last: as long as it is the same, so is what becomes of the declarations. */
const considered = new WeakMap<Memory, { readonly state: DeviceState; readonly data: IosData }>();

/**
 * At the end of a session: what changed on the device may change what predicates say and what is subscribed to; what waited
 * or failed is tried again, unless it was in this session (`retries`). Sends a status report where it would say something
 * new. Throws as `synchronise` does.
 */
export async function reconsider(context: CommandContext, keep: Keep, retries: boolean): Promise<void> {
  const { memory, device } = context;
  const { ddm } = memory.data;
  if (ddm === undefined || ddm.due !== undefined) return;
  const isAgain = retries && ddm.again === true;
  const last = considered.get(memory);
  if (!isAgain && last !== undefined && last.state === device.state && last.data === memory.data) return;
  if (isAgain || hasMoved(ddm.declarations, context)) {
    const made = await evaluate(ddm.declarations, ddm.declarations, context, { retries });
    const isWaiting = made.isWaiting || (!retries && ddm.again === true);
    if (!(await bring({ ...made, isWaiting }, ddm.declarations, context, keep))) return;
  }
  const prepared = statusReport(context);
  if (prepared.digest !== memory.data.ddm?.reported) await report(context, prepared);
  considered.set(memory, { state: device.state, data: memory.data });
}

const refusedSync = [...declarationFailures, ...tlsRefusals];

/** True where the authority refuses declarative management, or answers it with what cannot be read: the commands go on. */
export const isRefusedSync = (error: unknown): error is RollcallError =>
  isRollcallError(error) && refusedSync.includes(error.code);
