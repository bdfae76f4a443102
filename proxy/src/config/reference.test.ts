/**
 * docs/configuration.md holds the reference between two marks; it is made from the schema. After changing the schema:
 * `UPDATE_REFERENCE=1 npx vitest run proxy/src/config/reference.test.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { expect, test } from "vitest";
import { proxyLimits } from "../limits.ts";
import { configSchema } from "./schema.ts";
import { snakeCase } from "./sections/limits.ts";
import { readYaml } from "./yaml-document.ts";

const file = new URL("../../../docs/configuration.md", import.meta.url);
const [begin, end] = ["<!-- reference: made from the schema -->", "<!-- end of reference -->"];

type Schema = z.core.JSONSchema._JSONSchema;

function render(): string {
  const rows: string[] = [];
  const walk = (schema: Schema | Schema[] | undefined, path: string): void => {
    if (typeof schema !== "object" || Array.isArray(schema)) return;
    for (const [name, field] of Object.entries(schema.properties ?? {})) {
      if (typeof field !== "object") continue;
      const full = path === "" ? name : `${path}.${name}`;
      if (path === "limits") continue;
      const required = schema.required?.includes(name) ?? false;
      rows.push(`| \`${full}\` | ${typeOf(field)} | ${fallback(field, required)} | ${field.description ?? ""} |`);
      walk(field, full);
      walk(field.items, `${full}[]`);
    }
  };
  walk(z.toJSONSchema(configSchema, { io: "input" }), "");
  const limits = Object.entries(proxyLimits).map(([name, value]) => `| \`limits.${snakeCase(name)}\` | ${value} |`);
  return [
    "| key | value | default | meaning |\n|---|---|---|---|",
    rows.join("\n"),
    "\n### Limits\n\nUnits are in the names: `_ms` milliseconds, `_bytes` bytes; the others are counts.\n\n| key | default |\n|---|---|",
    limits.join("\n"),
  ].join("\n");
}

function typeOf(field: z.core.JSONSchema.JSONSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (field.anyOf !== undefined) return "text or list of texts";
  const names: Readonly<Record<string, string>> = {
    string: "text",
    integer: `number, ${field.minimum ?? ""} to ${field.maximum ?? ""}`,
    boolean: "`true`, `false`",
    array: "list",
  };
  return names[String(field.type)] ?? (field.additionalProperties === false ? "map" : "texts by name");
}

function fallback(field: z.core.JSONSchema.JSONSchema, required: boolean): string {
  if (required) return "required";
  const { default: value } = field;
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPlain ? `\`${value}\`` : "";
}

test("the reference in the documentation says what the schema says", () => {
  const text = readFileSync(file, "utf8");
  const [before = "", rest = ""] = text.split(begin);
  const [reference = "", after = ""] = rest.split(end);
  const expected = `\n\n${render()}\n\n`;
  if (process.env["UPDATE_REFERENCE"] !== undefined) writeFileSync(file, `${before}${begin}${expected}${end}${after}`);
  expect(process.env["UPDATE_REFERENCE"] === undefined ? reference : expected).toBe(expected);
});

test("every key has a meaning", () => {
  for (const line of render().split("\n")) expect(line).not.toMatch(/\| {2}\|$/);
});

test.each(["configuration", "audit", "targets"])("the examples of docs/%s.md are right", (page) => {
  const text = readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), "utf8");
  const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1] ?? "");
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(readYaml("example", example, configSchema)).toMatchObject({ ok: true });
});
