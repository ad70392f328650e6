import { z } from 'zod';
import type { DeviceState } from '../../agent/index.js';
import type { RenewStep } from '../scenario/model.js';
import { onceWords, paceOf } from '../scenario/words/pace.js';
import type { StepKind } from './kind.js';
import { pacedLoad } from './words.js';

const shape = z.strictObject(onceWords);

export const renew: StepKind<RenewStep> = {
  name: 'renew',
  about: 'Each device checks in, and renews its identity certificate where that is due; Android has none.',
  shape,
  plan: (body, base, context) => ({ kind: 'renew', ...base, pace: paceOf(shape.parse(body), context) }),
  load: (step, context) => pacedLoad(step, context, 'enroll', 'each renews its certificate'),
  /** Whether a certificate is due is the platform's and the authority's to say; whose has changed counts as moved. */
  onDevices: (step, { ageMs, moved, signal }) => ({
    pace: step.pace,
    async act(device, index) {
      const before = identityIn(device.state);
      await device.checkIn(signal, 'renewal-due');
      if (!sameBytes(before, identityIn(device.state))) moved(index, ageMs());
      return undefined;
    },
    isDone: () => true,
  }),
};

/** The certificate (DER) by which a device is known; undefined where its platform has none. */
function identityIn({ link }: DeviceState): Uint8Array | undefined {
  const data: unknown = link?.data;
  if (typeof data !== 'object' || data === null || !('identity' in data)) return undefined;
  const { identity } = data;
  if (typeof identity !== 'object' || identity === null || !('certificate' in identity)) return undefined;
  return identity.certificate instanceof Uint8Array ? identity.certificate : undefined;
}

const sameBytes = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === undefined || other === undefined ? one === other : Buffer.compare(one, other) === 0;
