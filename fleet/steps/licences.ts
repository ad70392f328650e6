import { z } from 'zod';
import { WakeStep } from '../engine/wake-step.js';
import type { LicencesStep } from '../scenario/model.js';
import type { StepKind } from './kind.js';
import { given, within, withinOf, wokenLoad } from './words.js';

const sku = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/, 'expected the name of a product, such as INTUNE_A');

const shape = z.strictObject({
  add: sku.exactOptional().describe('Product that their users get, such as INTUNE_A.'),
  remove: sku.exactOptional().describe('Product that their users lose.'),
  within,
});

export const licences: StepKind<LicencesStep> = {
  name: 'licences',
  about:
    'The users of the devices get or lose a licence; under coexistence their devices move at their next check-in (C4).',
  shape,
  plan(body, base, context) {
    const { add, remove, within: wanted } = shape.parse(body);
    if (add === undefined && remove === undefined) context.tell([], 'expected add: or remove: with a product');
    if (add !== undefined && add === remove) context.tell(['remove'], `is the product that add gives: ${add}`);
    return {
      kind: 'licences',
      ...base,
      ...given('add', add),
      ...given('remove', remove),
      ...withinOf(wanted, context),
    };
  },
  load(step, context) {
    const what = [
      ...(step.add === undefined ? [] : [`gets ${step.add}`]),
      ...(step.remove === undefined ? [] : [`loses ${step.remove}`]),
    ];
    return wokenLoad(
      step,
      context,
      `everybody at once: ${what.join(', ')}; whose user it moves, moves at the next check-in`,
    );
  },
  /** Whom a licence moves is the authority's to say (C4), and whether it wakes them too (C9). */
  async atAuthority({ add, remove }, { admin, chosen, signal }) {
    const users = [...new Set(chosen().map(({ user }) => user))];
    await admin.changeLicences(users, { add, remove }, signal);
  },
  supersedes: (step, earlier) =>
    earlier.kind === 'licences' &&
    ((step.add !== undefined && step.add === earlier.remove) ||
      (step.remove !== undefined && step.remove === earlier.add)),
  onDevices: ({ withinMs }, context) =>
    new WakeStep(context, {
      withinMs,
      counts: 'moved',
      isThere: (state, { isSince, before }) =>
        isSince && state.managedBy !== undefined && state.managedBy.authority !== before.managedBy?.authority,
      isConcerned: () => false,
      missed: () => undefined,
    }),
};
