import { DefaultDeserializer } from 'node:v8';

/** What Node documents of a deserializer, and its types leave out. */
const views = DefaultDeserializer.prototype as unknown as { _readHostObject(): unknown };

/** Node's own lets bytes lie in what was read: a token of 32 bytes kept the whole record of its device in memory. */
class CopyingDeserializer extends DefaultDeserializer {
  _readHostObject(): unknown {
    const view = views._readHostObject.call(this);
    if (Buffer.isBuffer(view)) return Buffer.from(view);
    return view instanceof Uint8Array ? view.slice() : structuredClone(view);
  }
}

/** The value that `v8.serialize` wrote. Nothing of it lies in `bytes`. */
export function deserialized(bytes: Buffer): unknown {
  const reader = new CopyingDeserializer(bytes);
  reader.readHeader();
  return reader.readValue();
}
