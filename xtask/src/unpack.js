async function unpack(fetched) {
  const response = await fetched;
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
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
  const whole = new Uint8Array(length());
  const lengths = Array.from({ length: 16 }, length);
  const places = Int32Array.from(lengths, (size) => (at += size) - size);
  let to = 0;
  const bytes = (from, count) => {
    whole.set(packed.subarray(places[from], places[from] += count), to);
    to += count;
  };
  const number = (from) => {
    let place = places[from], value = 0, shift = 0, byte;
    do { byte = whole[to++] = packed[place++]; value |= (byte & 127) << shift; shift += 7; } while (byte > 127);
    places[from] = place;
    return value;
  };
  // The streams' numbers; before them stand what is before the code and what is behind it.
  const [OP, LOCALS, BLOCK, BRANCH, TABLE, CALL, INDIRECT, LOCAL, RARE, ALIGN, OFFSET, I32, I64, FLOAT] = [...lengths.keys()].slice(2);
  // Where the only operand of an operation is.
  const operand = new Uint8Array(256);
  operand.fill(BLOCK, 2, 5).fill(BRANCH, 12, 14).fill(CALL, 16, 17).fill(LOCAL, 32, 35).fill(RARE, 35, 39);
  operand.fill(OFFSET, 40, 63).fill(RARE, 63, 65).fill(I32, 65, 66).fill(I64, 66, 67);
  operand[208] = operand[210] = RARE;
  bytes(0, lengths[0]);
  const end = places[OP] + lengths[OP];
  while (places[OP] < end) {
    const start = to;
    for (let groups = number(LOCALS); groups--;) { number(LOCALS); bytes(LOCALS, 1); }
    let op = places[OP];
    for (let depth = 1; depth;) {
      const what = whole[to++] = packed[op++];
      const from = operand[what];
      if (from) {
        if (from === OFFSET) number(ALIGN);
        else if (from === BLOCK) depth++;
        let place = places[from], byte;
        do { byte = whole[to++] = packed[place++]; } while (byte > 127);
        places[from] = place;
      } else if (what === 11) depth--;
      else if (what === 14) { for (let rest = number(TABLE) + 1; rest--;) number(TABLE); }
      else if (what === 17) { number(INDIRECT); number(INDIRECT); }
      else if (what === 67 || what === 68) bytes(FLOAT, what === 67 ? 4 : 8);
      else if (what === 252) {
        const which = number(RARE);
        if (which > 7) number(RARE);
        if (which > 7 && which < 15 && which % 2 === 0) number(RARE);
      }
    }
    places[OP] = op;
    const size = [];
    for (let rest = to - start; size.push(rest > 127 ? rest & 127 | 128 : rest), rest > 127;) rest >>= 7;
    whole.copyWithin(start + size.length, start, to);
    whole.set(size, start);
    to += size.length;
  }
  bytes(1, lengths[1]);
  return whole;
}
