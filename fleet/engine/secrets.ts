// What proves who enrolls. It comes to an engine by its environment and the users' file, in no message and no log.
import { commandLineError } from '../../base/command-line.js';
import type { FleetPlan, Users } from '../scenario/model.js';

/** Names in the environment; `rollcall device` has the same. */
export const secretNames = {
  /** Of each user that has none of its own. */
  password: 'ROLLCALL_PASSWORD',
  /** Template of a token in the place of a sign-in (Windows). */
  enrollToken: 'ROLLCALL_ENROLL_TOKEN',
  /** What a Headwind server shares with its launchers. */
  launcherSecret: 'ROLLCALL_HMDM_SECRET',
} as const;

export type Secrets = Readonly<Partial<Record<keyof typeof secretNames, string>>>;

/** Those that are set: an empty one says nothing. At a stub of the run's own only what the stub has from the same environment. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>, isEmbedded: boolean): Secrets {
  const entries = Object.entries(secretNames)
    .filter(([name]) => !isEmbedded || name === 'launcherSecret')
    .map(([name, variable]) => [name, env[variable]] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(entries);
}

/** The plan as it is posted and logged: rows of users without passwords and tokens. */
export function withoutSecrets(plan: FleetPlan): FleetPlan {
  const { users } = plan;
  if (!('rows' in users) || users.isWithheld === true) return plan;
  if (!users.rows.some(hasSecret)) return plan;
  const rows = users.rows.map(({ user, values }) => ({ user, values: withoutNamed(values) }));
  return { ...plan, users: { ...users, rows, isWithheld: true } };
}

const hasSecret = ({ password, token, values }: { password?: string; token?: string; values: object }): boolean =>
  password !== undefined || token !== undefined || 'password' in values || 'token' in values;

const withoutNamed = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'password' && name !== 'token'));

/**
 * The users with what was withheld, by reading their file again. Throws what `read` throws, and FILE_UNUSABLE where the file has
 * other users by now.
 */
export function withSecrets(users: Users, read: (file: string) => Users): Users {
  if (!('rows' in users) || users.isWithheld !== true) return users;
  const again = read(users.file);
  const isSame =
    'rows' in again &&
    again.rows.length === users.rows.length &&
    again.rows.every(({ user }, index) => user === users.rows[index]?.user);
  if (isSame) return again;
  throw commandLineError('FILE_UNUSABLE', `${users.file} has other users than when the run was prepared`, {
    hint: 'Leave the file as it is while a run starts. A pipe cannot be read twice: give a file, or --processes 1.',
  });
}
