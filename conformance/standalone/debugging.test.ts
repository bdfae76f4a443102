import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeModule } from "../../engine/src/standalone/write-module.ts";

test("where a rule fails, the stack names the policy and the line of the condition, and nothing else as a policy", async () => {
  const folder = mkdtempSync(join(tmpdir(), "penstock-module-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const text = 'package p\n\nx := y if {\n  true\n  y := to_number("abc")\n}\n';
  const { files } = await writeModule({ sources: [{ path: "sources/p.policy", text }], data: {} }, "p.mjs.map");
  writeFileSync(join(folder, "p.mjs"), files?.code ?? "");
  writeFileSync(join(folder, "p.mjs.map"), files?.map ?? "");
  writeFileSync(join(folder, "ask.mjs"), 'import { query } from "./p.mjs";\nquery("data.p.x");\n');
  const { stderr } = spawnSync(process.execPath, ["--enable-source-maps", "ask.mjs"], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stderr).toContain("sources/p.policy:5: to_number: invalid syntax: the string is no number");
  const frames = stderr.split("\n").filter((line) => line.trim().startsWith("at "));
  expect(frames.filter((frame) => frame.includes(".policy")).length).toBe(1);
  expect(frames.find((frame) => frame.includes(".policy"))).toContain("sources/p.policy:5:3)");
});
