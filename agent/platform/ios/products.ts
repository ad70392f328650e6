// Real hardware and systems, as far as a server sees them: identifiers, part numbers, boards, builds.

export interface Product {
  /** The identifier a device calls itself by, such as `iPhone15,2`. */
  readonly identifier: string;
  readonly family: 'iPhone' | 'iPad';
  readonly marketingName: string;
  /** Order numbers without the region, one per storage size. */
  readonly parts: readonly (readonly [part: string, capacityGb: number])[];
  /** The board, which update servers know the device by (SoftwareUpdateDeviceID). */
  readonly board: string;
  /** First half of the UDID: the chip's number. */
  readonly chip: string;
  readonly cellular: boolean;
  /** Index into `systems` of the first system that runs on it. */
  readonly since: number;
}

export interface System {
  readonly version: string;
  readonly build: string;
}

/** In the order of release; the next entry is what a device is offered as an update. */
export const systems: readonly System[] = [
  { version: '17.6.1', build: '21G93' },
  { version: '17.7', build: '21H16' },
  { version: '18.0', build: '22A3354' },
  { version: '18.0.1', build: '22A3370' },
  { version: '18.1', build: '22B83' },
  { version: '18.1.1', build: '22B91' },
  { version: '18.2', build: '22C152' },
  { version: '18.3', build: '22D63' },
];

/** Older ones, which no device is invented with: for who asks for them. What runs the first of `systems` runs them. */
export const olderSystems: readonly System[] = [
  { version: '17.5', build: '21F79' },
  { version: '17.5.1', build: '21F90' },
];

export const products: readonly Product[] = [
  phone(
    'iPhone14,5',
    'iPhone 13',
    [
      ['MLMN3', 128],
      ['MLN33', 256],
    ],
    'D17AP',
    '00008110',
    0,
  ),
  phone(
    'iPhone15,2',
    'iPhone 14 Pro',
    [
      ['MPXT3', 128],
      ['MQ0N3', 256],
    ],
    'D73AP',
    '00008120',
    0,
  ),
  phone(
    'iPhone15,3',
    'iPhone 14 Pro Max',
    [
      ['MQ8N3', 128],
      ['MQ8T3', 256],
    ],
    'D74AP',
    '00008120',
    0,
  ),
  phone(
    'iPhone15,4',
    'iPhone 15',
    [
      ['MTLY3', 128],
      ['MTM83', 256],
    ],
    'D37AP',
    '00008120',
    0,
  ),
  phone(
    'iPhone16,1',
    'iPhone 15 Pro',
    [
      ['MTQN3', 128],
      ['MTQU3', 256],
    ],
    'D83AP',
    '00008130',
    0,
  ),
  phone(
    'iPhone16,2',
    'iPhone 15 Pro Max',
    [
      ['MU683', 256],
      ['MU6D3', 512],
    ],
    'D84AP',
    '00008130',
    0,
  ),
  phone(
    'iPhone17,1',
    'iPhone 16 Pro',
    [
      ['MYMC3', 128],
      ['MYMG3', 256],
    ],
    'D93AP',
    '00008140',
    2,
  ),
  phone(
    'iPhone17,3',
    'iPhone 16',
    [
      ['MYAP3', 128],
      ['MYAW3', 256],
    ],
    'D47AP',
    '00008140',
    2,
  ),
  tablet(
    'iPad13,16',
    'iPad Air (5th generation)',
    [
      ['MM9C3', 64],
      ['MM9L3', 256],
    ],
    'J407AP',
    '00008103',
    false,
  ),
  tablet(
    'iPad13,18',
    'iPad (10th generation)',
    [
      ['MPQ03', 64],
      ['MPQ83', 256],
    ],
    'J271AP',
    '00008101',
    false,
  ),
  tablet(
    'iPad14,2',
    'iPad mini (6th generation)',
    [
      ['MK893', 64],
      ['MK8F3', 256],
    ],
    'J311AP',
    '00008110',
    true,
  ),
];

export function productOf(identifier: string): Product | undefined {
  return products.find((product) => product.identifier === identifier);
}

/** What a device with this system is offered; undefined for the newest, and for a system that is not in the table. */
export function updateFor(version: string): System | undefined {
  const index = systems.findIndex((system) => system.version === version);
  return index < 0 ? undefined : systems[index + 1];
}

function phone(
  identifier: string,
  marketingName: string,
  parts: Product['parts'],
  board: string,
  chip: string,
  since: number,
): Product {
  return { identifier, family: 'iPhone', marketingName, parts, board, chip, cellular: true, since };
}

function tablet(
  identifier: string,
  marketingName: string,
  parts: Product['parts'],
  board: string,
  chip: string,
  cellular: boolean,
): Product {
  return { identifier, family: 'iPad', marketingName, parts, board, chip, cellular, since: 0 };
}
