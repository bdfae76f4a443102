/** A worker of `policy-proxy serve`, which starts it. The compile cache is that of the first process. */
const { serveAsWorker } = await import("../src/cli/worker/serve-as-worker.ts");
serveAsWorker();
