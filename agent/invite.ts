import { existsSync } from 'node:fs';
import { commandLineError, readAddress, readGivenFile } from '../base/command-line.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { enrollAddress } from './create-device.js';
import type { Invitation } from './platform/driver.js';

/** The options that say where to enroll a new device. */
export const waysIn = (platform: PlatformName): string =>
  platform === 'windows' ? '--server or --user' : '--server or --profile';

/** What a person typed about where the device is to enroll. */
export interface InviteOptions {
  readonly platform: PlatformName;
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly user?: string | undefined;
  readonly secret?: string | undefined;
  /** Windows: a token in the place of a sign-in. Android: the secret that server and launchers share. */
  readonly token?: string | undefined;
  /** Android: the number of the device was given, as somebody types it into the launcher. */
  readonly hasNumber?: boolean;
  /** Windows: the token service to join first. */
  readonly entra?: string | undefined;
  /** Windows: Autopilot enrolls it. */
  readonly autopilot?: 'user-driven' | 'self-deploying' | undefined;
  /** The domain of `user` says where, if nothing else does: Windows looks there. */
  readonly isByUser?: boolean;
  /** `system`: not in the Company Portal, though the device may have one. */
  readonly startsIn?: 'portal' | 'system' | undefined;
  readonly 'allow-http': boolean;
}

/** As Graph has the two words of the command line. */
const autopilotModes = { 'user-driven': 'userDriven', 'self-deploying': 'selfDeploying' } as const;

/**
 * `--profile` is a file or an address of an enrollment profile; `--server` the stub's address or, when it has a path, that
 * of a profile too; of a Windows device that of a discovery service, for which `--user` or `--entra` is enough; of an Android device
 * that of a QR code in JSON, or with a number the server's own. Undefined when none is given.
 * Throws USAGE, FILE_UNUSABLE.
 */
export function invitationOf(options: InviteOptions): Invitation | undefined {
  const { platform, server, profile, user, secret, token } = options;
  const entra = options.entra === undefined ? undefined : readEntra(options.entra);
  const person = {
    ...(user === undefined ? {} : { user }),
    ...(secret === undefined ? {} : { secret }),
    ...(token === undefined ? {} : { token }),
    ...(entra === undefined ? {} : { entra: entra.service }),
    ...(options.autopilot === undefined ? {} : { autopilot: autopilotModes[options.autopilot] }),
    ...(options.startsIn === 'system' ? { companyPortal: false as const } : {}),
    allowHttp: options['allow-http'],
  };
  if (server !== undefined && profile !== undefined)
    throw commandLineError('USAGE', '--server and --profile are two places to enroll: give one');
  if (profile !== undefined) {
    if (existsSync(profile) || !/^[a-z]+:\/\//i.test(profile))
      return { authority: profile, document: readGivenFile(profile), ...person };
    const url = readAddress('profile', profile);
    return { authority: url.origin, url: url.href, ...person };
  }
  if (server === undefined && entra !== undefined) return { authority: entra.origin, ...person };
  if (server === undefined) {
    const domain = options.isByUser === true ? domainOf(user) : undefined;
    return domain === undefined ? undefined : { authority: `https://enterpriseenrollment.${domain}`, ...person };
  }
  const url = readAddress('server', server);
  const isByNumber = platform === 'android' && options.hasNumber === true && user === undefined;
  const isOurs = url.pathname === '/' && url.search === '' && !isByNumber;
  // A discovery address is used as it was given: Windows adds nothing to it, and some servers compare it letter by letter.
  const asGiven = platform === 'windows' ? server : url.href;
  return { authority: url.origin, url: isOurs ? enrollAddress(platform, url.origin, user) : asGiven, ...person };
}

/**
 * Where the token service of a directory is, as `--entra` says it: an origin alone is that of a stub. Throws USAGE.
 *
 * @example
 * readEntra('https://localhost:8443').service; // 'https://localhost:8443/entra'
 */
export function readEntra(text: string): { readonly origin: string; readonly service: string } {
  const { origin, pathname, href } = readAddress('entra', text);
  return { origin, service: pathname === '/' ? `${origin}/entra` : href };
}

/** In lower case; undefined where the user is no user principal name. */
export const domainOf = (user: string | undefined): string | undefined =>
  /^[^@\s]+@([^@\s/?#:]+)$/.exec(user ?? '')?.[1]?.toLowerCase();
