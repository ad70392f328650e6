import type { Log } from '../base/log.js';
import type { Device, DeviceEvent } from './device-types.js';
import type { FailureLink } from './model/happening.js';

/** A line of the log for each thing that happens on the device: trouble as a warning, the rest as information. Failures log themselves. */
export function logEvents(device: Pick<Device, 'onEvent'>, log: Log): () => void {
  return device.onEvent((event) => logEvent(event, log));
}

function logEvent(event: DeviceEvent, log: Log): void {
  switch (event.type) {
    case 'command': {
      const { name, about, id, status, said, reason, error } = event;
      log.info('COMMAND', { command: name, about, id, status, said, reason, error: error?.map(linkText) });
      return;
    }
    case 'declaration':
      log.info('DECLARATION', {
        about: event.id,
        status: event.status,
        reason: event.reason,
        error: event.error?.map(linkText),
      });
      return;
    case 'trouble':
      log.warn(event.code, { during: event.about, reason: event.message });
      return;
    case 'lifted':
      log.warn(event.code, { during: `lenient: ${event.lenient}`, reason: event.message });
      return;
    case 'failed':
      return;
    case 'checked-in':
      log.info('CHECKED_IN', { commands: event.report.commands, later: event.report.later });
      return;
    case 'local-act':
      log.info('LOCAL_ACT', { command: event.command.kind, status: event.outcome.status });
      return;
    case 'woken':
      log.info('WOKEN');
      return;
    case 'check-in':
      log.info('CHECK_IN', { why: event.reason });
      return;
    default:
      log.info(event.type.toUpperCase(), { authority: event.authority });
  }
}

const linkText = ({ domain, code, message }: FailureLink): string => `${domain} ${code} ${message}`;
