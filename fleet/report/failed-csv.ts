import { visible } from '../../base/terminal.js';
import type { DeviceFailure } from '../engine/messages.js';

/** The first line of `failed.csv`. */
export const failedCsvHead = 'index,platform,device,seed,step,code,message,authority_said,at_ms,scenario_ms\r\n';

/** A line of `failed.csv` (RFC 4180): with `seed` and `index` the same device can be made again. */
export const failedCsvRow = (failure: DeviceFailure, seed: string): string =>
  `${[
    failure.index,
    failure.platform,
    cell(failure.id),
    cell(seed),
    cell(failure.step),
    cell(failure.code),
    cell(failure.message),
    cell(failure.reason ?? ''),
    Math.round(failure.atMs),
    Math.round(failure.scenarioMs),
  ].join(',')}\r\n`;

/**
 * Text of others in a cell: control characters visible, and nothing that a spreadsheet takes for a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
function cell(text: string): string {
  const shown = visible(text).replaceAll('\t', '\\t');
  const harmless = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
