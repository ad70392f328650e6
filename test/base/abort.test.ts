import { expect, it } from 'vitest';
import { OwnController, onAbort } from '../../base/abort.js';

for (const Controller of [AbortController, OwnController])
  it(`those who asked hear of an abort of ${Controller.name} once, with its reason, and those who took it back do not`, () => {
    const controller = new Controller();
    const { signal } = controller;
    const heard: unknown[] = [];
    const forget = onAbort(signal, () => heard.push('taken back'));
    onAbort(signal, () => heard.push(signal.reason));
    signal.addEventListener('abort', () => heard.push('listener'));
    onAbort(signal, () => onAbort(signal, () => heard.push('at once')));
    forget();
    expect(heard).toEqual([]);
    controller.abort('why');
    controller.abort('again');
    expect(heard.sort()).toEqual(['at once', 'listener', 'why']);
    onAbort(signal, () => heard.push('later'));
    expect(heard).toContain('later');
  });
