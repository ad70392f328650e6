// The portal of an authority, to which devices are pointed (A15, A27): a plain page until there is a console.
import { type Authority, authorities } from '../protocol/vocabulary.js';
import type { Route } from './http-types.js';

const names: Readonly<Partial<Record<Authority, string>>> = {
  intune: 'Microsoft Intune',
  office365: 'Basic Mobility and Security',
};

/** Asks for no token, and tells nothing of the tenant. */
export const portalPageRoutes: readonly Route[] = Object.keys(authorities).flatMap((authority): readonly Route[] => {
  const name = names[authority as Authority];
  return name === undefined
    ? []
    : [{ method: 'GET', path: `/portals/${authority}`, handle: () => page(authority, name) }];
});

const page = (authority: string, name: string) => ({
  status: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
  },
  body:
    `<!doctype html><html lang="en"><title>${name}</title><h1>${name}</h1>` +
    '<p>This device is managed by your organization. Ask its administrator for help.</p>' +
    `<p>Administrators: GET /stub/v1/portals/${authority}/devices lists the devices that report here.</p></html>\n`,
});
