import { describe, expect, it } from 'vitest';
import { receiveItem } from '../../../../protocol/syncml/large-object.js';
import type { SyncMlMessage } from '../../../../protocol/syncml/message.js';
import { command, get, headerStatus, openStage, outline, serverSays } from './session-stage.js';

const sizeOf = (bytes: number): string => `<Meta><MaxMsgSize xmlns="syncml:metinf">${bytes}</MaxMsgSize></Meta>`;

describe('the size of messages', () => {
  const meta = sizeOf(2048);

  it('that the server takes makes a device leave out Results that do not fit, and break off in its next message', async () => {
    const stage = openStage();
    stage.values.set('./Big', { source: './Big', data: 'x'.repeat(3000) });
    stage.script.push(
      serverSays(get('2', './Big'), { meta }),
      serverSays(headerStatus(200, 2), { msgId: '2', meta }),
      serverSays(get('2', './Big'), { msgId: '3', meta }),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 3 });
    expect(stage.messages.map(outline).slice(1)).toEqual([
      ['Status 200', 'Status 200'],
      ['Status 200', 'Alert 1223'],
    ]);
    expect(stage.messages[2]?.commands[1]).toMatchObject({ cmdId: '2' });
  });

  it('means nothing while they fit', async () => {
    const stage = openStage();
    stage.values.set('./Small', { source: './Small', data: 'x'.repeat(300) });
    stage.script.push(serverSays(get('2', './Small'), { meta }));
    await stage.checkIn();
    expect(stage.messages.map(outline)[1]).toEqual(['Status 200', 'Status 200', 'Results']);
  });

  it('is said by a device that has a bound of its own, and by no other', async () => {
    const plain = openStage();
    await plain.checkIn();
    expect(plain.messages[0]?.header).not.toHaveProperty('meta');
    const bounded = openStage({ facts: { native: { MaxMsgSize: 4096 } } });
    await bounded.checkIn();
    expect(bounded.messages[0]?.header.meta).toEqual({ maxMsgSize: 4096 });
  });
});

describe('a device that sends long Results in chunks', () => {
  const long = 'Ä<b>'.repeat(700);
  const next = (msgId: number): string =>
    serverSays(`${headerStatus(200, msgId)}<Alert><CmdID>2</CmdID><Data>1222</Data></Alert>`, {
      msgId: String(msgId),
      meta: sizeOf(2048),
    });
  const staged = () => {
    const stage = openStage({ facts: { native: { LargeObject: 'chunk' } } });
    stage.values.set('./Big', { source: './Big', meta: { format: 'xml' }, data: long });
    stage.values.set('./Small', { source: './Small', data: 'small' });
    return stage;
  };
  const results = ({ commands }: SyncMlMessage) =>
    commands.flatMap((each) => (each.verb === 'Results' ? each.items : []));

  it('says the Size with the first, keeps each message in bounds, and Final comes with the last', async () => {
    const stage = staged();
    stage.script.push(
      serverSays(get('7', './Small', './Big', './Small') + get('8', './Small'), { meta: sizeOf(2048) }),
    );
    for (let n = 2; n < 20; n++) stage.script.push(({ isFinal }) => (isFinal ? '' : next(n)));
    await stage.checkIn();
    const answers = stage.messages.slice(1);
    expect(answers.length).toBeGreaterThan(4);
    expect(answers.map(({ isFinal }) => isFinal)).toEqual([...Array(answers.length - 1).fill(false), true]);
    for (const index of answers.keys()) expect(stage.sent(index + 1).length).toBeLessThanOrEqual(2048);
    expect(answers.slice(1).every((each) => outline(each).slice(0, 2).join() === 'Status 200,Status 200')).toBe(true);
    let open: Parameters<typeof receiveItem>[0];
    const whole: unknown[] = [];
    for (const item of answers.flatMap(results)) {
      const receipt = receiveItem(open, 'Results', item);
      open = receipt.kind === 'chunk' ? receipt.open : undefined;
      if (receipt.kind === 'whole') whole.push([receipt.item.source, receipt.item.data]);
      else expect(receipt.kind).toBe('chunk');
    }
    expect(whole).toEqual([
      ['./Small', 'small'],
      ['./Big', long],
      ['./Small', 'small'],
      ['./Small', 'small'],
    ]);
  });

  it('goes on with the rest where the server refuses one of them', async () => {
    const stage = staged();
    const refused = `<Status><CmdID>2</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Results</Cmd><Data>416</Data></Status>`;
    stage.script.push(serverSays(get('7', './Big') + get('8', './Small'), { meta: sizeOf(2048) }));
    stage.script.push(serverSays(headerStatus(200, 2) + refused, { msgId: '2', meta: sizeOf(2048) }));
    await stage.checkIn();
    expect(stage.messages.slice(1).map((each) => results(each).map(({ source }) => source))).toEqual([
      ['./Big'],
      ['./Small'],
    ]);
    expect(stage.messages[2]?.isFinal).toBe(true);
  });
});

