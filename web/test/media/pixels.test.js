import assert from "node:assert/strict";
import { test } from "node:test";

import { PixelReader } from "../../src/media/pixels.js";

const reader = new PixelReader();

/** @param {number[]} rgba @returns {import("../../src/media/pixels.js").RawImage} */
const draw = (rgba) => ({ width: rgba.length / 4, height: 1, data: Uint8ClampedArray.from(rgba) });

test("what is transparent becomes white, by Pillow's arithmetic", async () => {
  const { data } = await reader.read(draw([10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128, 7, 99, 201, 3]), "a.png");
  // Image.alpha_composite(white, image) of Pillow 12.
  assert.deepEqual([...data], [10, 20, 30, 255, 255, 255, 255, 255, 127, 177, 255, 255, 252, 253, 254, 255]);
});

test("an opaque image is not copied", async () => {
  const image = draw([1, 2, 3, 255]);
  assert.equal((await reader.read(image, "a.png")).data, image.data);
});

test("an image without pixels or with too many is refused", async () => {
  await assert.rejects(reader.read(draw([]), "a.png"), { name: "MediaError", message: /^a.png: has no pixels/ });
  const large = { width: 20_000, height: 20_000, data: new Uint8ClampedArray() };
  await assert.rejects(reader.read(large, "a.png"), { name: "MediaError", message: /more than 120 million pixels/ });
  await assert.rejects(reader.read(new Blob([]), "a.png"), { name: "MediaError", message: /the file is empty/ });
});
