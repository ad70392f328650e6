import { describe, expect, it } from 'vitest';
import { md5Credential } from '../../../../protocol/syncml/auth.js';
import { describeWithFixtures, fixture } from '../../../support/shared.js';
import { challenge, command, get, headerStatus, openStage, outline, serverSays } from './session-stage.js';
import { someFacts } from './some-device.js';

const md5 = (nonce: string): string => challenge('syncml:auth-md5', Buffer.from(nonce).toString('base64'));
const digestOf = (nonce: string): string => md5Credential('dummy', 'device-secret', Buffer.from(nonce));

describe('a session', () => {
  it('ends with an empty answer', async () => {
    const stage = openStage();
    expect(await stage.checkIn()).toEqual({ commands: 0, later: 0, requests: 1 });
    expect(stage.http.openSessions()).toBe(0);
  });

  it('ends on a message that holds Statuses alone, with or without Final', async () => {
    for (const final of ['<Final/>', '']) {
      const stage = openStage();
      stage.script.push(serverSays(headerStatus(200), { final }));
      expect(await stage.checkIn()).toMatchObject({ commands: 0, requests: 1 });
    }
  });

  it('answers commands though Final is missing, and never with 1222', async () => {
    const stage = openStage();
    stage.script.push(serverSays(headerStatus(200) + get('5', './DevDetail/SwV'), { final: '' }));
    await stage.checkIn();
    expect(stage.messages.map(outline).slice(1)).toEqual([['Status 200', 'Status 404']]);
  });

  it('answers in document order, whatever the CmdIDs are, also where two are the same', async () => {
    const stage = openStage();
    const uuid = 'f5586490-4eed-4dae-aad6-b0e365db0617';
    stage.script.push(
      serverSays(
        command('Replace', uuid, './Vendor/MSFT/A') +
          command('Add', '2', './Vendor/MSFT/B') +
          command('Delete', uuid, './C'),
      ),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 3 });
    const [, answer] = stage.messages;
    expect(answer?.commands).toMatchObject([
      { verb: 'Status', cmdId: '1', cmdRef: '0', cmd: 'SyncHdr', data: '200' },
      { verb: 'Status', cmdId: '2', cmdRef: uuid, cmd: 'Replace' },
      { verb: 'Status', cmdId: '3', cmdRef: '2', cmd: 'Add' },
      { verb: 'Status', cmdId: '4', cmdRef: uuid, cmd: 'Delete' },
    ]);
    expect(stage.happenings).toHaveLength(3);
  });

  it('lets the tree answer what is no command, and takes no alert for the person at the device', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(
        `${command('Exec', '1', './A')}<Alert><CmdID>2</CmdID><Data>1100</Data></Alert><Nonsense><CmdID>3</CmdID></Nonsense>`,
      ),
    );
    await stage.checkIn();
    expect(stage.messages[1]?.commands.slice(1)).toMatchObject([
      { cmdRef: '1', cmd: 'Exec', data: '200' },
      { cmdRef: '2', cmd: 'Alert', data: '406' },
    ]);
    expect(stage.runs).toMatchObject([[{ verb: 'Exec' }], [{ verb: 'Unknown', name: 'Nonsense' }]]);
  });

  it('does not mind that the server leaves out Statuses, or gives one for Results', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(get('1', './A')),
      serverSays(
        '<Status><CmdID>1</CmdID><MsgRef>2</MsgRef><CmdRef>3</CmdRef><Cmd>Results</Cmd><Data>200</Data></Status><Status><CmdID>1</CmdID><MsgRef>9</MsgRef><CmdRef>77</CmdRef><Cmd>Get</Cmd><Data>500</Data></Status>',
        { msgId: '2' },
      ),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 2 });
  });

  it('breaks off on 1223, and carries out nothing of that message', async () => {
    const stage = openStage();
    stage.script.push(serverSays(`${command('Exec', '2', './A')}<Alert><CmdID>3</CmdID><Data>1223</Data></Alert>`));
    expect(await stage.checkIn()).toMatchObject({ commands: 0, requests: 1 });
    expect(stage.runs).toEqual([]);
  });

  it('has 64 messages at most, and says so to the person when the server has more', async () => {
    const stage = openStage();
    for (let n = 1; n <= 100; n++) stage.script.push(serverSays(get('2', './A'), { msgId: String(n) }));
    expect(await stage.checkIn()).toMatchObject({ commands: 63, requests: 64 });
    expect(stage.messages.at(-1)?.header.msgId).toBe('64');
    expect(stage.happenings.at(-1)).toMatchObject({ type: 'trouble', about: 'session' });
  });

  it('refuses a message for another device, and stays enrolled', async () => {
    const stage = openStage();
    stage.script.push(serverSays(command('Exec', '2', './A'), { target: '0123456789ABCDEF0123456789ABCDEF' }));
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
    expect(stage.runs).toEqual([]);
  });

  it('goes on where the server counts sessions otherwise, and says so once', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(get('2', './A'), { sessionId: '77' }),
      serverSays(get('2', './A'), { sessionId: '77', msgId: '5' }),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 2 });
    expect(stage.happenings.filter(({ type }) => type === 'trouble')).toHaveLength(1);
    expect(stage.messages.map(({ header }) => header.sessionId)).toEqual(['1', '1', '1']);
    expect(stage.messages[2]?.commands[0]).toMatchObject({ msgRef: '5', cmdRef: '0' });
  });

  it('fails where the server does not take the message, and is tried again', async () => {
    const stage = openStage();
    stage.script.push(serverSays(headerStatus(500)));
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY', retry: true });
  });

  it('saves what a message changed once, before it is answered, and tells of it then', async () => {
    const stage = openStage();
    const order: string[] = [];
    stage.during.call = () => void order.push('run');
    const save = async () => void order.push(`save, ${stage.messages.length} sent, ${stage.happenings.length} told`);
    stage.script.push(serverSays(command('Exec', '2', './A') + command('Exec', '3', './B')));
    await stage.checkIn({ save });
    expect(order).toEqual(['run', 'save, 1 sent, 0 told']);
    expect(stage.happenings).toHaveLength(2);
  });

  it('undoes what cannot be saved and answers 510 to each Item, and no work comes of it', async () => {
    const { agentError } = await import('../../../../agent/errors.js');
    const stage = openStage();
    stage.values.set('./A', { source: './A', data: 'x' });
    stage.effects.push({ kind: 'unenroll' });
    stage.during.call = () =>
      stage.memory.change({ tree: { './device/vendor/msft/x': { format: 'chr', value: '1' } } });
    let undone = 0;
    stage.script.push(serverSays(get('2', './A', './B') + command('Exec', '3', './C')));
    const report = await stage.checkIn({
      save: () => Promise.reject(agentError('STATE_UNSAVED', 'the disk is full')),
      undo: () => void undone++,
    });
    expect(report).toEqual({ commands: 2, later: 0, requests: 2 });
    expect(stage.messages[1]?.commands.slice(1)).toMatchObject([
      { cmdRef: '2', targetRefs: ['./A'], data: '510' },
      { cmdRef: '2', targetRefs: ['./B'], data: '510' },
      { cmdRef: '3', data: '510' },
    ]);
    expect(undone).toBe(1);
    expect(stage.memory.data.tree).toEqual({});
    expect(stage.happenings.map((each) => (each.type === 'command' ? each.said : each.type))).toEqual([
      'trouble',
      '510',
      '510',
    ]);
  });

  it('stops when it is told to', async () => {
    const stage = openStage();
    const controller = new AbortController();
    stage.script.push(() => {
      controller.abort(new Error('stopped'));
      return serverSays(command('Exec', '2', './A'));
    });
    await expect(stage.checkIn({ signal: controller.signal })).rejects.toThrow('stopped');
    expect(stage.runs).toEqual([]);
    expect(stage.http.openSessions()).toBe(0);
  });
});