describe('an object that comes in several messages', () => {
  const chunk = (data: string, more: boolean, size?: number): string =>
    command(
      'Replace',
      '2',
      './Vendor/MSFT/Long',
      `${size === undefined ? '' : `<Meta><Size xmlns="syncml:metinf">${size}</Size></Meta>`}<Data>${data}</Data>${more ? '<MoreData/>' : ''}`,
    );

  it('is asked for with 1222, acknowledged with 213, and carried out when it is whole', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(chunk('one ', true, 13)),
      serverSays(headerStatus(200, 2) + chunk('two ', true), { msgId: '2' }),
      serverSays(chunk('three', false), { msgId: '3' }),
    );
    await stage.checkIn();
    expect(stage.messages.map(outline).slice(1)).toEqual([
      ['Status 200', 'Status 213', 'Alert 1222'],
      ['Status 200', 'Status 213', 'Alert 1222'],
      ['Status 200', 'Status 200'],
    ]);
    expect(stage.runs).toMatchObject([[{ verb: 'Replace', items: [{ data: 'one two three' }] }]]);
    expect(stage.runs[0]?.[0]).not.toHaveProperty('items.0.moreData');
  });

  it.each([
    ['not as long as was said', 424, [chunk('one', true, 99), chunk('two', false)]],
    ['longer than was said', 424, [chunk('one', true, 4), chunk('two', true)]],
    ['larger than is kept', 416, [chunk('one', true, 1e9)]],
    ['of no Size', 411, [chunk('one', true)]],
  ])('is refused where it is %s', async (_, code, chunks) => {
    const stage = openStage();
    for (const [index, each] of chunks.entries()) stage.script.push(serverSays(each, { msgId: String(index + 1) }));
    await stage.checkIn();
    expect(stage.messages.map(outline)[chunks.length]).toEqual(['Status 200', `Status ${code}`]);
    expect(stage.runs).toEqual([]);
  });

  it('is dropped when something else comes before its end, or nothing of it, which is said with 1225', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(chunk('one', true, 9)),
      serverSays(get('3', './A'), { msgId: '2' }),
      serverSays(chunk('one', true, 9), { msgId: '3' }),
      serverSays(headerStatus(200, 4), { msgId: '4' }),
      serverSays(chunk('late', false), { msgId: '5' }),
    );
    await stage.checkIn();
    expect(stage.messages.map(outline).slice(2)).toEqual([
      ['Status 200', 'Alert 1225', 'Status 404'],
      ['Status 200', 'Status 213', 'Alert 1222'],
      ['Status 200', 'Alert 1225'],
      ['Status 200', 'Status 200'],
    ]);
    expect(stage.messages[4]?.commands[1]).toMatchObject({ items: [{ target: './Vendor/MSFT/Long' }] });
  });
});
