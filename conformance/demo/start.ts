/** `npm start`: a database, a proxy and three people, to try Penstock within a minute. */
import { helpText, readOptions } from "./options.ts";

const options = readOptions(process.argv.slice(2));
switch (options.kind) {
  case "help":
    process.stdout.write(`${helpText}\n`);
    break;
  case "misuse":
    process.stderr.write(`${options.message}\n\n${helpText}\n`);
    process.exitCode = 2;
    break;
  case "run": {
    // Only now: whoever asks for help should not wait for a proxy to load.
    const { runDemo } = await import("./run-demo.ts");
    process.exitCode = await runDemo(options);
    break;
  }
  default:
    options satisfies never;
}