describe('a server that asks who the device is', () => {
  it('is answered in the same session, with MD5 over its nonce, in every message from then on', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(headerStatus(407, 1, md5('first'))),
      serverSays(headerStatus(200, 2) + get('2', './A'), { msgId: '2' }),
      serverSays(headerStatus(200, 3, md5('second')) + get('2', './A'), { msgId: '3' }),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 2, requests: 4 });
    expect(stage.messages.map(({ header }) => [header.msgId, header.cred?.data])).toEqual([
      ['1', undefined],
      ['2', digestOf('first')],
      ['3', digestOf('first')],
      ['4', digestOf('second')],
    ]);
    expect(stage.messages[1]).toMatchObject({ header: { sourceName: 'dummy', sessionId: '1' } });
    expect(outline(stage.messages[1] ?? { commands: [], isFinal: true, header: Object.create(null) })).toEqual([
      'Status 200',
      'Alert 1201',
      'Alert 1224',
      'Replace',
    ]);
  });

  it('keeps the last NextNonce for the sessions to come', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(headerStatus(401, 1, md5('one'))),
      serverSays(headerStatus(212, 2, md5('two')), { msgId: '2' }),
    );
    await stage.checkIn();
    expect(stage.memory.data.account.appSrv?.nonce).toBe(Buffer.from('two').toString('base64'));
    stage.script.push(serverSays(headerStatus(407, 1, challenge('syncml:auth-md5')), { sessionId: '2' }));
    await stage.checkIn();
    expect(stage.messages.at(-1)?.header.cred?.data).toBe(digestOf('two'));
  });

  it('is shown nothing more after 212', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(headerStatus(407, 1, md5('n'))),
      serverSays(headerStatus(212, 2) + get('2', './A'), { msgId: '2' }),
    );
    await stage.checkIn();
    expect(stage.messages.map(({ header }) => header.cred !== undefined)).toEqual([false, true, false]);
  });

  it('is given name and password where it asks for Basic', async () => {
    const stage = openStage();
    stage.script.push(serverSays(headerStatus(401, 1, challenge('syncml:auth-basic'))));
    await stage.checkIn();
    expect(stage.messages[1]?.header.cred).toEqual({
      meta: { format: 'b64', type: 'syncml:auth-basic' },
      data: Buffer.from('dummy:device-secret').toString('base64'),
    });
  });

  it('is sent the same answers again when a nonce has gone stale in the middle', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(headerStatus(407, 1, md5('a'))),
      serverSays(headerStatus(200, 2) + command('Exec', '9', './A'), { msgId: '2' }),
      serverSays(headerStatus(401, 3, md5('b')), { msgId: '3' }),
      serverSays(headerStatus(200, 4), { msgId: '4' }),
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 4 });
    expect(stage.runs).toHaveLength(1);
    expect(stage.messages[3]?.commands).toMatchObject([
      { verb: 'Status', msgRef: '3', cmdRef: '0' },
      { verb: 'Status', msgRef: '2', cmdRef: '9', data: '200' },
    ]);
    expect(stage.messages[3]?.header.cred?.data).toBe(digestOf('b'));
  });

  it('is given up after it refused twice what it was shown, without another try until the next session', async () => {
    const stage = openStage();
    for (let n = 0; n < 10; n++)
      stage.script.push(serverSays(headerStatus(401, 1, md5(`n${n}`)), { msgId: String(n) }));
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED', retry: false });
    expect(stage.messages).toHaveLength(3);
    expect(stage.sent(1)).not.toContain('device-secret');
  });

  it('is given up when it asks for what Windows does not know, or the account has nothing to show', async () => {
    const asked = openStage();
    asked.script.push(serverSays(headerStatus(407, 1, challenge('syncml:auth-MAC'))));
    await expect(asked.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED' });
    const { appSrv: _none, ...account } = asked.memory.data.account;
    const poor = openStage({ data: { account } });
    poor.script.push(serverSays(headerStatus(407, 1, md5('n'))));
    await expect(poor.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED' });
  });

  it('carries nothing out of a message that was a challenge', async () => {
    const stage = openStage();
    stage.script.push(serverSays(headerStatus(407, 1, md5('n')) + command('Exec', '2', './A')));
    await stage.checkIn();
    expect(stage.runs).toEqual([]);
  });
});

