// Profiles put on the device and taken off it as one: all of it, or nothing. What a refusal is called is the platform's.
import type { Command, Outcome, Profile } from '../../protocol/vocabulary.js';
import type { DeviceState } from '../model/state.js';
import type { Apply } from './driver.js';

/** What was changed and how to take it back, as far as the device lets it. */
export interface Change {
  /** False where the device let a part of it stand. */
  undo(): Promise<boolean>;
}

/** The device did not do it all: which command, and how it was answered. What came before it was undone. */
export interface Unchanged {
  readonly command: HoldingCommand;
  readonly outcome: Exclude<Outcome, { readonly status: 'done' }>;
  /** False where the device let a part stand of what was to be undone. */
  readonly isUndone: boolean;
}

export type HoldingCommand = Extract<Command, { readonly kind: 'install-profile' | 'remove-profile' }>;

/** Installs and removes in this order; a removal of what is not held is left out. Throws what `apply` throws, after undoing. */
export async function applyHoldings(
  wanted: readonly HoldingCommand[],
  state: DeviceState,
  apply: Apply,
): Promise<Change | Unchanged> {
  const before = new Map<string, Profile>(state.holdings.map(({ profile }) => [profile.name, profile]));
  const touched: string[] = [];
  const undo = async (): Promise<boolean> => {
    let isUndone = true;
    for (const name of touched.splice(0).reverse()) {
      const profile = before.get(name);
      const { status } = await apply(
        profile === undefined ? { kind: 'remove-profile', name } : { kind: 'install-profile', profile },
      );
      isUndone &&= status === 'done';
    }
    return isUndone;
  };
  for (const command of wanted) {
    const name = command.kind === 'install-profile' ? command.profile.name : command.name;
    if (command.kind === 'remove-profile' && !before.has(name)) continue;
    let outcome: Outcome;
    try {
      outcome = await apply(command);
    } catch (error) {
      await undo();
      throw error;
    }
    if (outcome.status !== 'done') return { command, outcome, isUndone: await undo() };
    touched.push(name);
  }
  return { undo };
}
