import { z } from "zod";
import { type ProxyLimits, proxyLimits } from "../../limits.ts";

const limitKeys = Object.fromEntries(
  Object.entries(proxyLimits).map(([name, value]) => [
    snakeCase(name),
    z
      .int()
      .min(value === 0 ? 0 : 1)
      .optional(),
  ]),
);

export const limitsSection = z
  .strictObject(limitKeys)
  .prefault({})
  .describe("Bounds on what clients can use up; see the table of limits.");

/** `loginMs` → `login_ms`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The limits as the proxy takes them. */
export function toLimits(raw: z.output<typeof limitsSection>): Partial<ProxyLimits> {
  const names = new Map(Object.keys(proxyLimits).map((name) => [snakeCase(name), name]));
  return Object.fromEntries(
    Object.entries(raw).flatMap(([key, value]) => (value === undefined ? [] : [[names.get(key) ?? key, value]])),
  );
}