describe('a server that shows who it is', () => {
  const cred = (digest: string): string =>
    `<Cred><Meta><Format xmlns="syncml:metinf">b64</Format><Type xmlns="syncml:metinf">syncml:auth-md5</Type></Meta><Data>${digest}</Data></Cred>`;
  const ofServer = (nonce: Uint8Array): string => cred(md5Credential('Rollcall', 'server-secret', nonce));

  it('is believed for the session, and told the nonce of the next', async () => {
    const stage = openStage();
    stage.script.push(serverSays(command('Exec', '2', './A'), { meta: ofServer(Buffer.from('nonce')) }));
    expect(await stage.checkIn()).toMatchObject({ commands: 1 });
    const nextNonce = stage.memory.data.account.client?.nonce;
    expect(Buffer.from(nextNonce ?? '', 'base64')).toHaveLength(16);
    expect(stage.messages[1]?.commands).toMatchObject([
      { cmdRef: '0', data: '212', chal: { type: 'syncml:auth-md5', nextNonce } },
      { cmdRef: '2', data: '200' },
    ]);
  });

  it('is told the nonce where it was wrong, and nothing is carried out until it is right', async () => {
    const stage = openStage();
    stage.script.push(
      serverSays(command('Exec', '2', './A'), { meta: cred('AAAAAAAAAAAAAAAAAAAAAA==') }),
      ({ commands }) => {
        const [status] = commands;
        const nonce = status?.verb === 'Status' ? status.chal?.nextNonce : undefined;
        return serverSays(command('Exec', '2', './A'), {
          msgId: '2',
          meta: ofServer(Buffer.from(nonce ?? '', 'base64')),
        });
      },
    );
    expect(await stage.checkIn()).toMatchObject({ commands: 1, requests: 3 });
    expect(stage.messages.map(outline).slice(1)).toEqual([['Status 401'], ['Status 212', 'Status 200']]);
    expect(stage.runs).toHaveLength(1);
  });

  it('is given up at the second wrong one, and a replayed one is wrong', async () => {
    const stage = openStage();
    const once = ofServer(Buffer.from('nonce'));
    stage.script.push(
      serverSays(command('Exec', '2', './A'), { meta: once }),
      serverSays(command('Exec', '3', './B'), { msgId: '2', meta: once }),
      serverSays(command('Exec', '3', './B'), { msgId: '3', meta: once }),
    );
    await expect(stage.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_REFUSED' });
    expect(stage.runs).toHaveLength(1);
  });

  it('need not, and is not judged where the account has nothing to judge by', async () => {
    const { client: _none, ...account } = openStage().memory.data.account;
    const stage = openStage({ data: { account } });
    stage.script.push(serverSays(command('Exec', '2', './A'), { meta: cred('wrong') }));
    expect(await stage.checkIn()).toMatchObject({ commands: 1 });
    expect(stage.messages.map(outline)[1]).toEqual(['Status 200', 'Status 200']);
  });
});

describe('the size of messages', () => {
  const meta = '<Meta><MaxMsgSize xmlns="syncml:metinf">2048</MaxMsgSize></Meta>';

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
    expect(stage.runs).toMatchObject([[{ verb: 'Replace', items: [{ data: 'one two three', meta: { size: 13 } }] }]]);
    expect(stage.runs[0]?.[0]).not.toHaveProperty('items.0.moreData');
  });

  it('is refused where the whole is not as long as was said', async () => {
    const stage = openStage();
    stage.script.push(serverSays(chunk('one', true, 99)), serverSays(chunk('two', false), { msgId: '2' }));
    await stage.checkIn();
    expect(stage.messages.map(outline)[2]).toEqual(['Status 200', 'Status 424']);
    expect(stage.runs).toEqual([]);
  });

  it('is dropped when something else comes before its end, which is said with 1225', async () => {
    const stage = openStage();
    stage.script.push(serverSays(chunk('one', true)), serverSays(get('3', './A'), { msgId: '2' }));
    await stage.checkIn();
    expect(stage.messages.map(outline)[2]).toEqual(['Status 200', 'Alert 1225', 'Status 404']);
  });
});

