/**
 * Sockets that read into one buffer again and again. Node's own way allocates 64 KiB for each read and passes it through a stream; of the
 * processor time of a relay that answers one short statement after another this takes a tenth to a fifth (`npm run bench -- pgbench`).
 *
 * What arrives is still a `data` event, and its chunk is the listener's to keep, until the socket's owner has called `reuseReads`: from
 * then on a chunk is good until its listeners return, or as long as the owner says that something still holds a part of it.
 */
import { Socket } from "node:net";

/** What a statement and a short answer need: every session that waits holds a buffer of this size. */
const smallBytes = 4 * 1024;
/** While reads fill the buffer, or more is expected: as much as Node's own. */
const largeBytes = 64 * 1024;

/** Where one socket reads to. */
class ReadBuffer {
  user: ReadsUser = { keeps: () => true, expectsMore: () => false };
  #small = Buffer.allocUnsafeSlow(smallBytes);
  #buffer = this.#small;
  #read = 0;

  /** The first bytes of the buffer: what the socket has read just now. */
  take(bytes: number): Buffer {
    this.#read = bytes;
    return this.#buffer.subarray(0, bytes);
  }

  /** For the next read. */
  next(): Buffer {
    const isLarge = this.#buffer.length === largeBytes;
    const isFull = this.#read === this.#buffer.length;
    const wantsLarge = isFull || (isLarge && this.#read >= smallBytes && this.user.expectsMore());
    const isKept = this.user.keeps();
    this.#read = 0;
    if (isKept && !isLarge) this.#small = Buffer.allocUnsafeSlow(smallBytes);
    if (wantsLarge !== isLarge || isKept) {
      this.#buffer = wantsLarge ? Buffer.allocUnsafeSlow(largeBytes) : this.#small;
    }
    return this.#buffer;
  }
}

/** A socket that is not connected yet. */
export function reusingSocket(): Socket {
  return readInto(new ReadBuffer(), undefined);
}

/** The connection of a socket that a server has accepted and nobody has read from, as another socket. The one that was accepted is gone. */
export function takeConnection(accepted: Socket): Socket {
  const inside = internals(accepted);
  const { _handle: handle } = inside;
  if (typeof handle !== "object" || handle === null) return accepted;
  // oxlint-disable-next-line no-underscore-dangle -- Node's name
  inside._handle = null;
  accepted.destroy();
  return readInto(new ReadBuffer(), handle);
}

/** Asked when the listeners of a chunk have returned. */
export interface ReadsUser {
  /** Somebody still looks at a part of what was read. */
  keeps(): boolean;
  /** More will come soon, and not after a statement of the client's own. */
  expectsMore(): boolean;
}

interface ReusesReads {
  reuseReads(user: ReadsUser): void;
}

/** Does nothing for other sockets, such as those of TLS. */
export function reuseReads(socket: Socket & Partial<ReusesReads>, user: ReadsUser): void {
  socket.reuseReads?.(user);
}

function readInto(buffer: ReadBuffer, handle: Handle | undefined): Socket {
  const socket = new Socket({
    handle,
    onread: {
      buffer: () => buffer.next(),
      callback: (bytes) => {
        socket.emit("data", buffer.take(bytes));
        return true;
      },
    },
  });
  const reuses: ReusesReads = { reuseReads: (user) => (buffer.user = user) };
  return Object.assign(socket, reuses);
}

type Handle = NonNullable<ConstructorParameters<typeof Socket>[0]>["handle"];

/** What Node's sockets have had since its first versions, and its types do not tell: the connection itself. */
function internals(socket: unknown): { _handle: Handle | null | undefined } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return socket as { _handle: Handle | null | undefined };
}
