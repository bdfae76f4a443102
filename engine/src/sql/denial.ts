/** Why a statement cannot be rewritten. Thrown inside the rewriter only, which returns it as data. */
export class Denial extends Error {
  override readonly name = "Denial";
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    super(reason);
    this.hint = hint;
  }
}
