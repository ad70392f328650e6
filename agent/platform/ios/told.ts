import type { MdmCommand } from '../../../protocol/apple-mdm/command.js';
import type { ToldCommand } from '../../model/happening.js';
import type { Answer } from './answer.js';

const statusOf = {
  Acknowledged: 'done',
  Error: 'failed',
  CommandFormatError: 'failed',
  NotNow: 'later',
} as const satisfies Record<Answer['status'], ToldCommand['status']>;

/** A command and its answer as the person at the device may read it. `command` is absent where it could not be read. */
export function toldOf(id: string, command: MdmCommand | undefined, { status, chain, reason }: Answer): ToldCommand {
  return {
    type: 'command',
    name: command?.RequestType ?? 'unreadable command',
    id,
    status: statusOf[status],
    said: status,
    ...(reason === undefined ? {} : { reason }),
    ...(chain === undefined
      ? {}
      : {
          error: chain.map(({ ErrorDomain, ErrorCode, LocalizedDescription }) => ({
            domain: ErrorDomain,
            code: ErrorCode,
            message: LocalizedDescription,
          })),
        }),
  };
}
