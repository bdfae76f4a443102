/**
 * SIGHUP, which ends a process that does not listen for it, and which a service manager may send as soon as there is one: those that come before
 * somebody hears them are told then, once.
 */
export class HangUps {
  #heard: (() => void) | undefined;
  #isWaiting = false;

  constructor() {
    process.on("SIGHUP", () => {
      if (this.#heard === undefined) this.#isWaiting = true;
      else this.#heard();
    });
  }

  hear(heard: () => void): void {
    this.#heard = heard;
    if (this.#isWaiting) heard();
    this.#isWaiting = false;
  }
}
