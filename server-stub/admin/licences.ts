// The products whose licences decide which authority manages a user's devices (C2), by Microsoft's published product ids.
import type { Licence } from '../core/types.js';

interface Product {
  readonly skuId: string;
  readonly name: string;
  readonly lets: Exclude<Licence, 'none'>;
}

export const products: readonly Product[] = [
  { skuId: '061f9ace-7d42-4136-88ac-31dc755f143f', name: 'INTUNE_A', lets: 'intune' },
  { skuId: '3b555118-da6a-4418-894f-7df1e2096870', name: 'O365_BUSINESS_ESSENTIALS', lets: 'office365' },
  { skuId: 'f245ecc8-75af-4f8e-b61f-27d8114de5f3', name: 'O365_BUSINESS_PREMIUM', lets: 'office365' },
  { skuId: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46', name: 'SPB', lets: 'both' },
  { skuId: 'efccb6f7-5641-4e0e-bd10-b4976e1bf68e', name: 'EMS', lets: 'intune' },
];

export const findProduct = (skuId: string): Product | undefined =>
  products.find((product) => product.skuId === skuId.toLowerCase());

/** One product that gives this licence, as `assignedLicenses` shows it. */
export const shownProduct = (licence: Licence): Product | undefined => products.find(({ lets }) => lets === licence);

const parts: Readonly<Record<Licence, readonly ('intune' | 'office365')[]>> = {
  none: [],
  intune: ['intune'],
  office365: ['office365'],
  both: ['intune', 'office365'],
};

export function withLicences(licence: Licence, added: readonly Licence[], removed: readonly Licence[]): Licence {
  const now = new Set(parts[licence]);
  for (const gone of removed) for (const part of parts[gone]) now.delete(part);
  for (const more of added) for (const part of parts[more]) now.add(part);
  if (now.size === 2) return 'both';
  return now.has('intune') ? 'intune' : now.has('office365') ? 'office365' : 'none';
}
