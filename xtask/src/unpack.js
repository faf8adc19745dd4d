// Lays out what unpack.wat merges. UNPACK is that, in base64.
async function unpack(...files) {
  const merger = WebAssembly.instantiate(Uint8Array.from(atob("UNPACK"), (c) => c.charCodeAt(0)));
  const [packed, operations] = await Promise.all(files.map(async (file) => {
    const response = await file;
    if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }));
  let at;
  const length = () => {
    let number = 0, shift = 0, byte;
    do { byte = packed[at++]; number |= (byte & 127) << shift; shift += 7; } while (byte > 127);
    return number;
  };
  // Behind a module's header and the number, the size and the name of its only section.
  const contents = (module) => {
    let at = 9;
    while (module[at++] > 127);
    return at + 5;
  };
  at = contents(packed);
  // Fifteen kinds of streams, 256 of each.
  const size = length(), lengths = Array.from({ length: 3840 }, length);
  const { memory, merge } = (await merger).instance.exports;
  const first = 16896, second = first + operations.length, whole = second + packed.length;
  memory.grow((whole + size) >> 16);
  const bytes = new Uint8Array(memory.buffer), streams = new Int32Array(memory.buffer, 0, 3840);
  bytes.set(operations, first);
  bytes.set(packed, second);
  at += second;
  streams.set(lengths.map((length) => (at += length) - length));
  streams[512] = first + contents(operations);
  // The kind of an operation's only operand, and by which operation its stream is chosen: 16 for the
  // one that follows, 32 for the one before.
  for (const [kind, from, to] of [
    [4, 2, 5], [5, 12, 14], [7 + 32, 16, 17], [8 + 16, 32, 33], [9, 33, 35], [10, 35, 39],
    [11 + 32, 40, 54], [12, 54, 63], [10, 63, 65], [13 + 16, 65, 66], [14 + 16, 66, 67],
    [10, 208, 209], [10, 210, 211],
  ]) bytes.fill(kind, 16384 + from, 16384 + to);
  // The alignments of loads and stores.
  bytes.set([2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2], 16640 + 40);
  merge(whole, lengths[0], second, lengths[256]);
  return bytes.subarray(whole, whole + size);
}
