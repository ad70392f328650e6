import { expect, test } from 'vitest';
import { assigned, open, wifi } from './support.js';

test('a device that installed what is wanted no more, and whose answer was lost, is given the former content again', () => {
  const { tenant, enroll, session } = open({
    profiles: [assigned('office365', wifi('net', 'old')), assigned('intune', wifi('net', 'new'))],
  });
  enroll('d');
  session('d');
  tenant.setAuthority('intune', 'admin');
  tenant.openSession('d');
  expect(tenant.next('d')?.command).toMatchObject({ kind: 'install-profile' }); // obeyed; the answer never arrives
  tenant.setAuthority('office365', 'admin');
  expect(session('d')).toEqual(['+net']);
  expect(session('d')).toEqual([]);
});
