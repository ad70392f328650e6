import { expect, it } from 'vitest';
import {
  alice,
  authorityOf,
  enrolled,
  heldOf,
  history,
  latestChange,
  mail,
  pushes,
  reach,
  ruleTenant,
  setAuthority,
  switchTo,
  until,
  wifi,
} from '../support/rules.js';
import { dayMs, openStage, platformsOfRules } from '../support/stage.js';

it('A18: sccm is never a target: refused with the reason; authority, history and devices stay as they are, nobody is notified', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const devices = [];
  for (const platform of platformsOfRules) devices.push(await enrolled(stage.on(platform), 1));
  const before = await pushes(stage);
  const refused = await setAuthority(stage, 'sccm');
  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toMatch(/sccm/);
  expect(await authorityOf(stage)).toBe('intune');
  expect(await history(stage)).toEqual([]);
  expect(await pushes(stage)).toEqual(before);
  for (const device of devices) expect(await device.checkIn()).toMatchObject({ commands: 0 });
});

const hybrid = [
  wifi('corp-wifi', 'sccm', 'old-network'),
  wifi('legacy-wifi', 'sccm', 'legacy-network'),
  wifi('corp-wifi', 'intune', 'new-network'),
  mail('corp-mail', 'intune', 'new-mail.contoso.example'),
];

it.each(platformsOfRules)('A18 %s: a tenant that begins with sccm is left as A5 to A9 say', async (platform) => {
  const stage = await openStage(ruleTenant({ authority: 'sccm', profiles: hybrid }), platform);
  const [device, away] = [await enrolled(stage, 1, alice), await enrolled(stage, 2, alice)];
  expect(reach(device)).toEqual(['legacy-network', 'old-network']);
  await away.setOnline(false);
  const asleep = stage.alive(device);
  await switchTo(stage, 'intune');
  const after = ['legacy-network', 'new-mail.contoso.example', 'new-network'];
  await until(device, () => reach(device).toString() === after.toString()); // A5, A6
  expect(await latestChange(stage)).toMatchObject({ from: 'sccm', moved: 1, waiting: 1, stale: 1 });
  expect((await heldOf(stage, device)).filter(({ stale }) => stale)).toMatchObject([{ name: 'legacy-wifi' }]); // A8
  await asleep(); // a launcher that lives asks each hour
  await stage.clock.advance(7 * dayMs);
  await away.setOnline(true);
  await expect(away.useResource('wifi', 'legacy-wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' }); // A9
});
