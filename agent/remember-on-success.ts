// When the folder of a device is told what was said on the command line.
import { isDeepStrictEqual } from 'node:util';
import type { DeviceSettings } from './device-settings.js';
import type { Device } from './device-types.js';
import { type Remembered, writeRemembered } from './remembered.js';

/**
 * What was given is remembered once it has led to an authority: a slip is not. How wrong the clock is belongs to the device, and is kept
 * at once.
 */
export function rememberOnSuccess(
  device: Device,
  folder: string | undefined,
  before: Remembered,
  { remembered }: DeviceSettings,
) {
  let writing: Promise<void> | undefined;
  let skewMs = remembered.skewMs ?? 0;
  const withSkew = ({ skewMs: _before, ...rest }: Remembered): Remembered =>
    skewMs === 0 ? rest : { ...rest, skewMs };
  const write = async (what: Remembered): Promise<void> => {
    if (folder === undefined) return;
    const written = (writing ?? Promise.resolve()).then(() => writeRemembered(folder, withSkew(what)));
    writing = written;
    written.catch(() => {}); // thrown by settled
    await written;
  };
  let known = before;
  if (!isDeepStrictEqual(remembered, before))
    device.onEvent(({ type }) => {
      if ((type !== 'enrolled' && type !== 'checked-in') || known === remembered) return;
      known = remembered;
      void write(remembered).catch(() => {});
    });
  return {
    settled: async (): Promise<void> => await writing,
    keepSkew: async (ms: number): Promise<void> => {
      skewMs = ms;
      await write(known);
    },
  };
}
