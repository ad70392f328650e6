// What an app goes through between InstallApplication and Managed, over successive sessions (application.managed.list.yaml).
import { beforeAll, expect, it } from 'vitest';
import { statusItems } from '../../../../agent/platform/ios/ddm/status-items.js';
import { readIosData } from '../../../../agent/platform/ios/saved.js';
import type { PlistDict } from '../../../../protocol/plist/value.js';
import type { Command, Outcome } from '../../../../protocol/vocabulary.js';
import { judgeResult, judgeStatusItem } from '../../../support/apple-schema.js';
import { describeWith } from '../../../support/programs.js';
import { hasSchema } from '../../../support/shared.js';
import { type Asking, askedDevice, chainOf } from './asking.js';
import { type OpensslIdentity, opensslIdentity } from './harness.js';

const app = '<key>Identifier</key><string>com.example.app</string>';
const takeOver = `${app}<key>ChangeManagementState</key><string>Managed</string>`;
const own = { id: 'com.example.app', name: 'Own', version: '3', sizeBytes: 5, managed: false };
const yes = undefined;
const no: Outcome = { status: 'failed', reason: 'the person said no' };
const notYet: Outcome = { status: 'later', reason: 'the person has not looked' };

describeWith('openssl')('an app that is installed', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  const opened = (supervised: boolean, answers: Readonly<Record<string, Outcome | undefined>> = {}): Promise<Asking> =>
    askedDevice(identity, {
      facts: { supervised },
      decide: (command: Command) => (command.kind === 'native' ? answers[command.name] : undefined),
    });
  const statusOf = async ({ ask }: Asking): Promise<unknown> => {
    const answer = await ask('ManagedApplicationList');
    if (hasSchema()) expect(judgeResult('ManagedApplicationList', answer)).toEqual([]);
    const list = answer['ManagedApplicationList'] as PlistDict;
    return (list['com.example.app'] as PlistDict | undefined)?.['Status'];
  };
  const statuses = async (asking: Asking, count: number): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for (let index = 0; index < count; index++) seen.push(await statusOf(asking));
    return seen;
  };

  it('is queued, installing until the next session, then managed, where the device is supervised', async () => {
    const asking = await opened(true);
    expect(await asking.ask('InstallApplication', app)).toMatchObject({ Status: 'Acknowledged', State: 'Queued' });
    expect(asking.stage.view.state.apps).toEqual([]);
    expect(await statuses(asking, 2)).toEqual(['Managed', 'Managed']);
    expect(asking.stage.view.state.apps).toMatchObject([{ id: 'com.example.app', managed: true }]);
  });

  it('says that it is installing within the session that asked for it', async () => {
    const asking = await opened(true, { AppInstallation: notYet });
    await asking.ask('InstallApplication', app);
    expect(await statusOf(asking)).toBe('Installing');
    const [listed] = (await asking.ask('InstalledApplicationList'))['InstalledApplicationList'] as PlistDict[];
    expect(listed).toMatchObject({ Identifier: 'com.example.app', Installing: true });
    expect(chainOf(await asking.ask('RemoveApplication', app))).toEqual([12036]);
    expect(await asking.ask('InstallApplication', app)).toMatchObject({ RejectionReason: 'AppAlreadyQueued' });
  });

  it('asks the person where the device is not supervised: prompting, installing, managed', async () => {
    const asking = await opened(false, { AppInstallPrompt: notYet });
    expect(await asking.ask('InstallApplication', app)).toMatchObject({ State: 'Prompting' });
    expect(await statuses(asking, 2)).toEqual(['Prompting', 'Prompting']);
    const again = await opened(false);
    await again.ask('InstallApplication', app);
    expect(await statuses(again, 3)).toEqual(['Installing', 'Managed', 'Managed']);
  });

  it('that the person does not want is UserRejected once, and then not known', async () => {
    const asking = await opened(false, { AppInstallPrompt: no });
    await asking.ask('InstallApplication', app);
    expect(await statuses(asking, 2)).toEqual(['UserRejected', undefined]);
    expect(asking.stage.view.state.apps).toEqual([]);
    expect(await asking.ask('InstallApplication', app)).toMatchObject({ State: 'Prompting' });
  });

  it('keeps a status that is told once for the query that asks for it', async () => {
    const asking = await opened(true, { AppInstallation: no });
    await asking.ask('InstallApplication', app);
    const others = '<key>Identifiers</key><array><string>com.example.other</string></array>';
    expect((await asking.ask('ManagedApplicationList', others))['ManagedApplicationList']).toEqual({});
    expect(await statuses(asking, 2)).toEqual(['Failed', undefined]);
  });

  it('is prompted for as it is asked for, by DeviceManagement.error 1407', async () => {
    const asking = await opened(false, { AppInstallPrompt: notYet });
    await asking.ask('InstallApplication', app);
    const answer = await asking.ask('InstallApplication', app);
    expect(answer['ErrorChain']).toMatchObject([{ ErrorDomain: 'DeviceManagement.error', ErrorCode: 1407 }]);
  });

  it.each<[boolean, Outcome | undefined, string, unknown[]]>([
    [true, yes, 'Managed', ['Managed', 'Managed']],
    [false, yes, 'PromptingForManagement', ['Managed', 'Managed']],
    [false, no, 'PromptingForManagement', ['ManagementRejected', undefined]],
    [false, notYet, 'PromptingForManagement', ['PromptingForManagement', 'PromptingForManagement']],
  ])(
    'that the person has already: supervised %s, told %j, is %s and then %j',
    async (supervised, said, state, then) => {
      const asking = await opened(supervised, { AppManagementPrompt: said });
      asking.stage.view.state = { ...asking.stage.view.state, apps: [own] };
      expect(await asking.ask('InstallApplication', takeOver)).toMatchObject({ State: state });
      expect(await statuses(asking, 2)).toEqual(then);
      expect(asking.stage.view.state.apps).toMatchObject([{ managed: then[0] === 'Managed' }]);
    },
  );

  it('has the words of mdm.app while it is on its way', async () => {
    const asking = await opened(false, { AppManagementPrompt: notYet });
    asking.stage.view.state = { ...asking.stage.view.state, apps: [own] };
    await asking.ask('InstallApplication', takeOver);
    const data = readIosData(asking.link.saved.data);
    const value = statusItems['mdm.app']?.({ state: asking.stage.view.state, data });
    expect(value).toMatchObject([{ state: 'prompting-for-management' }]);
    if (hasSchema()) expect(judgeStatusItem('mdm.app', value)).toEqual([]);
  });
});
