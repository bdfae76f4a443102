import type { Comment } from "./doc.ts";

/** The text that grows. A comment after code waits, so that the comma that belongs to the code comes before it. */
export class Page {
  private readonly parts: string[] = [];
  /** Columns written in this line; `undefined` in a fresh one, which is indented when something comes. */
  private written: number | undefined;
  private waiting: string | undefined;
  /** A space is due, unless the line ends here. */
  private spaced = false;
  /** A comment was written: nothing can follow it in its line. */
  private closed = false;

  column(indentOfFresh: number): number {
    return this.closed || this.written === undefined ? indentOfFresh : this.written + (this.spaced ? 1 : 0);
  }

  write(text: string, columns: number): void {
    if (text === "") return;
    if (this.waiting !== undefined && text !== ",") this.writeWaiting();
    if (this.closed) this.breakLine(false);
    if (text === " ") {
      this.spaced = this.written !== undefined;
      return;
    }
    if (this.written === undefined) this.parts.push(" ".repeat(columns));
    else if (this.spaced) this.parts.push(" ");
    this.written = (this.written ?? columns) + (this.spaced ? 1 : 0);
    this.spaced = false;
    this.parts.push(text);
    const lineStart = text.lastIndexOf("\n");
    this.written = lineStart < 0 ? this.written + text.length : text.length - lineStart - 1;
  }

  comment({ text, ownLine }: Comment, columns: number): void {
    if (this.waiting !== undefined) this.writeWaiting();
    if (!ownLine && !this.closed && this.written !== undefined) {
      this.waiting = text;
      return;
    }
    if (this.written !== undefined) this.breakLine(false);
    this.write(text, columns);
    this.closed = true;
  }

  breakLine(blank: boolean): void {
    if (this.waiting !== undefined) this.writeWaiting();
    // Where a break came already, only the empty line is missing.
    this.parts.push(blank ? "\n\n" : "\n");
    this.written = undefined;
    this.spaced = false;
    this.closed = false;
  }

  end(): string {
    if (this.waiting !== undefined) this.writeWaiting();
    return this.parts.join("");
  }

  private writeWaiting(): void {
    this.parts.push(` ${this.waiting}`);
    this.waiting = undefined;
    this.closed = true;
  }
}
