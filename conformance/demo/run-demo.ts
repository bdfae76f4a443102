import { printFeed } from "./feed.ts";
import { greeting } from "./greeting.ts";
import type { DemoOptions } from "./options.ts";
import { type Ink, inkFor } from "./screen.ts";
import { showTour } from "./show-tour.ts";
import { hasMariadb, type Stage, setStage } from "./stage.ts";

/** Runs until Ctrl-C, or until the tour is over. Gives the exit code. */
export async function runDemo(options: Extract<DemoOptions, { kind: "run" }>): Promise<number> {
  const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const ink = inkFor(colour);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  // Whoever read the output, such as `head`, has enough.
  process.stdout.on("error", () => stop.abort());
  let stage: Stage | undefined;
  try {
    const servers = hasMariadb() ? "PostgreSQL and MariaDB with the same shop in them" : "PostgreSQL with a shop in it";
    print(ink.dim(`starting ${servers}, and the proxy in front …`));
    stage = await setStage({ ...options, log: (line) => print(logLine(line, ink)) });
    if (stop.signal.aborted) return 0;
    if (options.tour) {
      await showTour(stage, ink, print, stop.signal);
    } else {
      for (const line of greeting(stage, ink)) print(line);
      await printFeed(stage, ink, print, stop.signal);
      print("");
    }
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await stage?.stop();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Mistakes in policies must stand out among the statements. */
function logLine(line: string, ink: Ink): string {
  const isError = /^\S+ error /.test(line);
  return isError ? ink.bad(line) : ink.accent(line);
}
