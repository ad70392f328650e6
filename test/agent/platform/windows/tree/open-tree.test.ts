import { expect, it } from 'vitest';
import { cspSchemas } from '../../../../../agent/platform/windows/csp/index.js';
import { openTree } from '../../../../../agent/platform/windows/tree/tree.js';
import { buildSchema } from '../../../../../agent/platform/windows/tree/tree-schema.js';
import { someMemory } from '../some-device.js';

const provider = './Device/Vendor/MSFT/DMClient/Provider/TestMDM';

function open() {
  const memory = someMemory();
  return { memory, before: memory.data.tree, tree: openTree(memory, buildSchema(cspSchemas)) };
}

it('a tree outside of a message has each change in the memory at once', () => {
  const { memory, before, tree } = open();
  tree.set(`${provider}/EntDMID`, 'one');
  const between = memory.data.tree;
  expect(between).not.toBe(before);
  tree.set(`${provider}/EntDMID`, 'two');
  expect(memory.data.tree).not.toBe(between);
  expect(tree.value(`${provider}/EntDMID`)).toBe('two');
});

it('changes made together are in the memory when all are made', () => {
  const { memory, before, tree } = open();
  tree.together(() => {
    tree.set(`${provider}/EntDMID`, 'one');
    tree.set(`${provider}/EntDeviceName`, 'PC');
    expect(tree.value(`${provider}/EntDMID`)).toBe('one');
    expect(memory.data.tree).toBe(before);
  });
  const values = Object.values(memory.data.tree).map(({ value }) => value);
  expect(values).toEqual(expect.arrayContaining(['one', 'PC']));
});

it('of changes made together none stays where one throws', () => {
  const { memory, before, tree } = open();
  const act = () =>
    tree.together(() => {
      tree.set(`${provider}/EntDMID`, 'one');
      throw new Error('no more');
    });
  expect(act).toThrow('no more');
  expect(memory.data.tree).toBe(before);
  expect(tree.value(`${provider}/EntDMID`)).toBeUndefined();
});
