import { RollcallError } from '../base/errors.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { waysIn } from './invite.js';

/** What the hints have to know of how the command was started. */
export interface Started {
  readonly platform: PlatformName;
  readonly user: string | undefined;
  readonly server: string | undefined;
  readonly hasToken: boolean;
  readonly state: string | undefined;
  readonly allowHttp: boolean;
}

type Rule = (error: RollcallError, started: Started, during: 'enroll' | 'check-in') => string | undefined;

const again = ({ state, platform }: Started): string =>
  state === undefined
    ? 'start the device anew'
    : `\`rollcall device --state ${state} --forget\`, then give ${waysIn(platform)} again`;

/** MENROLL_E_DEVICE_AUTHENTICATION_ERROR. */
const isOfSignIn = (hresult: unknown): boolean => hresult === '0x80180002';

const isFirst = (details: RollcallError['details']): boolean => details['step'] === 'Discovery';

/** What this command has an option for, and the failure by itself does not say. The first that has a word has it. */
const rules: readonly Rule[] = [
  ({ details }, { user }, during) =>
    during === 'enroll' && details['status'] === 401 && details['step'] === undefined && user === undefined
      ? 'Say who enrolls, with --user; a password goes into ROLLCALL_PASSWORD.'
      : undefined,
  ({ details }, { platform }, during) =>
    during === 'enroll' && platform === 'windows' && details['code'] === 'E12'
      ? 'The token of the provisioning package is past its date: have a new one made (at the stub: POST /stub/v1/windows/bulkTokens), and give it with --enroll-token.'
      : undefined,
  ({ code, details }, { platform, hasToken }, during) =>
    during === 'enroll' && platform === 'windows' && code === 'ENROLL_REFUSED' && isOfSignIn(details['hresult'])
      ? hasToken
        ? 'The server does not take this token: give a new one with --enroll-token, or none.'
        : 'Look at the name in --user, and at the password in ROLLCALL_PASSWORD.'
      : undefined,
  ({ code, details }, { platform, server, user }, during) =>
    during === 'enroll' &&
    platform === 'windows' &&
    server === undefined &&
    code === 'TRANSPORT_LOST' &&
    isFirst(details)
      ? `Without --server the domain of ${user ?? 'the user'} says where to ask. Give that name to the server in the domain’s DNS, or say --server URL.`
      : undefined,
  (_, { platform, server }, during) =>
    during === 'enroll' && platform === 'ios' && /\/discovery\.svc$/i.test(server ?? '')
      ? 'This is the address of a Windows discovery service: add --platform windows, or give that of an enrollment profile.'
      : undefined,
  ({ details: { status, url } }, { platform, server }, during) =>
    during === 'enroll' && platform === 'android' && status === 500 && /\/qr\/json\//.test(String(url))
      ? `Headwind MDM has no such QR code${server === undefined ? '' : ` at ${server}`}: give the address of a configuration's, as https://mdm.example/rest/public/qr/json/KEY?create=1, or say --number for a device that the server knows.`
      : undefined,
  ({ message }, { allowHttp }) =>
    !allowHttp && /“(?:Server|CheckIn)?URL”/.test(message)
      ? 'Addresses must be https; add --allow-http if http is meant.'
      : undefined,
  (error, started, during) =>
    during === 'check-in' && error.code === 'CHECKIN_REFUSED'
      ? `The authority does not know this device: it was deleted there, or the server was restarted without its data. The enrollment is given up. To enroll again give ${waysIn(started.platform)}${started.state === undefined ? '' : ` with --state ${started.state}`}.`
      : undefined,
  ({ details: { status } }, started, during) =>
    during === 'check-in' && (status === 400 || status === 403)
      ? `A server that was restarted without its data, or has another CA now, knows neither device nor certificate: forget and enroll again (${again(started)}). A stub whose clock was moved is of another time than this device: --clock stub. Otherwise its own log says more.`
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
    const { shows } = details;
    const whole = typeof shows === 'string' ? `${hint} Windows shows: “${shows}”` : hint;
    return new RollcallError(code, thrown, message, { cause: thrown.cause, hint: whole, details });
  }
  return thrown;
}
