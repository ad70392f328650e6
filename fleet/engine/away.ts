// Devices that have no network for a while. Of those with a connection of their own (Android's MQTT) it ends, and comes back.
import type { Device } from '../../agent/index.js';
import { asError } from '../../base/errors.js';
import { codeOf } from './failure.js';
import type { World } from './world.js';

type Whose = Pick<World, 'population' | 'log'>;

/** It hears nothing from now on, and does nothing by itself; or does so again. */
export function setAway({ population, log }: Whose, index: number, isAway: boolean): Promise<void> {
  population.mark(index, 'away', isAway);
  if (population.platformOf(index) !== 'android') return Promise.resolve();
  return population
    .turn(index, (device) => device.setOnline(!isAway))
    .catch((error: unknown) => log.warn(codeOf(error), { during: 'away', error: asError(error) }));
}

/** In its turn. */
export async function comesBack({ population }: Whose, device: Device, index: number): Promise<void> {
  population.mark(index, 'away', false);
  if (!device.state.condition.online) await device.setOnline(true);
}

/** Everybody who is still away has a network again: what woke them meanwhile is answered later. */
export async function allComeBack(world: Whose): Promise<void> {
  const { population } = world;
  for (let slot = 0; slot < population.size; slot++) {
    const index = population.shard.indexOf(slot);
    if (population.is(index, 'away')) await setAway(world, index, false);
  }
}
