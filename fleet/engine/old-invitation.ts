// Where each device of a run enrolls.
import { type DeviceFacts, enrollAddress, type Invitation } from '../../agent/index.js';
import type { Target } from './embedded.js';

/** What stands for something of the device in the address of --android-enroll. */
export const placeholders = ['id', 'index', 'user'] as const;
type Placeholder = (typeof placeholders)[number];

/**
 * The stub's address for an enrollment, or the target's own for Android devices (`androidEnroll`). For another MDM server the
 * profile's own URL is the way in.
 */
export function invitationOf(target: Target, index: number, { platform, id }: DeviceFacts): Invitation {
  const user = target.userOf(index);
  const allowHttp = target.allowHttp === undefined ? {} : { allowHttp: target.allowHttp };
  if (platform !== 'android' || target.androidEnroll === undefined)
    return { authority: target.url, url: enrollAddress(platform, target.url, user), user, ...allowHttp };
  const url = filled(target.androidEnroll, { id, index: String(index + 1), user });
  const token = target.androidSecret === undefined ? {} : { token: target.androidSecret };
  return { authority: new URL(url).origin, url, user, ...token, ...allowHttp };
}

/** The template with each `{name}` replaced, percent-encoded; other braces stay. */
export const filled = (template: string, values: Readonly<Record<Placeholder, string>>): string =>
  template.replace(/\{(id|index|user)\}/g, (_, name: Placeholder) => encodeURIComponent(values[name]));
