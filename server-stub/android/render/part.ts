import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import type { PlainBundle } from '../../../protocol/managed-config/bundle.js';
import { bundleFrom } from '../../../protocol/managed-config/write.js';
import type { CertificateProfile } from '../../../protocol/vocabulary.js';
import { stubError } from '../../errors.js';
import type { AwaitedFile, RenderContext } from './rendered.js';

/** What an item came to in the document. */
export interface Part {
  /** Where it lies, in the words of the labels. */
  readonly carriers: readonly string[];
  /** What the device must list of it. */
  readonly files?: readonly AwaitedFile[];
}

/** Why an item cannot be carried. */
export const cannot = (name: string, why: string): RollcallError =>
  stubError('MESSAGE_REFUSED', `profile "${name}": ${why}`);

/** The values, if the launcher hands on all of them as they are. Throws MESSAGE_REFUSED with the key of one that it would lose. */
export function carried(name: string, plain: PlainBundle): PlainBundle {
  try {
    bundleFrom(plain);
    return plain;
  } catch (error) {
    throw isRollcallError(error) ? cannot(name, error.message) : error;
  }
}

/** Those that are there. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** The certificate that a profile names. Throws NOT_FOUND where it is not assigned. */
export function assigned(
  profile: string,
  name: string,
  { certificate }: Pick<RenderContext, 'certificate'>,
): CertificateProfile {
  const found = certificate(name);
  if (found !== undefined) return found;
  throw stubError('NOT_FOUND', `profile "${profile}" names certificate "${name}", which is not assigned`);
}
