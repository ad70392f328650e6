// A device that gets another number (specs/android.md §1.8 B): the server knows both until it has heard of the device under the new one.
import { visibleLine } from '../../../base/terminal.js';
import { isDeviceNumber } from '../../../protocol/headwind/number.js';
import { logLine } from './apply/device-log.js';
import { noteCommand } from './apply/told.js';
import type { AndroidContext } from './context.js';

/** Takes the number that a configuration gives. True where it is another one. */
export function takeNumber(context: AndroidContext, newNumber: string): boolean {
  const { memory, device, manners } = context;
  const { number, push } = memory.data;
  if (newNumber === number) return false;
  if (!isDeviceNumber(newNumber)) {
    device.tell({
      type: 'trouble',
      code: 'HEADWIND_SERVER',
      message: `the server gives the device a number that is of no use in addresses and topics: ${visibleLine(newNumber.slice(0, 120))}`,
      hint: 'A real device would take it and be lost. Use letters, digits, “_” and “-”.',
      about: 'newNumber',
    });
    return false;
  }
  logLine(context, 'info', `Device number changed from ${number} to ${newNumber}`);
  noteCommand(context, { name: 'newNumber', about: newNumber, status: 'done', said: 'done' });
  memory.change({ number: newNumber, oldNumber: number });
  if (push?.way !== 'mqtt') return true;
  if (manners.mode === 'launcher')
    memory.forget('push'); // it disconnects; what comes on the old topic from now on is lost
  else
    device.tell({
      type: 'trouble',
      code: 'LAUNCHER_DIFFERS',
      message: `pushes go to ${number} until the server has heard of ${newNumber}; launcher 6.36 listens under the new number alone from now on`,
      about: 'newNumber',
    });
  return true;
}

/** The server has heard of the device under its new number: it pushes to that one from now on. */
export function completeRenaming(context: Pick<AndroidContext, 'memory' | 'manners'>): void {
  const { memory } = context;
  if (memory.data.oldNumber === undefined) return;
  memory.forget('oldNumber');
  const { push, number } = memory.data;
  if (context.manners.mode === 'thorough' && push?.way === 'mqtt') memory.change({ push: { ...push, number } });
}
