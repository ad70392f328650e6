import { RollcallError } from '../base/errors.js';

/** What the hints have to know of how the command was started. */
export interface Started {
  readonly user: string | undefined;
  readonly state: string | undefined;
  readonly allowHttp: boolean;
}

type Rule = (error: RollcallError, started: Started, during: 'enroll' | 'check-in') => string | undefined;

const again = ({ state }: Started): string =>
  state === undefined
    ? 'start the device anew'
    : `\`rollcall device --state ${state} --forget\`, then give --server or --profile again`;

/** What this command has an option for, and the failure by itself does not say. The first that has a word has it. */
const rules: readonly Rule[] = [
  ({ details }, { user }, during) =>
    during === 'enroll' && details['status'] === 401 && details['step'] === undefined && user === undefined
      ? 'Say who enrolls, with --user; a password goes into ROLLCALL_PASSWORD.'
      : undefined,
  ({ message }, { allowHttp }) =>
    !allowHttp && /“(?:Server|CheckIn)?URL”/.test(message)
      ? 'Addresses must be https; add --allow-http if http is meant.'
      : undefined,
  (error, started, during) =>
    during === 'check-in' && error.code === 'CHECKIN_REFUSED'
      ? `The authority does not know this device, as a stub that was restarted without its data: the enrollment is given up. To enroll again give --server or --profile${started.state === undefined ? '' : ` with --state ${started.state}`}.`
      : undefined,
  ({ details: { status } }, started, during) =>
    during === 'check-in' && (status === 400 || status === 403)
      ? `A server that was restarted without its data, or has another CA now, knows neither device nor certificate: forget and enroll again (${again(started)}). Otherwise its own log says more.`
      : undefined,
  ({ code }, { state }) =>
    code === 'DEVICE_OFF'
      ? `It was shut down by a command; switch it on with "power on" at its prompt${state === undefined ? '' : `: rollcall device --state ${state}`}.`
      : undefined,
  ({ code }, started, during) =>
    code === 'TLS_UNTRUSTED' && during === 'check-in' && started.state !== undefined
      ? `Give the CA of the server with --ca FILE. A stub that was restarted without its data has another one, and does not know the device any more: forget and enroll again (${again(started)}).`
      : undefined,
];

/** The failure, with the hint that fits how the command was started. Anything else comes back as it is. */
export function withOptionHint(thrown: unknown, started: Started, during: 'enroll' | 'check-in'): unknown {
  if (!(thrown instanceof RollcallError)) return thrown;
  for (const rule of rules) {
    const hint = rule(thrown, started, during);
    if (hint === undefined) continue;
    const { code, message, details } = thrown;
    return new RollcallError(code, thrown, message, { cause: thrown.cause, hint, details });
  }
  return thrown;
}
