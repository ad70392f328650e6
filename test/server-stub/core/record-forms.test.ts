import { expect, it } from 'vitest';
import { descriptions } from '../../../server-stub/core/descriptions.js';
import { recordForm } from '../../../server-stub/core/record-forms.js';

const written = { id: '', displayName: 'Pilot', groups: [], products: [], colour: 'red' };

it('a record is read that its description would not take today: out of bounds, with a key that nobody knows any more', () => {
  expect(descriptions.group.safeParse(written).success).toBe(false);
  expect(recordForm('group').parse(written)).toEqual({ id: '', displayName: 'Pilot', groups: [], products: [] });
});

it('a record that lacks what it cannot be without is not read', () => {
  expect(recordForm('group').safeParse({ id: 'one', groups: [], products: [] }).success).toBe(false);
});
