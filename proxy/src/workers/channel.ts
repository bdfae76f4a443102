/** What two processes of a proxy ask of each other, over the channel that Node opens between a process and its child. */
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";

/** By name. An answer may be a promise. */
// oxlint-disable-next-line typescript/no-explicit-any -- of each method, its own types
type Methods = Readonly<Record<string, (argument: any, connection?: Socket) => unknown>>;
type Argument<Method> = Method extends (argument: infer Given, connection?: Socket) => unknown ? Given : never;
type Answer<Method> = Method extends (argument: never, connection?: Socket) => infer Given ? Awaited<Given> : never;

interface Asked {
  readonly name: string;
  readonly argument: unknown;
  /** `undefined`: no answer is wanted. */
  readonly id: number | undefined;
}

interface Answered {
  readonly answers: number;
  readonly value: unknown;
  /** Why there is no value. */
  readonly error: string | undefined;
}

/** One end. @typeParam Remote by name: what the other end can be asked. Both trust each other: they are the same program, and nobody else has the channel. */
export class Channel<Remote> {
  readonly #process: ChildProcess | NodeJS.Process;
  readonly #own: Methods;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #asked = 0;
  #isGone = false;

  /** @param own what the other end can ask */
  constructor(process: ChildProcess | NodeJS.Process, own: Methods) {
    this.#process = process;
    this.#own = own;
    process.on("message", (message: unknown, connection: unknown) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `#send` of the other end has sent
      this.#received(message as Asked | Answered, connection as Socket | undefined);
    });
    process.once("disconnect", () => this.#disconnected());
  }

  /** No answer is wanted. Where the other end is gone, nothing happens. */
  tell<Name extends keyof Remote & string>(name: Name, argument: Argument<Remote[Name]>, connection?: Socket): void {
    this.#send({ name, argument, id: undefined }, connection);
  }

  /** Rejects with what the other end has thrown, or where it ends before it answers. */
  async ask<Name extends keyof Remote & string>(
    name: Name,
    argument: Argument<Remote[Name]>,
  ): Promise<Answer<Remote[Name]>> {
    if (this.#isGone) throw gone();
    const id = ++this.#asked;
    const value = await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ name, argument, id });
    });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the method that was asked
    return value as Answer<Remote[Name]>;
  }

  #send(message: Asked | Answered, connection?: Socket): void {
    if (this.#isGone) {
      connection?.destroy();
      return;
    }
    this.#process.send?.(message, connection, {}, (error) => {
      if (error === null) return;
      connection?.destroy();
      if ("id" in message && message.id !== undefined) this.#take(message.id)?.reject(error);
    });
  }

  #received(message: Asked | Answered, connection: Socket | undefined): void {
    if ("answers" in message) {
      const waiting = this.#take(message.answers);
      if (message.error === undefined) waiting?.resolve(message.value);
      else waiting?.reject(new Error(message.error));
      return;
    }
    const { name, argument, id } = message;
    // At once: from a connection, data may come with the next event.
    const answer = this.#own[name]?.(argument, connection);
    if (id === undefined) return;
    Promise.resolve(answer).then(
      (value: unknown) => this.#send({ answers: id, value, error: undefined }),
      (error: unknown) =>
        this.#send({ answers: id, value: undefined, error: error instanceof Error ? error.message : String(error) }),
    );
  }

  /** Who waits for that answer; nobody does any more. */
  #take(id: number): { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #disconnected(): void {
    this.#isGone = true;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

function gone(): Error {
  return new Error("the other process has ended");
}
