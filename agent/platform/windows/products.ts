// Real computers and builds, as far as a server sees them: SMBIOS names, builds of Windows with revisions that were released.

export const makers = ['dell', 'hp', 'lenovo', 'microsoft'] as const;
export type Maker = (typeof makers)[number];

export interface Product {
  readonly maker: Maker;
  /** SMBIOS Manufacturer (type 1): DevInfo/Man. */
  readonly manufacturer: string;
  /** SMBIOS Product Name: DevInfo/Mod. Lenovo writes the machine type there. */
  readonly model: string;
  readonly marketingName: string;
  /** SMBIOS SKU Number: DevDetail/Ext/Microsoft/SystemSKU. */
  readonly sku: string;
  /** SMBIOS BIOS Version: DevDetail/FwV. */
  readonly firmware: string;
  /** A desktop computer has no battery and needs no Wi-Fi. */
  readonly isPortable: boolean;
  readonly memoryGb: readonly number[];
  readonly storageGb: readonly number[];
  /** `x64` or `arm64`. */
  readonly architecture: 'x64' | 'arm64';
  /** Vendor id of its TPM, four characters. */
  readonly tpm: 'INTC' | 'AMD ' | 'STM ';
  /** Marks of Windows that are supported on it. */
  readonly runs: readonly Generation[];
  /** It has a modem: an IMEI. */
  readonly isCellular?: true;
}

export type Generation = '10' | '11';

export interface Release {
  /** As people call it: `11 23H2`. */
  readonly name: string;
  readonly generation: Generation;
  readonly build: number;
  /** Of cumulative updates that were released for it, the newest last. */
  readonly revisions: readonly number[];
}

/** In the order of release. Sources: Microsoft's release information pages of Windows 10 and Windows 11. */
export const releases: readonly Release[] = [
  { name: '10 21H1', generation: '10', build: 19043, revisions: [1348, 2006, 2364] },
  { name: '10 21H2', generation: '10', build: 19044, revisions: [1288, 3086, 5011] },
  { name: '10 22H2', generation: '10', build: 19045, revisions: [4291, 4894, 5011, 5131, 5247] },
  { name: '11 21H2', generation: '11', build: 22000, revisions: [194, 2538, 3260] },
  { name: '11 22H2', generation: '11', build: 22621, revisions: [2861, 3447, 4317, 4460] },
  { name: '11 23H2', generation: '11', build: 22631, revisions: [2861, 3447, 4317, 4460, 4602] },
  { name: '11 24H2', generation: '11', build: 26100, revisions: [2033, 2314, 2605, 2894, 4061] },
  { name: '11 25H2', generation: '11', build: 26200, revisions: [6584, 6899, 7171] },
];

const both: readonly Generation[] = ['10', '11'];
const common = { isPortable: true, architecture: 'x64', tpm: 'INTC', runs: both } as const;
type Rest = Pick<Product, 'memoryGb' | 'storageGb'> & Partial<Product>;

/** System SKUs of Surface: Microsoft's System SKU reference. Those of others follow their makers' shapes (convention). */
export const products: readonly Product[] = [
  dell('Latitude 5440', '0C04', '1.19.1', { memoryGb: [16, 32], storageGb: [256, 512] }),
  dell('Latitude 7440', '0C0A', '1.20.0', { memoryGb: [16, 32], storageGb: [512], isCellular: true }),
  dell('Precision 5570', '0B1A', '1.24.0', { memoryGb: [32, 64], storageGb: [512, 1024] }),
  dell('OptiPlex 7010', '0C06', '1.21.0', { isPortable: false, memoryGb: [16], storageGb: [256, 512] }),
  hp('HP EliteBook 840 14 inch G9 Notebook PC', 'EliteBook 840 G9', '6C141AV', 'U70 Ver. 01.15.00', {
    memoryGb: [16, 32],
    storageGb: [256, 512],
  }),
  hp('HP ProBook 450 15.6 inch G10 Notebook PC', 'ProBook 450 G10', '71H60AV', 'V75 Ver. 01.07.02', {
    memoryGb: [8, 16],
    storageGb: [256, 512],
  }),
  hp('HP EliteDesk 800 G3 SFF', 'EliteDesk 800 G3', '1FY44AW', 'P01 Ver. 02.45', {
    isPortable: false,
    memoryGb: [8, 16],
    storageGb: [256],
    runs: ['10'], // its processor is older than Windows 11 takes
  }),
  lenovo('21HES05200', 'ThinkPad T14 Gen 4', 'N3QET48W (1.48 )', {
    memoryGb: [16, 32],
    storageGb: [512, 1024],
  }),
  lenovo('21CCS3W200', 'ThinkPad X1 Carbon Gen 10', 'N3AET80W (1.45 )', {
    memoryGb: [16, 32],
    storageGb: [512, 1024],
    isCellular: true,
  }),
  lenovo('21CGS05A00', 'ThinkPad T14s Gen 3', 'R22ET70W (1.40 )', {
    memoryGb: [16, 32],
    storageGb: [512],
    tpm: 'AMD ',
  }),
  surface('Surface Pro 9', 'Surface_Pro_9_2038', '14.503.143', { memoryGb: [8, 16], storageGb: [256, 512] }),
  surface('Surface Laptop 4', 'Surface_Laptop_4_1950:1951', '20.101.143', {
    memoryGb: [8, 16],
    storageGb: [256, 512],
  }),
];

/** The product of this SMBIOS Product Name, where it is one of ours. */
export const productOf = (model: string): Product | undefined => products.find((each) => each.model === model);

/** The build of a version such as `10.0.22631.4317`: 22631; 0 where it names none. */
export function buildOf(osVersion: string): number {
  const build = Number(osVersion.split('.')[2]);
  return Number.isInteger(build) ? build : 0;
}

function dell(model: string, sku: string, firmware: string, rest: Rest): Product {
  const names = { maker: 'dell', manufacturer: 'Dell Inc.', model, marketingName: model } as const;
  return { ...common, ...names, sku, firmware, tpm: 'STM ', ...rest };
}

function hp(model: string, marketingName: string, sku: string, firmware: string, rest: Rest): Product {
  return { ...common, maker: 'hp', manufacturer: 'HP', model, marketingName, sku: `${sku}#ABA`, firmware, ...rest };
}

function lenovo(model: string, marketingName: string, firmware: string, rest: Rest): Product {
  const sku = `LENOVO_MT_${model.slice(0, 4)}_BU_Think_FM_${marketingName}`;
  return { ...common, maker: 'lenovo', manufacturer: 'LENOVO', model, marketingName, sku, firmware, ...rest };
}

function surface(model: string, sku: string, firmware: string, rest: Rest): Product {
  const names = { maker: 'microsoft', manufacturer: 'Microsoft Corporation', model, marketingName: model } as const;
  return { ...common, ...names, sku, firmware, ...rest };
}
