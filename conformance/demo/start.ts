/** `npm start`: a database, a proxy and three people, to try Penstock within a minute. */
import { printFeed } from "./feed.ts";
import { helpText, readOptions } from "./options.ts";
import { inkFor } from "./screen.ts";
import { setStage, type Stage } from "./stage.ts";
import { showTour } from "./show-tour.ts";
import { greeting } from "./greeting.ts";

const ink = inkFor(process.stdout.isTTY && process.env["NO_COLOR"] === undefined);
const print = (line: string) => process.stdout.write(`${line}\n`);

const options = readOptions(process.argv.slice(2));
if (options.kind === "help") {
  print(helpText);
} else if (options.kind === "misuse") {
  process.stderr.write(`${options.message}\n\n${helpText}\n`);
  process.exitCode = 2;
} else {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  let stage: Stage | undefined;
  try {
    stage = await setStage({ ...options, log: (line) => print(ink.dim(line)) });
    if (options.tour) {
      await showTour(stage, ink, print, stop.signal);
    } else if (!stop.signal.aborted) {
      for (const line of greeting(stage, ink)) print(line);
      await printFeed(stage, ink, print, stop.signal);
      print("");
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    }
  } finally {
    await stage?.stop();
  }
}
