// Management sessions that go on: one for each device, and a new one takes the place of the one before (case D1).
import type { StubAnswer } from '../http-types.js';
import type { AskedStep } from './asked.js';
import type { Draft, WaitingStep } from './steps.js';

export interface Session {
  readonly sessionId: string;
  /** Of the last message that was taken. */
  msgId: number;
  /** SHA-256 of that message: the same message again is the same question, whose answer was lost. */
  lastRequest: string;
  /** What it was answered. */
  lastAnswer: StubAnswer;
  hasEnded: boolean;
  /** Steps that were asked for and are not answered. */
  asked: readonly AskedStep[];
  /** A step that is longer than the device's messages may be: what of its commands is still to be said, message by message. */
  rest?: readonly (readonly Draft[])[];
  /** MaxMsgSize of the device, where it said one. */
  maxMsgSize?: number;
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
  /** The device takes the stub for who it says it is, and is shown nothing more (212). */
  isBelieved?: true;
}

/** By DeviceID. */
export type Sessions = Map<string, Session>;

export const newSession = (sessionId: string): Session => ({
  sessionId,
  msgId: 0,
  lastRequest: '',
  lastAnswer: { status: 200 },
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
  delete session.rest;
  session.waiting.length = 0;
}
