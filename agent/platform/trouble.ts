import { type RollcallError, wholeMessage } from '../../base/errors.js';
import type { ToldTrouble } from '../model/happening.js';

/** What went wrong and ended nothing; `about` says where. */
export const troubleOf = (error: RollcallError, about: string): ToldTrouble => ({
  type: 'trouble',
  code: error.code,
  message: wholeMessage(error),
  hint: error.hint,
  about,
});
