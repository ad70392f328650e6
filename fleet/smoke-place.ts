// What a smoke run is, of the options that say where it goes.
import { emulated } from '../agent/index.js';
import { commandLineError } from '../base/command-line.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import type { SmokeOptions } from './options.js';
import type { SmokePlace } from './scenario/smoke.js';
import { hasWayIn, isOrigin } from './ways-in.js';

/**
 * The platforms of a smoke run: those asked for, else those for which there is a way in: all of them at a stub. Throws USAGE for
 * one that cannot be emulated.
 */
export function smokePlatforms(options: SmokeOptions): readonly PlatformName[] {
  const { platform: wanted = [], server } = options;
  if (wanted.length > 0) return [...new Set(wanted)].map(known);
  const given = emulated.filter((name) => hasWayIn(options, name));
  return server === undefined && given.length > 0 ? given : emulated;
}

function known(word: string): PlatformName {
  const found = emulated.find((name) => name === word);
  if (found !== undefined) return found;
  throw commandLineError('USAGE', `--platform ${word} cannot be emulated`, {
    hint: `Choose from ${emulated.join(', ')}.`,
  });
}

/** A server of others is any that has a way in of its own for a platform of the run: nobody knows how to switch it. */
export function smokePlace(options: SmokeOptions): SmokePlace {
  const { server } = options;
  const isOther = smokePlatforms(options).some((name) => hasWayIn(options, name));
  if (isOther || (server !== undefined && !isOrigin(server))) return 'other';
  return server === undefined ? 'embedded' : 'stub';
}
