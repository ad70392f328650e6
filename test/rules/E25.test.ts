import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused } from '../support/admission.js';
import { alice, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

const settings = '/stub/v1/enrollmentSettings';

it('E25: the least versions of Company Portal and system have defaults that are told, and are the tenant’s to set', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const { body } = await stage.admin('GET', settings);
  const defaults = body as unknown as Record<'minimumOs' | 'minimumCompanyPortal', Record<string, string>>;
  await onEachPlatform(stage, async (on, { versions: [, usual, high], unsupported, portals }) => {
    const { minimumOs, minimumCompanyPortal } = defaults;
    const at = await deviceWith(on, 1, { osVersion: minimumOs[on.platform] ?? 'none' });
    await at.setCompanyPortal({ version: minimumCompanyPortal[on.platform] ?? 'none' });
    await enrolls(on, at); // both at the bound
    const old = await deviceWith(on, 2, { osVersion: unsupported });
    await old.setCompanyPortal({ version: portals.old });
    await refused(on, old, 'E05'); // both below, and nothing restricts anybody
    await refused(on, old, 'E06', { invitation: { ...on.invitation(alice), companyPortal: false } }); // E05 is the portal’s alone
    const raised = { minimumOs: { [on.platform]: high }, minimumCompanyPortal: { [on.platform]: '9999.1' } };
    expect((await on.admin('PATCH', settings, raised)).status).toBeLessThan(300);
    const device = await deviceWith(on, 3, { osVersion: usual });
    await device.setCompanyPortal({ version: portals.good });
    await refused(on, device, 'E05');
    await device.setCompanyPortal(undefined);
    await refused(on, device, 'E06');
  });
});
