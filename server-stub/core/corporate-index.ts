import type { CorporateIdentifier } from './admission-types.js';

type Type = CorporateIdentifier['type'];

/**
 * What two ways of writing an identifier have in common. The first 14 digits of an IMEI say which device it is; behind them some write
 * its check digit, and others the version of its software (IMEISV). Of a PC Intune has serial numbers without their periods.
 */
export function identifierKey(type: Type, value: string): string {
  if (type === 'imei') return `imei ${value.replace(/\D/g, '').replace(/^(\d{14})\d{1,2}$/, '$1')}`;
  if (type === 'serialNumber') return `serialNumber ${value.trim().toLowerCase()}`;
  const { manufacturer, model, serial } = partsOf(value);
  const parts = [manufacturer.replace(/\s*,\s*/g, ','), model, serial.replaceAll('.', '')];
  return `manufacturerModelSerial ${parts.join(',').toLowerCase()}`;
}

/** A name of a maker may have commas (`Micro-Star International Co., Ltd.`): the last two parts are model and serial number. */
export function partsOf(value: string): {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
} {
  const [, manufacturer = '', model = '', serial = ''] = /^(.*),([^,]*),([^,]*)$/s.exec(value) ?? [];
  return { manufacturer: manufacturer.trim(), model: model.trim(), serial: serial.trim() };
}

/** Characters of an identifier as a whole. */
export const longestIdentifier = 600;

/** Whether it tells one device from another: an IMEI without a digit would be that of every device that says none. */
export function isIdentifier(type: Type, value: string): boolean {
  if (type === 'imei') return /\d/.test(value);
  if (type === 'serialNumber') return value.trim() !== '';
  return Object.values(partsOf(value)).every((part) => part !== '');
}
export const noIdentifier =
  'expected a serial number, an IMEI of digits, or manufacturer, model and serial number with commas between them';

/** What a device tells of itself. */
interface Told {
  readonly serial?: string | undefined;
  readonly imei?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
}

/** The first of each device: a record of before may tell one in two ways. */
export function withoutRepeats<T extends Pick<CorporateIdentifier, 'type' | 'value'>>(all: readonly T[]): readonly T[] {
  const byKey = new Map<string, T>();
  for (const each of all) {
    const key = identifierKey(each.type, each.value);
    if (!byKey.has(key)) byKey.set(key, each);
  }
  return byKey.size === all.length ? all : [...byKey.values()];
}

/** Devices that were declared as the organization's, by id and by what is declared of them: one identifier for each. */
export class CorporateIndex {
  readonly #byId = new Map<string, CorporateIdentifier>();
  readonly #byKey = new Map<string, CorporateIdentifier>();

  get size(): number {
    return this.#byId.size;
  }

  list(): readonly CorporateIdentifier[] {
    return [...this.#byId.values()];
  }

  get(id: string): CorporateIdentifier | undefined {
    return this.#byId.get(id);
  }

  find(type: Type, value: string): CorporateIdentifier | undefined {
    return isIdentifier(type, value) ? this.#byKey.get(identifierKey(type, value)) : undefined;
  }

  /** By any of what a device tells. */
  has({ serial = '', imei = '', manufacturer = '', model = '' }: Told): boolean {
    const isKnown = (type: Type, value: string) => value !== '' && this.find(type, value) !== undefined;
    return (
      isKnown('serialNumber', serial) ||
      isKnown('imei', imei) ||
      isKnown('manufacturerModelSerial', [manufacturer, model, serial].join(','))
    );
  }

  /** In the place of one of the same device, too. */
  put(identifier: CorporateIdentifier): void {
    const key = identifierKey(identifier.type, identifier.value);
    for (const id of [identifier.id, this.#byKey.get(key)?.id ?? '']) this.remove(id);
    this.#byId.set(identifier.id, identifier);
    this.#byKey.set(key, identifier);
  }

  remove(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    this.#byKey.delete(identifierKey(found.type, found.value));
  }
}
