import { describe, expect, it } from 'vitest';
import { emptyTenant, openStub, type Reply, type Stub, user1, user2 } from '../ios/stub.js';
import { faultOf, passwordOf, paths, tokenOf, WindowsClient } from './client.js';

const appru = 'ms-app://s-1-15-2-1';

async function open() {
  const tenant = emptyTenant();
  const users = tenant.users.map((user, index) => (index === 0 ? { ...user, password: 'Zx81-right' } : user));
  return openStub({ tenant: { ...tenant, users }, windows: { authPolicy: 'Federated' } });
}

const page = (stub: Stub) =>
  stub.send(`${paths.signIn}?appru=${encodeURIComponent(appru)}&login_hint=${encodeURIComponent(user1)}`);

const field = ({ body }: Reply, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(body.toString('utf8'))?.[1] ?? '';

const cookieOf = ({ headers }: Reply): string => String(headers['set-cookie']).split(';')[0] ?? '';

function fill(stub: Stub, form: Reply, values: Readonly<Record<string, string>>, cookie = cookieOf(form)) {
  const fields = {
    csrf: field(form, 'csrf'),
    appru: field(form, 'appru'),
    username: field(form, 'username'),
    ...values,
  };
  return stub.send(paths.signIn, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
    body: new URLSearchParams(fields).toString(),
  });
}

describe('the sign-in page', () => {
  it('gives a token for a password, which enrolls one device of that person', async () => {
    const stub = await open();
    const form = await page(stub);
    expect([form.status, field(form, 'username'), field(form, 'appru')]).toEqual([200, user1, appru]);
    const reply = await fill(stub, form, { password: 'Zx81-right' });
    expect(reply.body.toString('utf8')).toContain(`action="${appru}"`);
    const token = field(reply, 'wresult');
    expect(token).toMatch(/^[0-9A-F]{64}$/);
    const client = new WindowsClient(stub);
    expect(faultOf(await client.enroll(tokenOf(token)))).toBeUndefined();
    const { tenant } = stub.authority;
    expect(tenant.device(client.deviceId)?.userId).toBe(tenant.user(user1)?.id);
    const again = await new WindowsClient(stub).enroll(tokenOf(token));
    expect(faultOf(again)).toMatchObject({ subcode: 'Authentication' });
    expect(JSON.stringify(stub.lines())).not.toContain(token);
  });

  it('is the start of the enrollment, where no step of its device came before (E23)', async () => {
    const stub = await open();
    const token = field(await fill(stub, await page(stub), { password: 'Zx81-right' }), 'wresult');
    const signedIn = stub.clock.now();
    await stub.clock.advance(180_000);
    const { tenant } = stub.authority;
    const restriction = { id: 'default', displayName: 'Default', kind: 'platforms', priority: 0, groups: [] } as const;
    tenant.putRestriction({ ...restriction, platforms: { windows: { blocked: true } } });
    expect(faultOf(await new WindowsClient(stub).enroll(tokenOf(token)))).toBeDefined();
    expect(tenant.failures()).toMatchObject([{ code: 'E11', startedAt: signedIn, at: signedIn + 180_000 }]);
  });

  it('gives one that is worth nothing after the time of an enrollment', async () => {
    const stub = await open();
    const token = field(await fill(stub, await page(stub), { password: 'Zx81-right' }), 'wresult');
    await stub.clock.advance(stub.authority.tenant.settings.enrollmentMs);
    expect(faultOf(await new WindowsClient(stub).enroll(tokenOf(token)))).toMatchObject({ subcode: 'Authentication' });
  });

  it('shows the form again for a wrong password and for who may not enroll, saying why', async () => {
    const stub = await open();
    const form = await page(stub);
    const wrong = await fill(stub, form, { password: 'Zx81-wrong"><script>' });
    expect([wrong.status, field(wrong, 'wresult')]).toEqual([401, '']);
    expect(wrong.body.toString('utf8')).toContain('role="alert"');
    expect(field(await fill(stub, wrong, { password: 'Zx81-right' }, cookieOf(form)), 'wresult')).not.toBe('');
    const unknown = await fill(stub, form, { username: '"><script>alert(1)</script>', password: 'x' });
    expect(unknown.status).toBe(401);
    expect(unknown.body.toString('utf8')).not.toContain('<script>alert');
    const events = stub.lines();
    expect(events.map(({ event }) => event)).toEqual(['UNAUTHORIZED', 'ENROLLMENT_REFUSED']);
    expect(JSON.stringify(events)).not.toContain('Zx81');
  });

  it('takes no form of another page, and sends a token to no address that is no device’s', async () => {
    const stub = await open();
    const form = await page(stub);
    const other = await page(stub);
    const refused = [
      await fill(stub, form, { password: 'Zx81-right' }, cookieOf(other)),
      await fill(stub, form, { password: 'Zx81-right', csrf: '' }),
      await fill(stub, form, { password: 'Zx81-right', appru: 'http://elsewhere.example/' }),
      await fill(stub, form, { password: 'Zx81-right', appru: 'javascript:alert(1)' }),
      await fill(stub, form, { password: 'Zx81-right', appru: 'https://elsewhere.example/' }),
      await fill(stub, form, { password: 'Zx81-right', appru: 'http://localhost:80@elsewhere.example/' }),
      await fill(stub, form, { password: 'Zx81-right', appru: 'http://localhost.elsewhere.example/' }),
      await stub.send(paths.signIn),
    ];
    expect(refused.map(({ status }) => status)).toEqual(Array(8).fill(400));
    expect(stub.lines()).toHaveLength(8);
  });

  it('is not the only way: who has no password may enroll with a name alone', async () => {
    const stub = await open();
    expect(faultOf(await new WindowsClient(stub).enroll(passwordOf(user2)))).toBeUndefined();
  });
});
