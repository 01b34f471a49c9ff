// Reads the pieces of an outline, for tests: see internal/page/outline.go.

const magic = "inlay outline 2\n";
const decoder = new TextDecoder();

/** kind: 0 text, 1 literal, 2 slot, 3 head, 4 tail; slots: how many come with it, or the first of them. */
export function readOutline(bytes) {
  if (decoder.decode(bytes.subarray(0, magic.length)) !== magic) throw new Error("no outline");
  let at = magic.length;
  const number = () => {
    let n = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      n += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
    }
  };
  const text = () => {
    const size = number();
    at += size;
    return decoder.decode(bytes.subarray(at - size, at));
  };
  const pieces = Array.from({ length: number() }, () => {
    const kind = number();
    if (kind === 0) return { kind, from: number(), to: number() };
    if (kind === 2) return { kind, slot: number() };
    return { kind, text: text() };
  });
  return { pieces, slots: number() };
}
