// What is wrong with a share of the devices, or of their network.
import { z } from 'zod';
import type { Fault } from '../model.js';
import { distribution } from './distribution.js';
import { skew, someShare } from './values.js';

/** Of each request, where nothing says it: seldom enough that retries get through. */
const usualProbability = 0.05;

const common = { share: someShare.describe('Of the devices, chosen by the seed; each entry chooses by itself.') };
const probability = someShare.exactOptional().describe('Of each request. Default: 5%.');

const options = [
  z.strictObject({
    ...common,
    connection: z.literal('dropped').describe('The connection is cut in the middle of a request.'),
    probability,
  }),
  z.strictObject({
    ...common,
    slowReads: z.int().min(1).max(10_000_000).describe('Answers are read at so many bytes a second.'),
  }),
  z.strictObject({ ...common, latency: distribution.describe('Each request is held up so long, in real time.') }),
  z.strictObject({ ...common, clock: skew.describe('The device’s clock is wrong by it.') }),
  z.strictObject({
    ...common,
    signature: z.literal('wrong').describe('What the device signs does not verify.'),
  }),
  z.strictObject({
    ...common,
    identity: z.literal('duplicate').describe('The device is a second one with the identity of another.'),
  }),
  z.strictObject({
    ...common,
    message: z.literal('malformed').describe('What the device sends is cut short.'),
    probability,
  }),
] as const;

export const fault = z.union(
  options,
  'expected share: and one of connection: dropped, slowReads:, latency:, clock:, signature: wrong, identity: duplicate, message: malformed',
);
export const faults = z.array(fault).max(50);

/** The fault that an entry means. */
export function faultOf(entry: z.output<typeof fault>): Fault {
  const { share } = entry;
  if ('connection' in entry)
    return { share, kind: 'connection-dropped', probability: entry.probability ?? usualProbability };
  if ('slowReads' in entry) return { share, kind: 'slow-reads', bytesPerSecond: entry.slowReads };
  if ('latency' in entry) return { share, kind: 'latency', ms: entry.latency };
  if ('clock' in entry) return { share, kind: 'clock', skewMs: entry.clock };
  if ('signature' in entry) return { share, kind: 'wrong-signature' };
  if ('identity' in entry) return { share, kind: 'duplicate' };
  return { share, kind: 'malformed', probability: entry.probability ?? usualProbability };
}
