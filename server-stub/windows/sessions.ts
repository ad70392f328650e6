// Management sessions that go on: one for each device, and a new one takes the place of the one before (case D1).
import type { AskedStep } from './asked.js';
import type { Step } from './steps.js';

export interface Session {
  readonly sessionId: string;
  /** Of the last message that was taken. */
  msgId: number;
  /** SHA-256 of that message: the same message again is the same question, whose answer was lost. */
  lastRequest: string;
  /** What it was answered; absent once the session has ended. */
  lastAnswer?: Buffer;
  hasEnded: boolean;
  /** Steps that the last answer asked for. */
  asked: readonly AskedStep[];
  /** What did not fit into a message, or follows an answer. */
  readonly waiting: { readonly commandId: string; readonly step: Step }[];
  /** CmdIDs are not used twice in a session. */
  lastCmdId: number;
  /** A person of the enrollment is signed in: `./User` is there. */
  isSignedIn: boolean;
  /** The core's session is open: the device has proved who it is. */
  isOpen: boolean;
  /** Base64; made by a challenge and worth one credential. */
  nonce?: string;
  /** How often it was challenged in a row. */
  challenges: number;
  /** Credentials once accepted are asked for no more (212). */
  isAuthenticated: boolean;
}

export type Sessions = Map<string, Session>;

export const newSession = (sessionId: string): Session => ({
  sessionId,
  msgId: 0,
  lastRequest: '',
  hasEnded: false,
  asked: [],
  waiting: [],
  lastCmdId: 0,
  isSignedIn: true,
  isOpen: false,
  challenges: 0,
  isAuthenticated: false,
});

