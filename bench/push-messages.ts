// What the push bench and its server process say to each other, and the tokens both know by their number.
import { createHash } from 'node:crypto';

export type ToPushServer =
  /** Wake tokens 0 to count-1, all at once. */
  { readonly type: 'wake'; readonly count: number };

export type FromPushServer =
  | { readonly type: 'ready'; readonly url: string; readonly ca: string }
  /** Every second from the wake on. */
  | { readonly type: 'progress'; readonly sent: number; readonly confirmed: number; readonly waiting: number }
  /** When all were sent (and confirmed, where there is such a thing). */
  | {
      readonly type: 'done';
      /** For taking the pushes, before any was sent. */
      readonly takeMs: number;
      /** The longest time in which the event loop heard nobody. */
      readonly longestPauseMs: number;
      readonly repeated: number;
    };

export const tokenOf = (n: number): string => createHash('sha256').update(`bench ${n}`).digest('hex');
export const idOf = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).toUpperCase().padStart(12, '0')}`;
export const payload = '{"mdm":"8A2B0E8C-6E0B-4C0E-9B57-0F3F3B9A7E11"}';
