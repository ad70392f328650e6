// What a device says to the commands of one message (specs/windows.md §1.10), and the numbers that it gives its own.
import type { Item, StatusCommand, SyncMlCommand } from '../../../protocol/syncml/message.js';
import type { HeaderVerdict } from './server-authentication.js';
import type { CommandAnswer } from './tree/engine.js';

/** From 1: the Status of the header is always the first. */
export const firstOwnCmdId = 2;

/** CmdIDs in the order of the message. */
export const numbered = (commands: readonly SyncMlCommand[], from: number): readonly SyncMlCommand[] =>
  commands.map((command, index) => ({ ...command, cmdId: String(from + index) }));

/** A Status without its CmdID. */
export const statusOf = (
  msgRef: string,
  { cmdId, verb }: { readonly cmdId?: string; readonly verb: string },
  code: number,
  more: Partial<Pick<StatusCommand, 'targetRefs' | 'originalError' | 'chal'>> = {},
): StatusCommand => ({
  verb: 'Status',
  msgRef,
  cmdRef: cmdId ?? '', // of a command that had none (case D3)
  cmd: verb,
  targetRefs: [],
  sourceRefs: [],
  data: String(code),
  items: [],
  ...more,
});

/** The Status of a header. */
export const headerStatus = (msgRef: string, { code, chal }: HeaderVerdict): StatusCommand =>
  statusOf(msgRef, { cmdId: '0', verb: 'SyncHdr' }, code, chal === undefined ? {} : { chal });

/**
 * The Statuses of a command, then one Results with the Items that it gave. `tellsErrors`: the HRESULT stands in the Status, as
 * from SyncApplicationVersion 3.0 on.
 */
export function saidOf(answer: CommandAnswer, msgRef: string, tellsErrors: boolean): readonly SyncMlCommand[] {
  const { cmdId, verb, statuses, results } = answer;
  const identified = { ...(cmdId === undefined ? {} : { cmdId }), verb };
  const said: SyncMlCommand[] = statuses.map(({ code, targetRef, originalError }) =>
    statusOf(msgRef, identified, code, {
      targetRefs: targetRef === undefined ? [] : [targetRef],
      ...(originalError === undefined || !tellsErrors ? {} : { originalError }),
    }),
  );
  return results.length === 0 ? said : [...said, resultsOf(msgRef, cmdId, results)];
}

const resultsOf = (msgRef: string, cmdId: string | undefined, items: readonly Item[]): SyncMlCommand => ({
  verb: 'Results',
  msgRef,
  cmdRef: cmdId ?? '',
  items,
});

/** The same commands when what they changed could not be stored: each Status says 510, and nothing comes of them. */
export const unsaved = (answer: CommandAnswer): CommandAnswer => ({
  ...answer,
  statuses: answer.statuses.map(({ targetRef }) => ({ ...(targetRef === undefined ? {} : { targetRef }), code: 510 })),
  results: [],
  told: {
    ...answer.told,
    status: 'failed',
    said: '510',
    reason: 'what it changes could not be stored',
  },
});