describeWithFixtures('captures of answers to Get', () => {
  const text = (name: string): string => fixture(`windows/${name}`).toString('utf8').trim();
  const target = '0123456789ABCDEF0123456789ABCDEF';
  const captured = (next: number) => ({
    data: {
      deviceId: target,
      sessions: { next, vector: 'x', count: 0 },
      account: {
        providerId: 'p',
        name: 'n',
        address: 'https://mdm.example.test/ManagementServer/MDM.svc',
        appSrv: { type: 'DIGEST' as const, name: 'fixture-client', secret: 's', nonce: 'nonce' },
        connRetryFreq: 3,
        initialBackOffMs: 1,
        maxBackOffMs: 1,
      },
    },
    facts: { native: { ...someFacts.native, Locale: 'en-US' } },
  });
  const withoutDigest = (message: string): string =>
    message.replace(/(auth-md5<\/Type><\/Meta><Data>)[^<]*/, '$1AAAAAAAAAAAAAAAAAAAAAA==');

  for (const [name, next, uris] of [
    ['win11-26200-get-results.xml', 2, ['./DevDetail/SwV']],
    [
      'win11-26200-get-multiitem-results.trimmed.xml',
      1,
      [
        './DevDetail/SwV',
        './DevDetail/LrgObj',
        './DevDetail/URI/MaxSegLen',
        './Device/Vendor/MSFT/DeviceManageability/Capabilities/CSPVersions',
        './Device/Vendor/MSFT/DMClient/Provider/go-microsoft-dm-local-test/Push/ChannelURI',
      ],
    ],
  ] as const) {
    it(`${name} is reproduced byte for byte`, async () => {
      const stage = openStage(captured(next));
      const expected = text(name);
      for (const { 1: uri = '', 2: format, 3: data = '' } of expected.matchAll(
        /<Item><Source><LocURI>([^<]*)<\/LocURI><\/Source>(?:<Meta><Format xmlns="syncml:metinf">(\w+)<\/Format><\/Meta>)?<Data>([^<]*)<\/Data>/g,
      )) {
        const value = data.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
        stage.values.set(uri, { source: uri, ...(format === undefined ? {} : { meta: { format } }), data: value });
      }
      const sessionId = String(next);
      stage.script.push(
        serverSays(headerStatus(407, 1, md5('n')), { target, sessionId }),
        serverSays(headerStatus(200, 2) + get('5', ...uris), { target, sessionId, msgId: '2' }),
      );
      await stage.checkIn();
      expect(withoutDigest(stage.sent(2))).toBe(expected);
    });
  }
});
