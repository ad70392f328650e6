/** Where a record lies in a file. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Where the newest record of each key lies. */
export class RecordIndex {
  readonly #tables = new Map<string, Map<string, Place>>();
  #bytes = 0;

  /** The length of all records that are the newest of their keys. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Without a place the key is forgotten. */
  take(table: string, key: string, place: Place | undefined): void {
    let places = this.#tables.get(table);
    if (places === undefined) {
      places = new Map();
      this.#tables.set(table, places);
    }
    this.#bytes += (place?.length ?? 0) - (places.get(key)?.length ?? 0);
    if (place === undefined) places.delete(key);
    else places.set(key, place);
  }

  place(table: string, key: string): Place | undefined {
    return this.#tables.get(table)?.get(key);
  }

  keys(table: string): string[] {
    return [...(this.#tables.get(table)?.keys() ?? [])];
  }

  /** All, in the order in which they lie in the file. */
  inFileOrder(): { readonly table: string; readonly key: string; readonly place: Place }[] {
    const all = [...this.#tables].flatMap(([table, places]) =>
      [...places].map(([key, place]) => ({ table, key, place })),
    );
    return all.sort((a, b) => a.place.offset - b.place.offset);
  }
}
