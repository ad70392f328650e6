// The products whose licences decide which authority manages a user's devices (C2), by Microsoft's published part numbers and ids.

/** An authority whose enrollment and management a product pays for. */
type Covered = 'intune' | 'office365';

export interface Product {
  /** Graph's `skuPartNumber`: how a product is named everywhere in the core and in tenant files. */
  readonly sku: string;
  readonly skuId: string;
  readonly covers: readonly Covered[];
}

export const products: readonly Product[] = [
  { sku: 'INTUNE_A', skuId: '061f9ace-7d42-4136-88ac-31dc755f143f', covers: ['intune'] },
  { sku: 'O365_BUSINESS_ESSENTIALS', skuId: '3b555118-da6a-4418-894f-7df1e2096870', covers: ['office365'] },
  { sku: 'O365_BUSINESS_PREMIUM', skuId: 'f245ecc8-75af-4f8e-b61f-27d8114de5f3', covers: ['office365'] },
  { sku: 'SPB', skuId: 'cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46', covers: ['intune', 'office365'] },
  { sku: 'EMS', skuId: 'efccb6f7-5641-4e0e-bd10-b4976e1bf68e', covers: ['intune'] },
];

const bySku = new Map(products.map((product) => [product.sku, product]));
const bySkuId = new Map(products.map((product) => [product.skuId, product]));

/** By part number or by id; undefined for a product that is unknown here. */
export const findProduct = (name: string): Product | undefined => bySku.get(name) ?? bySkuId.get(name.toLowerCase());

/** Whether one of these products, by part number, pays for management by this authority. */
export const covers = (skus: Iterable<string>, authority: Covered): boolean => {
  for (const sku of skus) if (bySku.get(sku)?.covers.includes(authority)) return true;
  return false;
};

/** The words of tenant files and stored records before licences were products, translated. */
export const formerLicences = ['intune', 'office365', 'both', 'none'] as const;
type FormerLicence = (typeof formerLicences)[number];

const former: Readonly<Record<FormerLicence, readonly string[]>> = {
  both: ['SPB'],
  intune: ['INTUNE_A'],
  office365: ['O365_BUSINESS_ESSENTIALS'],
  none: [],
};

/** The products that an old word stands for. */
export const productsOf = (licence: FormerLicence): readonly string[] => former[licence];
