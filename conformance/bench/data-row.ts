/** A DataRow in text format, as a server sends it. */
export function dataRow(values: readonly string[]): Buffer {
  const fields = values.flatMap((value) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(value));
    return [length, Buffer.from(value)];
  });
  const head = Buffer.alloc(7);
  head.write("D");
  head.writeUInt16BE(values.length, 5);
  const message = Buffer.concat([head, ...fields]);
  message.writeUInt32BE(message.length - 1, 1);
  return message;
}
