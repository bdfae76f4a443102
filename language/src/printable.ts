/**
 * Control characters, and others that end a line or change its direction, made visible, tab and line feed apart: what a policy or its data holds must neither drive the reader's terminal nor make
 * a report that its reader refuses.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly these
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    return `\\u{${char.charCodeAt(0).toString(16)}}`;
  });
}
