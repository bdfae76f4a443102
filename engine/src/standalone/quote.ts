/** All that may stand between single quotes as it is: no quote, backslash, line end or letter beyond ASCII, nothing that ends a comment or a script. */
const plain = /[^ !"#%&()+,./0-9:;=?@A-Z[\]^_a-z{|}~-]/g;

/** A text as a JavaScript literal. Whatever of a policy gets into a module's text goes through here. */
export function quoted(text: string): string {
  return `'${text.replace(plain, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}'`;
}
