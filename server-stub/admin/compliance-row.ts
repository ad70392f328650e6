// Compliance policies in Graph's words: each platform's own type of policy, or ours, which says all of it under `rollcall`.
import { z } from 'zod';
import { type PlatformName, platformNames } from '../../protocol/vocabulary.js';
import type { CompliancePolicy } from '../core/compliance-types.js';
import { stubError } from '../errors.js';
import type { Row } from './filter.js';
import { judgeBody } from './graph.js';
import type { WordsByPlatform } from './platform-words.js';

const ownType = '#rollcall.deviceCompliancePolicy';
const hourMs = 3_600_000;

const flag = z.boolean().nullable();

/** As Graph has it: one rule, whose action `block` has the hours of grace. Others (mails, retiring) are not acted on here. */
const rules = z
  .array(
    z.looseObject({
      scheduledActionConfigurations: z
        .array(z.looseObject({ actionType: z.string().max(100), gracePeriodHours: z.number().int().min(0).max(8760) }))
        .max(10),
    }),
  )
  .max(1);

const given = z.looseObject({
  '@odata.type': z.string().max(200).exactOptional(),
  displayName: z.string().min(1).max(256).exactOptional(),
  scheduledActionsForRule: rules.exactOptional(),
  rollcall: z
    .strictObject({
      pin: z.boolean().exactOptional(),
      encryption: z.boolean().exactOptional(),
      authority: z.enum(['intune', 'office365']).exactOptional(),
      platforms: z.array(z.enum(platformNames)).min(1).exactOptional(),
    })
    .exactOptional(),
});
export const scheduledRules = z.looseObject({ deviceComplianceScheduledActionForRules: rules });

/** Fields of any policy that say nothing of what is demanded. */
const neutral: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'displayName',
  'description',
  'version',
  'createdDateTime',
  'lastModifiedDateTime',
  'roleScopeTagIds',
  'assignments',
  'scheduledActionsForRule',
  'rollcall',
]);
/** How clients say of a setting that it is not set. */
const unset: readonly unknown[] = [null, false, 'notConfigured', 'deviceDefault', 'unavailable', 'notSet'];

/**
 * A new policy, or the changed one. Throws REQUEST_INVALID: a type that is none, or a setting that is not judged here, so that nobody
 * takes it for judged.
 */
export function readPolicy(
  body: unknown,
  words: WordsByPlatform,
  before: CompliancePolicy | { readonly id: string },
): CompliancePolicy {
  const read = judgeBody(given, body);
  const former = 'name' in before ? before : undefined;
  const type = read['@odata.type'] ?? (former && typeOf(former, words)) ?? ownType;
  const platform = platformOf(type, words);
  const keys = platform === undefined ? undefined : words.get(platform)?.compliance;
  const judged = [...(keys === undefined ? [] : [keys.pin, ...keys.encryption])];
  for (const [name, value] of Object.entries(read)) {
    if (neutral.has(name) || judged.includes(name) || unset.includes(value)) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    throw stubError(
      'REQUEST_INVALID',
      `${name.slice(0, 100)} is not judged here: ${judged.join(', ') || 'rollcall'} is`,
    );
  }
  const flagOf = (names: readonly string[]): boolean | undefined => {
    const values = names.flatMap((name) => (read[name] === undefined ? [] : [judgeBody(flag, read[name])]));
    return values.length === 0 ? undefined : values.includes(true);
  };
  const { displayName: name = former?.name, rollcall = {} } = read;
  if (name === undefined) throw stubError('REQUEST_INVALID', 'The body is wrong: displayName: is missing');
  const platforms = platform === undefined ? (rollcall.platforms ?? former?.platforms) : [platform];
  return {
    id: before.id,
    authority: rollcall.authority ?? former?.authority ?? 'intune',
    name,
    pin: rollcall.pin ?? flagOf(keys === undefined ? [] : [keys.pin]) ?? former?.pin ?? false,
    encryption: rollcall.encryption ?? flagOf(keys?.encryption ?? []) ?? former?.encryption ?? false,
    graceMs: graceOf(read.scheduledActionsForRule) ?? former?.graceMs ?? 0,
    assignment: former?.assignment ?? { to: { users: [], groups: [] }, except: [] },
    ...(platforms === undefined ? {} : { platforms }),
  };
}

/** In milliseconds; undefined where no action blocks. */
export function graceOf(given: z.output<typeof rules> | undefined): number | undefined {
  const actions = given?.flatMap((rule) => rule.scheduledActionConfigurations) ?? [];
  const block = actions.find(({ actionType }) => actionType === 'block');
  return block === undefined ? undefined : block.gracePeriodHours * hourMs;
}

/** Whether the body of a policy, or of scheduleActionsForRules, gives days of grace. Throws REQUEST_INVALID. */
export function givesGrace(body: unknown): boolean {
  const { scheduledActionsForRule, deviceComplianceScheduledActionForRules } = judgeBody(
    z.looseObject({
      scheduledActionsForRule: rules.exactOptional(),
      deviceComplianceScheduledActionForRules: rules.exactOptional(),
    }),
    body,
  );
  return (graceOf(scheduledActionsForRule ?? deviceComplianceScheduledActionForRules) ?? 0) > 0;
}

export function policyRow(policy: CompliancePolicy, words: WordsByPlatform): Row {
  const { id, name, authority, pin, encryption, graceMs, assignment, platforms } = policy;
  const type = typeOf(policy, words);
  const platform = platformOf(type, words);
  const keys = platform === undefined ? undefined : words.get(platform)?.compliance;
  const [encryptionKey] = keys?.encryption ?? [];
  return {
    '@odata.type': type,
    id,
    displayName: name,
    ...(keys !== undefined && { [keys.pin]: pin }),
    ...(encryptionKey !== undefined && { [encryptionKey]: encryption }),
    scheduledActionsForRule: [
      {
        id: `${id}_rule`,
        ruleName: 'PasswordRequired',
        scheduledActionConfigurations: [
          { id: `${id}_block`, actionType: 'block', gracePeriodHours: Math.ceil(graceMs / hourMs) },
        ],
      },
    ],
    rollcall: { authority, pin, encryption, graceMs, assignment, ...(platforms === undefined ? {} : { platforms }) },
  };
}

/** Of a policy for one platform alone, that platform's. */
function typeOf({ platforms = [] }: CompliancePolicy, words: WordsByPlatform): string {
  const [platform, ...others] = platforms;
  const own = platform === undefined || others.length > 0 ? undefined : words.get(platform)?.compliance?.type;
  return own ?? ownType;
}

function platformOf(type: string, words: WordsByPlatform): PlatformName | undefined {
  if (type === ownType) return undefined;
  for (const [platform, { compliance }] of words) if (compliance?.type === type) return platform;
  throw stubError('REQUEST_INVALID', `No compliance policy is a ${type.slice(0, 100)} here`);
}

export const policyFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'displayName',
  'scheduledActionsForRule',
  'rollcall',
]);
