import { link, refuse } from '../../../protocol/apple-mdm/error-chain.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import type { DeviceState } from '../../model/state.js';
import type { Apply } from '../driver.js';
import { outcomeLink } from './answer.js';

/** What was changed and how to take it back, as far as the device lets it. */
export interface Change {
  undo(): Promise<void>;
}

/**
 * Puts profiles on the device and takes names off it: all of it, or nothing. Undefined when the device answers "later";
 * throws PROFILE_REFUSED (4001 -> 1009 -> its reason) when it refuses. Both after undoing what was done.
 */
export async function changeHoldings(
  wanted: { readonly install: readonly Profile[]; readonly remove: readonly string[] },
  state: DeviceState,
  apply: Apply,
): Promise<Change | undefined> {
  const before = new Map(state.holdings.map(({ profile }) => [profile.name, profile]));
  const touched: string[] = [];
  const change: Change = {
    async undo() {
      for (const name of touched.splice(0).reverse()) {
        const profile = before.get(name);
        await apply(profile === undefined ? { kind: 'remove-profile', name } : { kind: 'install-profile', profile });
      }
    },
  };
  const commands = [
    ...wanted.install.map((profile) => ({ kind: 'install-profile', profile }) as const),
    ...wanted.remove.filter((name) => before.has(name)).map((name) => ({ kind: 'remove-profile', name }) as const),
  ];
  for (const command of commands) {
    const name = command.kind === 'install-profile' ? command.profile.name : command.name;
    let outcome: Awaited<ReturnType<Apply>>;
    try {
      outcome = await apply(command);
    } catch (error) {
      await change.undo();
      throw error;
    }
    if (outcome.status === 'done') {
      touched.push(name);
      continue;
    }
    await change.undo();
    if (outcome.status === 'later') return undefined;
    throw refuse(
      link('installation', 4001, 'The profile failed to install.'),
      link('profile', 1009, `The payload “${name}” could not be installed.`),
      outcomeLink(outcome),
    );
  }
  return change;
}
