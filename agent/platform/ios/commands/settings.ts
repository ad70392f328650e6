import { dict, type PlistDict } from '../../../../protocol/plist/value.js';
import { done, later } from '../answer.js';
import type { HandlerTable } from '../context.js';
import { applyItem, type ItemResult } from '../settings.js';

export const settingsCommands: HandlerTable = {
  /** One result per item, in the items' order; the command itself is acknowledged whatever they say (settings.yaml). */
  async Settings(parameters, context) {
    const items = parameters.dicts('Settings').map((item) => ({ name: item.name('Item'), item }));
    const results: PlistDict[] = [];
    for (const { name, item } of items) {
      const result = await applyItem(name, item, context);
      if (result.status === 'later') return later;
      results.push(describe(name, result));
    }
    return done(dict({ Settings: results }));
  },
};

function describe(name: string, result: ItemResult): PlistDict {
  return dict({
    Item: name,
    Status: result.status === 'done' ? 'Acknowledged' : 'Error',
    ErrorChain: result.status === 'failed' ? result.chain.map((entry) => dict({ ...entry })) : undefined,
    Identifier: result.identifier,
  });
}
