/** Of so many a place is looked for one by one. */
const chunkSize = 512;

/** Ids in an order. To put one behind the others and to take one out costs the same, however many there are; so does its place, nearly. */
export class ChunkedOrder {
  #chunks: string[][] = [];
  readonly #chunkOf = new Map<string, string[]>();

  get size(): number {
    return this.#chunkOf.size;
  }

  /** Behind the others. It must not be there yet. */
  add(id: string): void {
    let last = this.#chunks.at(-1);
    if (last === undefined || last.length >= chunkSize) {
      last = [];
      this.#chunks.push(last);
    }
    last.push(id);
    this.#chunkOf.set(id, last);
  }

  remove(id: string): void {
    const chunk = this.#chunkOf.get(id);
    if (chunk === undefined) return;
    this.#chunkOf.delete(id);
    chunk.splice(chunk.indexOf(id), 1);
    if (chunk.length === 0) this.#chunks = this.#chunks.filter((each) => each !== chunk);
  }

  /** From 0; -1: it is not there. */
  placeOf(id: string): number {
    const chunk = this.#chunkOf.get(id);
    if (chunk === undefined) return -1;
    let before = 0;
    for (const each of this.#chunks) {
      if (each === chunk) break;
      before += each.length;
    }
    return before + chunk.indexOf(id);
  }

  *[Symbol.iterator](): Generator<string> {
    for (const chunk of this.#chunks) yield* chunk;
  }
}
