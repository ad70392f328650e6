import type { Command, Outcome } from '../protocol/vocabulary.js';
import type { DeviceMemory } from './device-memory.js';
import type { DeviceOptions } from './device-types.js';
import { applyCommand, type Whose } from './model/apply-command.js';

/** What happened in one session so far, should it break off. */
export interface Tally {
  readonly authority: string;
  commands: number;
  later: number;
  left?: 'removed' | 'wiped';
  /** `decide` has answered in the device's place. */
  isDecided?: true | undefined;
}

/** Carries a command out on the device, unless `decide` answers in its place. Nothing is saved yet. */
export function carriedOut(
  command: Command,
  tally: Tally,
  memory: DeviceMemory,
  { decide, ports }: Pick<DeviceOptions, 'decide' | 'ports'>,
  whose?: Whose,
): Outcome {
  tally.commands++;
  let outcome = decide?.(command, memory.state);
  tally.isDecided = outcome === undefined ? undefined : true;
  if (outcome === undefined) {
    const applied = applyCommand(memory.state, command, tally.authority, ports.clock.now(), whose);
    outcome = applied.outcome;
    if (applied.state !== memory.state) memory.put(applied.state);
    if (command.kind === 'wipe') tally.left = 'wiped';
    if (command.kind === 'retire') tally.left = 'removed';
  }
  if (outcome.status === 'later') tally.later++;
  return outcome;
}

/** The same for a command of the authority: the event that follows says what it changed. */
export function carriedOutAndTold(
  command: Command,
  tally: Tally,
  memory: DeviceMemory,
  options: Pick<DeviceOptions, 'decide' | 'ports'>,
  whose?: Whose,
): Outcome {
  const outcome = carriedOut(command, tally, memory, options, whose);
  memory.changed({ command, outcome, ...(tally.isDecided === true ? { decided: true } : {}) });
  return outcome;
}
