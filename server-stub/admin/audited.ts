// What an entry of the audit says of a call that changed something.
import { isRollcallError, type Refuse } from '../../base/errors.js';
import { jsonLimits, readJsonObject } from '../../base/json.js';
import type { AuditEntry } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';

type Audited = Omit<AuditEntry, 'id' | 'at'>;

/** What a route says of itself, for its entry. */
interface Described {
  readonly method: string;
  readonly path: string;
  readonly activity?: string;
}

/** Of bodies that are longer the fields are not named. */
const readBytes = 64 * 1024;
const longestTarget = 256;

const operations: Readonly<Record<string, string>> = { POST: 'Create', PUT: 'Patch', PATCH: 'Patch', DELETE: 'Delete' };

/**
 * `activity` is the name of the action (`assignLicense`), or what was done to what (`create users`); `target` what the address
 * names, or the id of what was made. Of the body the names of its fields alone: values may be secrets.
 */
export function auditOf(route: Described, request: StubRequest, answer: StubAnswer, by: string): Audited {
  const { activity, operation, resource } = wordsOf(route);
  const target = Object.values(request.params)[0] ?? (answer.status === 201 ? idIn(answer) : undefined);
  const fields = fieldsOf(request);
  return {
    by,
    activity,
    ...(target !== undefined && { target: target.slice(0, longestTarget) }),
    details: { operation, resource, ...(fields !== '' && { fields }) },
  };
}

function wordsOf({ method, path, activity }: Described) {
  const parts = path.split('/').slice(2); // without the version, or `stub`
  const named = parts.filter((part) => !part.startsWith(':'));
  const last = named.at(-1) ?? '';
  const name = last.startsWith('$') ? `${named.at(-2) ?? ''}/${last}` : last;
  const isAction = method === 'POST' && (parts.some((part) => part.startsWith(':')) || path.startsWith('/stub/'));
  const operation = isAction ? 'Action' : (operations[method] ?? method);
  const resource = (isAction ? named.at(-2) : undefined) ?? name;
  return { activity: activity ?? (isAction ? name : `${operation.toLowerCase()} ${name}`), operation, resource };
}

const refuse: Refuse = (message, context) => stubError('REQUEST_INVALID', message, context);

function fieldsOf({ body }: StubRequest): string {
  if (body.length === 0 || body.length > readBytes) return '';
  try {
    const value = readJsonObject(body, 'The body', refuse, jsonLimits);
    return Object.keys(value).slice(0, 20).join(', ').slice(0, longestTarget);
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return ''; // no JSON: such as a tenant file
  }
}

function idIn({ body }: StubAnswer): string | undefined {
  if (typeof body !== 'string') return undefined;
  const made: unknown = JSON.parse(body);
  return typeof made === 'object' && made !== null && 'id' in made && typeof made.id === 'string' ? made.id : undefined;
}
