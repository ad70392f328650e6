import { readPushText } from '../../protocol/headwind/push-text.js';

export type Qos = 0 | 1 | 2;

/** What was published, once, for however many sessions. */
export interface Message {
  readonly topic: string;
  /** The octets as a text of one octet for each character: half of what a Buffer of its own takes, and it holds no larger one. */
  readonly octets: string;
  readonly qos: Qos;
  /** On the tenant's clock. */
  readonly expiresAt: number;
  /** It asks for no more than a look at the configuration: two of them are worth one. */
  readonly isRefresh: boolean;
}

/** Longest payload that is looked into for what it asks. */
const maxRefreshOctets = 256;

export function messageOf(topic: string, payload: Buffer, qos: Qos, expiresAt: number): Message {
  return { topic, octets: payload.toString('latin1'), qos, expiresAt, isRefresh: isRefresh(payload) };
}

function isRefresh(payload: Buffer): boolean {
  if (payload.length > maxRefreshOctets) return false;
  return readPushText(payload.toString('utf8'))?.messageType === 'configUpdated';
}

/** Whether the one makes the other superfluous: the same words to the same topic, asking for a look at the configuration. */
export const isSame = (one: Message, other: Message): boolean =>
  one.isRefresh && other.isRefresh && one.topic === other.topic && one.octets === other.octets;
