// What the user may lift of a real device's strictness. Every place that judges tries the strict way first.
import { commandLineError } from '../../base/command-line.js';

/** Names of what `--lenient` and `DeviceOptions.lenient` lift. */
export const leniencies = ['tls', 'plist', 'scep'] as const;

/**
 * `tls`: the platform's rules on server certificates (the chain to a trusted root is not lifted). `plist`: property lists that
 * the platform's reader refuses. `scep`: SCEP servers that the platform's client refuses.
 */
export type Leniency = (typeof leniencies)[number];

/**
 * What a person wrote after `--lenient`, such as `tls,plist`. Each once; nothing written is nothing lifted. Throws USAGE for a
 * word that is none of `leniencies`.
 *
 * @example
 * const device = createDevice({ platform: 'ios', ports, lenient: readLeniencies('tls,plist') });
 */
export function readLeniencies(text: string | undefined): readonly Leniency[] {
  const words = (text ?? '').split(',').map((word) => word.trim());
  const wanted = new Set(words.filter((word) => word !== ''));
  return [...wanted].map((word) => {
    const known = leniencies.find((name) => name === word);
    if (known !== undefined) return known;
    throw commandLineError('USAGE', `--lenient "${word}" lifts nothing`, {
      hint: `Choose from ${leniencies.join(', ')}, with commas between them.`,
    });
  });
}
