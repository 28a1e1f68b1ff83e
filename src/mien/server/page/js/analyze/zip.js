const LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50; // signatures
const VERSION = 20, UTF8 = 0x0800, STORED = 0;
const MOST_BYTES = 2 ** 32 - 1, MOST_FILES = 2 ** 16 - 1; // without ZIP64

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** Little-endian numbers of the given widths. @param {...[value: number, bytes: 2|4]} fields */
function pack(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return view.buffer;
}

/** A ZIP archive of files that are stored as they are: images are compressed already. */
export class Archive {
  /** @type {BlobPart[]} */
  #parts = [];
  /** @type {BlobPart[]} */
  #directory = [];
  /** @type {Set<string>} */
  #names = new Set();
  #bytes = 0;
  #directoryBytes = 0;

  /**
   * Adds a file; a name that is taken gets a number.
   *
   * @param {string} name
   * @param {Blob} blob
   * @throws {Error} the archive would be larger than 4 GB, or has 65,535 files.
   */
  async add(name, blob) {
    const bytes = new TextEncoder().encode(this.#makeUnique(name)), { size } = blob;
    if (this.#bytes + this.#directoryBytes + size + 200 + 2 * bytes.length > MOST_BYTES || this.#names.size > MOST_FILES) {
      throw new Error("a ZIP file takes 4 GB. Filter the files, and download them in parts.");
    }
    const checksum = crc32(new Uint8Array(await blob.arrayBuffer())), { time, date } = dosTime(new Date());
    /** @type {[number, 2|4][]} */
    const shared = [[UTF8, 2], [STORED, 2], [time, 2], [date, 2], [checksum, 4], [size, 4], [size, 4], [bytes.length, 2], [0, 2]];
    const local = pack([LOCAL, 4], [VERSION, 2], ...shared);
    const central = pack([CENTRAL, 4], [VERSION, 2], [VERSION, 2], ...shared, [0, 2], [0, 2], [0, 2], [0, 4], [this.#bytes, 4]);
    this.#parts.push(local, bytes, blob);
    this.#directory.push(central, bytes);
    this.#bytes += local.byteLength + bytes.length + size;
    this.#directoryBytes += central.byteLength + bytes.length;
  }

  /** @returns {Blob} the whole archive. */
  close() {
    const count = this.#names.size;
    const end = pack([END, 4], [0, 2], [0, 2], [count, 2], [count, 2], [this.#directoryBytes, 4], [this.#bytes, 4], [0, 2]);
    return new Blob([...this.#parts, ...this.#directory, end], { type: "application/zip" });
  }

  /** @param {string} name */
  #makeUnique(name) {
    const dot = name.lastIndexOf("."), stem = dot > 0 ? name.slice(0, dot) : name, suffix = dot > 0 ? name.slice(dot) : "";
    let unique = name;
    for (let number = 2; this.#names.has(unique); number++) unique = `${stem} (${number})${suffix}`;
    this.#names.add(unique);
    return unique;
  }
}

/** @param {Date} now */
function dosTime(now) {
  return { time: (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1),
    date: ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate() };
}
