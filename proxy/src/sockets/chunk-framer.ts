/**
 * What cutting a byte stream into messages has in common, whatever the protocol: chunks come in, and a message that is spread over several is
 * put together in a buffer of its own, or handed on part by part. Hot: a message is numbers in fields and no object.
 *
 * Views: `buffer` is the chunk that was pushed, or a buffer of the framer's own, which is never written again. Slices of it are valid as long as
 * the chunk is. When all is used up the framer holds neither.
 */

const noBytes = Buffer.alloc(0);
/** Of the buffer for a message whose length is not known to be small. */
const firstBytes = 1024;

export abstract class ChunkFramer {
  /** Of the message that was found. */
  buffer: Buffer = noBytes;
  start = 0;
  body = 0;
  end = 0;
  /** Bytes of it that are still to come. */
  remaining = 0;

  protected chunk: Buffer = noBytes;
  protected position = 0;
  /** A message whose beginning came in earlier chunks. */
  protected partial: Buffer = noBytes;
  protected partialLength = 0;
  /** Of a message that is handed on part by part: bytes that are still to come. */
  protected streaming = 0;

  /** Takes the next chunk; the one before must be used up. */
  push(chunk: Buffer): void {
    this.chunk = chunk;
    this.position = 0;
  }

  /** Bytes of the current chunk that nothing has looked at. */
  get unread(): Buffer {
    return this.chunk.subarray(this.position);
  }

  /** Lets go of the chunk and of the last message: a session may wait for hours now. `npm run bench -- idle` pays for it. */
  protected letGo(): void {
    this.buffer = noBytes;
    this.chunk = noBytes;
    this.position = 0;
  }

  /** Puts the rest of the chunk aside as the beginning of a message of that length. */
  protected keep(total: number): void {
    const rest = this.chunk.length - this.position;
    this.partial = Buffer.allocUnsafe(Math.max(Math.min(total, Math.max(firstBytes, rest * 2)), rest));
    this.chunk.copy(this.partial, 0, this.position);
    this.partialLength = rest;
    this.position = this.chunk.length;
  }

  /** Moves bytes of the chunk to the partial message until it holds that many, if it does; memory grows with what really came. */
  protected fill(target: number): boolean {
    const take = Math.min(target - this.partialLength, this.chunk.length - this.position);
    if (take > 0) {
      const needed = this.partialLength + take;
      if (needed > this.partial.length) {
        const grown = Buffer.allocUnsafe(Math.min(target, Math.max(needed, this.partial.length * 2)));
        this.partial.copy(grown, 0, 0, this.partialLength);
        this.partial = grown;
      }
      this.chunk.copy(this.partial, this.partialLength, this.position, this.position + take);
      this.partialLength = needed;
      this.position += take;
    }
    return this.partialLength >= target;
  }

  /** What was found is what has been put together so far. @param bodyStart where its body begins @param total its length */
  protected takePartial(bodyStart: number, total: number): void {
    this.buffer = this.partial;
    this.start = 0;
    this.body = bodyStart;
    this.end = this.partialLength;
    this.remaining = total - this.partialLength;
    this.streaming = this.remaining;
    this.partial = noBytes;
    this.partialLength = 0;
  }

  /** The next part of a message that is handed on so. @returns false where none has come */
  protected takePart(): boolean {
    const take = Math.min(this.streaming, this.chunk.length - this.position);
    if (take === 0) return false;
    this.buffer = this.chunk;
    this.start = this.position;
    this.body = this.start;
    this.end = this.start + take;
    this.position = this.end;
    this.streaming -= take;
    this.remaining = this.streaming;
    return true;
  }
}
