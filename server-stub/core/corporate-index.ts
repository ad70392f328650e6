import type { CorporateIdentifier } from './admission-types.js';

/**
 * What two ways of writing a serial number or an IMEI have in common. The first 14 digits of an IMEI say which device it is; behind
 * them some write its check digit, and others the version of its software (IMEISV).
 */
export const identifierKey = (type: CorporateIdentifier['type'], value: string): string =>
  type === 'imei'
    ? `imei ${value.replace(/\D/g, '').replace(/^(\d{14})\d{1,2}$/, '$1')}`
    : `serialNumber ${value.trim().toLowerCase()}`;

/** Whether it tells one device from another: an IMEI without a digit would be that of every device that says none. */
export const isIdentifier = (type: CorporateIdentifier['type'], value: string): boolean =>
  type === 'imei' ? /\d/.test(value) : value.trim() !== '';
export const noIdentifier = 'expected a serial number, or an IMEI of digits';

/** Devices that were declared as the organization's, by id and by what is declared of them. */
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

  find(type: CorporateIdentifier['type'], value: string): CorporateIdentifier | undefined {
    return isIdentifier(type, value) ? this.#byKey.get(identifierKey(type, value)) : undefined;
  }

  /** By either of what a device tells. */
  has({
    serial = '',
    imei = '',
  }: {
    readonly serial?: string | undefined;
    readonly imei?: string | undefined;
  }): boolean {
    return (
      (serial !== '' && this.find('serialNumber', serial) !== undefined) ||
      (imei !== '' && this.find('imei', imei) !== undefined)
    );
  }

  put(identifier: CorporateIdentifier): void {
    this.remove(identifier.id);
    this.#byId.set(identifier.id, identifier);
    this.#byKey.set(identifierKey(identifier.type, identifier.value), identifier);
  }

  remove(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    const key = identifierKey(found.type, found.value);
    if (this.#byKey.get(key)?.id === id) this.#byKey.delete(key);
  }
}
