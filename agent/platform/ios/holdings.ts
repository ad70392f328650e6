import { link, refuse } from '../../../protocol/apple-mdm/error-chain.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import type { Whose } from '../../model/apply-command.js';
import type { DeviceState } from '../../model/state.js';
import type { Apply } from '../driver.js';
import { applyHoldings, type Change } from '../holdings.js';
import { outcomeLink } from './answer.js';

/**
 * Puts profiles on the device and takes names off it: all of it, or nothing. Undefined when the device answers "later";
 * throws PROFILE_REFUSED (4001 -> 1009 -> its reason) when it refuses. Both after undoing what was done.
 */
export async function changeHoldings(
  wanted: { readonly install: readonly Profile[]; readonly remove: readonly string[] },
  state: DeviceState,
  apply: Apply,
  whose?: Whose,
): Promise<Change | undefined> {
  const change = await applyHoldings(
    [
      ...wanted.install.map((profile) => ({ kind: 'install-profile', profile }) as const),
      ...wanted.remove.map((name) => ({ kind: 'remove-profile', name }) as const),
    ],
    state,
    apply,
    whose,
  );
  if ('undo' in change) return change;
  const { command, outcome } = change;
  if (outcome.status === 'later') return undefined;
  const name = command.kind === 'install-profile' ? command.profile.name : command.name;
  throw refuse(
    link('installation', 4001, 'The profile failed to install.'),
    link('profile', 1009, `The payload “${name}” could not be installed.`),
    outcomeLink(outcome),
  );
}
