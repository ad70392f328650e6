// What a dry run names beside the fate of settings (A21).
import { describe, expect, test } from 'vitest';
import { type Bench, open, refusal, user } from './support.js';

function switchToIntune({ tenant }: Bench): void {
  tenant.setAuthority('intune', 'admin');
  tenant.renewPushCertificate('admin');
}

describe('the lists of a dry run', () => {
  const basic = 'O365_BUSINESS_ESSENTIALS';
  /** Ada may be managed by intune, Ben by office365 alone, Cyd by either; each has an iPhone, and there is a device of nobody's. */
  function three() {
    const bench = open({ users: [user('ada', ['INTUNE_A', basic]), user('ben', [basic]), user('cyd')] });
    for (const name of ['ada', 'ben', 'cyd']) bench.enroll(`of ${name}`, name, 'ios');
    bench.enroll('of nobody', '');
    return bench;
  }
  const upn = (...names: string[]) => names.map((name) => `${name}@contoso.example`);

  test('A6: name whose licence does not cover the authority that manages then: they move, and enroll no more', () => {
    const bench = three();
    expect(bench.tenant.dryRun({ authority: 'intune' }).unlicensed).toEqual(upn('ben'));
    switchToIntune(bench);
    bench.session('of ben');
    expect(bench.tenant.device('of ben')?.managedBy).toBe('intune');
    expect(refusal(() => bench.enroll('another of ben', 'ben', 'ios'))).toBe('E02');
    expect(bench.tenant.dryRun({ authority: 'office365' }).unlicensed).toEqual([]);
  });

  test('C3, C7: name who moves to intune by coexistence unasked, and who does not for want of a licence', () => {
    const { tenant } = three();
    const licences = {
      add: [{ user: 'id-ben', sku: 'INTUNE_A' }],
      remove: [{ user: 'cyd@contoso.example', sku: 'SPB' }],
    };
    const { movedUnasked, unlicensed } = tenant.dryRun({ coexistence: true });
    expect({ movedUnasked, unlicensed }).toEqual({ movedUnasked: upn('ada', 'cyd'), unlicensed: upn('ben') });
    const asked = tenant.dryRun({ coexistence: true, licences });
    expect(asked.users.map(({ upn: name }) => name)).toEqual(upn('ada', 'ben'));
    expect([asked.movedUnasked, asked.unlicensed]).toEqual([upn('ada'), upn('cyd')]);
  });

  test('A10: name the devices without a user that are managed by another authority then', () => {
    const bench = three();
    const idOf = (deviceId: string) => bench.tenant.device(deviceId)?.id;
    expect(bench.tenant.dryRun({ authority: 'intune' }).userless).toEqual([idOf('of nobody')]);
    switchToIntune(bench);
    bench.enroll('new of nobody', '');
    expect(bench.tenant.dryRun({ authority: 'office365' }).userless).toEqual([idOf('new of nobody')]);
  });

  test('A11, A24: name the push certificate where a change ends it and a device needs one', () => {
    const { tenant } = three();
    expect(tenant.dryRun({ authority: 'intune' }).missing).toEqual(['pushCertificate']);
    expect(tenant.dryRun({ coexistence: true }).missing).toEqual([]);
    const windows = open();
    windows.enroll('pc');
    expect(windows.tenant.dryRun({ authority: 'intune' }).missing).toEqual([]);
  });

  test('are told page by page', () => {
    const { tenant } = three();
    const first = tenant.dryRun({ authority: 'intune' }, { most: 2 });
    expect(first.users.map(({ userId }) => userId)).toEqual(['id-ada', 'id-ben']);
    const { next = '' } = first;
    const second = tenant.dryRun({ authority: 'intune' }, { most: 2, after: next });
    expect([second.users.map(({ userId }) => userId), second.next]).toEqual([['id-cyd'], undefined]);
    expect(second.unlicensed).toEqual(first.unlicensed);
  });
});
