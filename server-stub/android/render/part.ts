import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import type { AliasOf } from '../../../protocol/app-config/names.js';
import type { PlainBundle } from '../../../protocol/managed-config/bundle.js';
import { bundleFrom } from '../../../protocol/managed-config/write.js';
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

/** A client certificate goes by the name of its profile in the device's key store, where that is assigned. */
export const aliasOf =
  ({ certificate }: Pick<RenderContext, 'certificate'>): AliasOf =>
  (name) =>
    certificate(name) === undefined ? undefined : name;
