// Android devices that companies manage: names, versions of Android with a build of each, and what the identifiers look like.

/** A version of Android that a model runs, and a build of it as the settings show it. */
export interface Release {
  readonly version: string;
  readonly build: string;
}

export interface Product {
  /** Build.MANUFACTURER, as that maker writes it. */
  readonly manufacturer: string;
  readonly brand: string;
  /** Build.MODEL: what the launcher reports. */
  readonly model: string;
  readonly marketingName: string;
  readonly isCellular: boolean;
  readonly isDualSim: boolean;
  /** Build.CPU_ABI. */
  readonly cpu: 'arm64-v8a' | 'armeabi-v7a';
  readonly storageGb: readonly number[];
  readonly releases: readonly Release[];
  /** First eight digits of its IMEIs. */
  readonly tac: string;
  /** Address blocks of its Wi-Fi. */
  readonly oui: string;
  /** `A`: a letter or digit without I and O, `9`: a digit, `R5` and the like: as they are. */
  readonly serial: string;
  /** ro.build.fingerprint's product and device. */
  readonly device: string;
}

const phone = { isCellular: true, isDualSim: true, cpu: 'arm64-v8a' } as const;
const pixel = { ...phone, manufacturer: 'Google', brand: 'google', oui: '3C:28:6D' } as const;
const galaxy = { ...phone, manufacturer: 'samsung', brand: 'samsung', oui: 'C8:A6:EF' } as const;
const zebra = {
  ...phone,
  isDualSim: false,
  manufacturer: 'Zebra Technologies',
  brand: 'Zebra',
  oui: '40:83:DE',
} as const;
const honeywell = {
  ...phone,
  isDualSim: false,
  manufacturer: 'Honeywell',
  brand: 'Honeywell',
  oui: '00:10:20',
} as const;
const xiaomi = { ...phone, manufacturer: 'Xiaomi', brand: 'Redmi', oui: '64:A2:00' } as const;

const android13 = (build: string): Release => ({ version: '13', build });
const android14 = (build: string): Release => ({ version: '14', build });
const android15 = (build: string): Release => ({ version: '15', build });
const android16 = (build: string): Release => ({ version: '16', build });
const pixelReleases = [
  android14('AP2A.240905.003'),
  android15('AP4A.250205.002'),
  android16('BP2A.250605.031.A2'),
] as const;

export const products: readonly Product[] = [
  {
    ...pixel,
    model: 'Pixel 7',
    marketingName: 'Pixel 7',
    storageGb: [128, 256],
    releases: [android13('TQ3A.230901.001'), ...pixelReleases],
    tac: '35319911',
    serial: '99999FDH9999AA',
    device: 'panther',
  },
  {
    ...pixel,
    model: 'Pixel 8',
    marketingName: 'Pixel 8',
    storageGb: [128, 256],
    releases: pixelReleases,
    tac: '35762212',
    serial: '99999FDJH999AA',
    device: 'shiba',
  },
  {
    ...pixel,
    model: 'Pixel 9',
    marketingName: 'Pixel 9',
    storageGb: [128, 256],
    releases: pixelReleases.slice(1),
    tac: '35405416',
    serial: '99999FDAS999AA',
    device: 'tokay',
  },
  {
    ...galaxy,
    model: 'SM-S921B',
    marketingName: 'Galaxy S24',
    storageGb: [128, 256],
    releases: [android14('UP1A.231005.007'), android15('AP3A.240905.015.A2'), android16('BP2A.250605.031.A3')],
    tac: '35104712',
    serial: 'R5CX999AAAA',
    device: 'e1s',
  },
  {
    ...galaxy,
    model: 'SM-A546B',
    marketingName: 'Galaxy A54 5G',
    storageGb: [128, 256],
    releases: [android13('TP1A.220624.014'), android14('UP1A.231005.007'), android15('AP3A.240905.015.A2')],
    tac: '35096641',
    serial: 'R5CW999AAAA',
    device: 'a54x',
  },
  {
    ...galaxy,
    model: 'SM-G736B',
    marketingName: 'Galaxy XCover6 Pro',
    storageGb: [128],
    releases: [android13('TP1A.220624.014'), android14('UP1A.231005.007'), android15('AP3A.240905.015.A2')],
    tac: '35214883',
    serial: 'R5CT999AAAA',
    device: 'xcover6pro',
  },
  {
    ...galaxy,
    isCellular: false,
    isDualSim: false,
    model: 'SM-X210',
    marketingName: 'Galaxy Tab A9+',
    storageGb: [64, 128],
    releases: [android13('TP1A.220624.014'), android14('UP1A.231005.007'), android15('AP3A.240905.015.A2')],
    tac: '',
    serial: 'R52X999AAAA',
    device: 'gta9pwifi',
  },
  {
    ...xiaomi,
    model: '23129RAA4G',
    marketingName: 'Redmi Note 13',
    storageGb: [128, 256],
    releases: [android13('TKQ1.221114.001'), android14('UKQ1.230917.001'), android15('AQ3A.240829.003')],
    tac: '86503206',
    serial: 'aaaaaaa9',
    device: 'sapphire',
  },
  {
    ...zebra,
    model: 'TC58',
    marketingName: 'TC58',
    storageGb: [32, 64],
    releases: [android13('13-34-31.00-TG-U00-STD'), android14('14-20-14.00-UG-U00-STD')],
    tac: '35840117',
    serial: '29999524509999',
    device: 'TC58',
  },
  {
    ...zebra,
    model: 'TC22',
    marketingName: 'TC22',
    storageGb: [64],
    releases: [android13('13-18-19.00-TG-U00-STD'), android14('14-23-05.00-UG-U00-STD')],
    tac: '35847110',
    serial: '29999525109999',
    device: 'TC22',
  },
  {
    ...honeywell,
    model: 'CT30P',
    marketingName: 'CT30 XP',
    storageGb: [64],
    releases: [android13('TKQ1.221114.001'), android14('UKQ1.231003.002')],
    tac: '35715311',
    serial: '29999D9999',
    device: 'CT30P',
  },
  {
    ...honeywell,
    model: 'CT45P',
    marketingName: 'CT45 XP',
    storageGb: [64],
    releases: [android13('TKQ1.221114.001'), android14('UKQ1.231003.002')],
    tac: '35715312',
    serial: '29999D9999',
    device: 'CT45P',
  },
];

/** The product of a model, where it is one of ours. */
export const productOf = (model: string): Product | undefined => products.find((each) => each.model === model);
