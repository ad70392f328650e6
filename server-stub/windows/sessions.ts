// Management sessions that go on: one for each device, and a new one takes the place of the one before (case D1).
import type { AskedStep } from './asked.js';
import type { Step } from './steps.js';

export interface Session {
  readonly sessionId: string;
  /** Of the last message that was taken. */
  msgId: number;
  /** SHA-256 of that message: the same message again is the same question, whose answer was lost. */
  lastRequest: string;
  /** What it was answered. */
  lastAnswer: Buffer;
  hasEnded: boolean;
  /** Steps that were asked for and are not answered. */
  asked: readonly AskedStep[];
  /** What did not fit into a message, or follows an answer. */
  readonly waiting: WaitingStep[];
  /** A person of the enrollment is signed in: `./User` is there. */
  isSignedIn: boolean;
  /** The core's session is open: the device has proved who it is. */
  isOpen: boolean;
  /** Made by a challenge and worth one credential. */
  nonce?: Buffer;
  /** How often it was challenged. */
  challenges: number;
  /** Credentials once accepted are asked for no more (212). */
  isAuthenticated: boolean;
}

export interface WaitingStep {
  readonly commandId: string;
  readonly step: Step;
  /** Nothing is said after it. */
  readonly isLast?: boolean;
}

/** By DeviceID. */
export type Sessions = Map<string, Session>;

const nothing = Buffer.alloc(0);

export const newSession = (sessionId: string): Session => ({
  sessionId,
  msgId: 0,
  lastRequest: '',
  lastAnswer: nothing,
  hasEnded: false,
  asked: [],
  waiting: [],
  isSignedIn: true,
  isOpen: false,
  challenges: 0,
  isAuthenticated: false,
});

/** Of a session that has ended its last answer alone is kept: it may have been lost. */
export function endSession(session: Session): void {
  session.hasEnded = true;
  session.asked = [];
  session.waiting.length = 0;
}
