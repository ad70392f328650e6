// Whether a declaration is well formed, before anything else is asked of it.
import { reason, type StatusReason } from '../../../../protocol/apple-mdm/ddm-status.js';
import type { SavedDeclaration } from '../saved.js';
import { type KeyRule, typeRules, unsupportedTypes } from './types.js';

type Judged = Pick<SavedDeclaration, 'kind' | 'identifier' | 'serverToken' | 'type' | 'payload'>;

/** Why the declaration cannot be used as it is; empty when it can. */
export function judge(declaration: Judged): StatusReason[] {
  const about = { Identifier: declaration.identifier, ServerToken: declaration.serverToken };
  if (declaration.type === '') return [reason('Error.InvalidPayload', 'The declaration could not be read.', about)];
  const { type } = declaration;
  const rule = Object.hasOwn(typeRules, type) ? typeRules[type] : undefined;
  if (rule === undefined && !unsupportedTypes.has(type))
    return [reason('Error.UnknownDeclarationType', 'Unknown declaration type.', { UnknownDeclarationType: type })];
  if (rule === undefined || rule.kind !== declaration.kind) {
    return [reason('Error.ConfigurationNotSupported', `The type ${type} is not supported.`, about)];
  }
  const { keys } = rule;
  if (keys === undefined) return [];
  const unknown = Object.keys(declaration.payload).filter((key) => !Object.hasOwn(keys, key));
  if (unknown.length > 0) {
    return [
      reason('Error.UnknownPayloadKeys', 'The payload has unknown keys.', {
        UnknownPayloadKeys: unknown.slice(0, 100),
      }),
    ];
  }
  for (const [key, keyRule] of Object.entries(keys)) {
    const problem = whyNot(key, declaration.payload[key], keyRule);
    if (problem !== undefined) return [reason('Error.ConfigurationCannotBeDeserialized', problem, { Error: problem })];
  }
  return [];
}

function whyNot(key: string, value: unknown, rule: KeyRule): string | undefined {
  if (value === undefined) return rule.required ? `${key} is missing` : undefined;
  if (!isOfType(value, rule.type)) return `${key} is not of the type ${rule.type}`;
  if (rule.oneOf !== undefined && !rule.oneOf.some((allowed) => allowed === value))
    return `${key} is not an allowed value`;
  if (typeof value !== 'number') return undefined;
  return value < (rule.min ?? value) || value > (rule.max ?? value) ? `${key} is out of range` : undefined;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isOfType(value: unknown, type: KeyRule['type']): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value);
    case 'object':
      return isObject(value);
    case 'strings':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
    case 'objects':
      return Array.isArray(value) && value.every(isObject);
  }
}

export const stringsAt = (payload: Readonly<Record<string, unknown>>, key: string): string[] => {
  const value = payload[key];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
};

export const textAt = (payload: Readonly<Record<string, unknown>>, key: string): string | undefined => {
  const value = payload[key];
  return typeof value === 'string' ? value : undefined;
};
