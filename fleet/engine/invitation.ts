// Where each device of a run enrolls, and as whom.
import { type DeviceFacts, enrollAddress, type Invitation } from '../../agent/index.js';
import type { UserRow, Users } from '../scenario/model.js';
import type { EngineTarget, InvitationTemplate } from './messages.js';
import type { Secrets } from './secrets.js';

/** What stands for something of the device in the addresses of --profile, --discovery and --android-enroll. */
export const placeholders = ['id', 'index', 'user', 'serial'] as const;

/** What takes the place of `{name}`, by name. */
export type Fillings = Readonly<Record<string, string>>;

/** Who device `index` belongs to: the same in every process, whatever else the run has. */
export function personOf(users: Users, index: number): UserRow {
  if ('rows' in users) return users.rows[index % users.rows.length] ?? numbered(index);
  return numbered('count' in users ? index % users.count : Math.floor(index / users.devicesEach));
}

/** As the stub's built-in tenant numbers them. */
const numbered = (index: number): UserRow => ({ user: `user${index + 1}@contoso.example`, values: {} });

/** The names that may stand in braces: a device's own, and the columns of the users' file. */
export const fillable = (users: Users): readonly string[] => [
  ...new Set([...placeholders, ...('rows' in users ? users.rows.slice(0, 1).flatMap(columnsOf) : [])]),
];

const columnsOf = ({ password, token, values }: UserRow): readonly string[] => [
  ...Object.keys(values),
  ...(password === undefined ? [] : ['password']),
  ...(token === undefined ? [] : ['token']),
];

/**
 * How device `index` joins: by the template of its platform, or where there is none at a stub, by the stub's own way. The proof is
 * the person's own, else that of `secrets`.
 */
export function invitationOf(
  target: EngineTarget,
  users: Users,
  secrets: Secrets,
  index: number,
  facts: DeviceFacts,
): Invitation {
  const { platform, id, serial } = facts;
  const person = personOf(users, index);
  const { user, password = secrets.password, token, values } = person;
  const fillings: Fillings = {
    ...values,
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
    ...{ user, id, serial, index: String(index + 1) },
  };
  const template = target.invitations[platform];
  return {
    ...(template === undefined ? atStub(target, facts, user) : byTemplate(template, fillings)),
    user,
    ...(platform === 'windows' && target.entra !== undefined ? { entra: target.entra } : {}),
    ...proofOf(platform, password, token, secrets, fillings),
    ...(target.allowHttp === undefined ? {} : { allowHttp: target.allowHttp }),
  };
}

const atStub = ({ url }: EngineTarget, { platform }: DeviceFacts, user: string): Invitation => ({
  authority: url,
  url: enrollAddress(platform, url, user),
});

function byTemplate({ url, document, authority }: InvitationTemplate, fillings: Fillings): Invitation {
  const where = { authority };
  if (document !== undefined) return { ...where, document: filledDocument(Buffer.from(document, 'base64'), fillings) };
  return url === undefined ? where : { ...where, url: filled(url, fillings) };
}

/** Each platform's own: a sign-in or a token (Windows), the secret that signs (Android), a sign-in (iOS). */
function proofOf(
  platform: DeviceFacts['platform'],
  password: string | undefined,
  own: string | undefined,
  { enrollToken, launcherSecret }: Secrets,
  fillings: Fillings,
): Pick<Invitation, 'secret' | 'token'> {
  if (platform === 'android') return launcherSecret === undefined ? {} : { token: launcherSecret };
  const token = enrollToken === undefined ? own : filledBy(enrollToken, fillings, (value) => value);
  return {
    ...(password === undefined ? {} : { secret: password }),
    ...(platform === 'windows' && token !== undefined ? { token } : {}),
  };
}

/** An address with each `{name}` replaced, percent-encoded; other braces stay. */
export const filled = (template: string, fillings: Fillings): string =>
  filledBy(template, fillings, encodeURIComponent);

/** What is JSON has `{name}` in its strings replaced; a profile is given out as it is. */
function filledDocument(bytes: Buffer, fillings: Fillings): Uint8Array {
  if (!/^\s*\{/.test(bytes.subarray(0, 100).toString('latin1'))) return bytes;
  return Buffer.from(filledBy(bytes.toString('utf8'), fillings, inJson), 'utf8');
}

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

const filledBy = (template: string, fillings: Fillings, write: (value: string) => string): string =>
  template.replace(/\{([^{}"\s]+)\}/g, (whole, name: string) =>
    Object.hasOwn(fillings, name) ? write(fillings[name] ?? '') : whole,
  );
