// Lays out what unpack.wat merges. UNPACK is that, in base64.
async function unpack(fetched) {
  const response = await fetched;
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  const merger = WebAssembly.instantiate(Uint8Array.from(atob("UNPACK"), (c) => c.charCodeAt(0)));
  const packed = new Uint8Array(await response.arrayBuffer());
  // The module's header and the number of its only section.
  let at = 9;
  const length = () => {
    let number = 0, shift = 0, byte;
    do { byte = packed[at++]; number |= (byte & 127) << shift; shift += 7; } while (byte > 127);
    return number;
  };
  length();
  at += 5;
  const size = length(), lengths = Array.from({ length: 16 }, length);
  const { memory, merge } = (await merger).instance.exports;
  const first = 320, whole = first + packed.length;
  memory.grow((whole + size) >> 16);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(packed, first);
  at += first;
  new Int32Array(memory.buffer, 0, 16).set(lengths.map((length) => (at += length) - length));
  // Where the only operand of an operation is: four times the number of its stream.
  const operand = bytes.subarray(64, first);
  for (const [stream, from, to] of [
    [4, 2, 5], [5, 12, 14], [7, 16, 17], [9, 32, 35], [10, 35, 39], [12, 40, 63], [10, 63, 65],
    [13, 65, 66], [14, 66, 67], [10, 208, 209], [10, 210, 211],
  ]) operand.fill(4 * stream, from, to);
  merge(whole, lengths[0], new Int32Array(memory.buffer)[2] + lengths[2], lengths[1]);
  return bytes.subarray(whole, whole + size);
}
