// Profiles put on the device and taken off it as one: all of it, or nothing. What a refusal is called is the platform's.
import { authorityNamed } from '../../protocol/managing-authority.js';
import type { Command, Outcome } from '../../protocol/vocabulary.js';
import type { Whose } from '../model/apply-command.js';
import type { DeviceState, Holding } from '../model/state.js';
import type { Apply } from './driver.js';

/** What was changed and how to take it back, as far as the device lets it. */
export interface Change {
  /** False where the device let a part of it stand. */
  undo(): Promise<boolean>;
}

/** The device did not do it all: which command, and how it was answered. What came before it was undone. */
interface Unchanged {
  readonly command: HoldingCommand;
  readonly outcome: Exclude<Outcome, { readonly status: 'done' }>;
  /** False where the device let a part stand of what was to be undone. */
  readonly isUndone: boolean;
}

export type HoldingCommand = Extract<Command, { readonly kind: 'install-profile' | 'remove-profile' }>;

/**
 * Installs and removes in this order; a removal of what is not held is left out. `whose`: of all that is installed. Throws what
 * `apply` throws, after undoing.
 */
export async function applyHoldings(
  wanted: readonly HoldingCommand[],
  state: DeviceState,
  apply: Apply,
  whose?: Whose,
): Promise<Change | Unchanged> {
  const before = new Map<string, Holding>(state.holdings.map((holding) => [holding.profile.name, holding]));
  const touched: string[] = [];
  const undo = async (): Promise<boolean> => {
    let isUndone = true;
    for (const name of touched.splice(0).reverse()) {
      const held = before.get(name);
      const { status } = await (held === undefined
        ? apply({ kind: 'remove-profile', name })
        : apply({ kind: 'install-profile', profile: held.profile }, whoseIs(held)));
      isUndone &&= status === 'done';
    }
    return isUndone;
  };
  for (const command of wanted) {
    const name = command.kind === 'install-profile' ? command.profile.name : command.name;
    if (command.kind === 'remove-profile' && !before.has(name)) continue;
    let outcome: Outcome;
    try {
      outcome = await apply(command, whose);
    } catch (error) {
      await undo();
      throw error;
    }
    if (outcome.status !== 'done') return { command, outcome, isUndone: await undo() };
    touched.push(name);
  }
  return { undo };
}

/** To put it back as it was. */
const whoseIs = ({ authority, keptUntil }: Holding): Whose => ({ owner: authorityNamed(authority), keptUntil });
