import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';

/** HEADWIND_MALFORMED with the place in the message: `data/applications/3/code`. */
export const malformed = (at: string, why: string, cause?: unknown): RollcallError =>
  protocolError('HEADWIND_MALFORMED', at === '' ? why : `${at} ${why}`, { cause, details: { at } });
