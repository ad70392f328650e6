import { z } from 'zod';
import type { DeviceState } from '../../agent/index.js';
import type { FormerProfile, Settings } from '../engine/authority-client.js';
import { WakeStep } from '../engine/wake-step.js';
import { fleetError } from '../errors.js';
import type { ChangeStep } from '../scenario/model.js';
import type { StepKind } from './kind.js';
import { within, withinOf, wokenLoad } from './words.js';

const setting = z.union([z.string().max(4096), z.number(), z.boolean()], 'expected a text, a number, true or false');

const shape = z.strictObject({
  profile: z.string().min(1).max(256).describe('Name of a profile of the present authority.'),
  set: z
    .record(z.string().min(1).max(100), setting)
    .refine(
      (keys) => Object.keys(keys).length > 0,
      'expected at least one key of the profile, such as { ssid: Office-2 }',
    )
    .refine((keys) => Object.keys(keys).length <= 100, 'expected 100 keys at most')
    .describe('Keys of its settings, each with its new value.'),
  within,
});

export const change: StepKind<ChangeStep> = {
  name: 'change',
  about: 'A profile changes at the authority, which wakes those who hold it; each fetches the new one.',
  shape,
  plan(body, base, context) {
    const { profile, set, within: wanted } = shape.parse(body);
    return { kind: 'change', ...base, profile, set, ...withinOf(wanted, context) };
  },
  load(step, context) {
    const keys = Object.keys(step.set).join(', ');
    return wokenLoad(step, context, `everybody at once: ${step.profile} changes (${keys}), woken, fetches it`);
  },
  atAuthority: ({ profile, set }, { admin }) => admin.changeProfile(profile, set),
  supersedes: (step, earlier) =>
    earlier.kind === 'change' &&
    earlier.profile === step.profile &&
    Object.entries(step.set).some(([key, value]) => Object.hasOwn(earlier.set, key) && earlier.set[key] !== value),
  onDevices(step, context) {
    let was: FormerProfile | undefined;
    const holds = (state: DeviceState) => holdingOf(state, step, was);
    return new WakeStep(context, {
      withinMs: step.withinMs,
      counts: 'moved',
      heard: (value) => {
        was = formerProfile.safeParse(value).data;
      },
      isThere: (state, { isSince }) => isSince && holds(state) === 'new',
      isConcerned: (state) => holds(state) === 'old',
      missed: (index, hadSession) => {
        const state = context.peek(index);
        if (state === undefined || holds(state) !== 'old') return undefined; // it has no such profile
        return hadSession
          ? fleetError('PROFILE_MISSING', `the device checked in and has ${step.profile} as it was before`)
          : fleetError('WAKE_MISSED', 'no notification came before the step was over');
      },
    });
  },
};

const formerProfile = z.object({ kind: z.string(), settings: z.record(z.string(), setting) });

/**
 * Whether a device holds the profile, with what was set or without; keys that its platform has no word for say nothing. Where its
 * protocol has no word for the name (a network of Windows is called by its SSID), by kind and by what the profile was.
 */
function holdingOf(
  { holdings }: DeviceState,
  { profile: name, set }: ChangeStep,
  was: FormerProfile | undefined,
): 'new' | 'old' | 'not' {
  const profiles = holdings.map(({ profile }) => profile);
  const named = profiles.filter((profile) => profile.name === name);
  if (named.length > 0) return named.some((profile) => fits(profile, set)) ? 'new' : 'old';
  if (was === undefined) return 'not';
  const alike = profiles.filter(({ kind }) => kind === was.kind);
  const isNamedBy = (settings: Settings) => (profile: object) => says(profile, settings) && fits(profile, settings);
  if (alike.some(isNamedBy({ ...was.settings, ...set }))) return 'new';
  return alike.some(isNamedBy(was.settings)) ? 'old' : 'not';
}

const own = (profile: object, key: string): unknown => Reflect.get(profile, key);
const fits = (profile: object, settings: Settings): boolean =>
  Object.entries(settings).every(([key, value]) => own(profile, key) === undefined || own(profile, key) === value);
const says = (profile: object, settings: Settings): boolean =>
  Object.keys(settings).some((key) => own(profile, key) !== undefined);
