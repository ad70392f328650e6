import { existsSync } from 'node:fs';
import { commandLineError, readAddress, readGivenFile } from '../base/command-line.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import type { Invitation } from './platform/driver.js';

/** What a person typed about where the device is to enroll. */
export interface InviteOptions {
  readonly platform: PlatformName;
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly user?: string | undefined;
  readonly secret?: string | undefined;
  readonly 'allow-http': boolean;
}

/**
 * `--profile` is a file or an address of an enrollment profile; `--server` the stub's address or, when it has a path, that
 * of a profile too. Undefined when neither is given. Throws USAGE, FILE_UNUSABLE.
 */
export function invitationOf(options: InviteOptions): Invitation | undefined {
  const { server, profile, user, secret } = options;
  const person = {
    ...(user === undefined ? {} : { user }),
    ...(secret === undefined ? {} : { secret }),
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
  if (server === undefined) return undefined;
  const url = readAddress('server', server);
  if (url.pathname === '/' && url.search === '') {
    url.pathname = `/enroll/${options.platform}`;
    if (user !== undefined) url.searchParams.set('user', user);
  }
  return { authority: url.origin, url: url.href, ...person };
}
