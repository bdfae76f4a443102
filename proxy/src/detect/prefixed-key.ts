/** Keys that say by their first letters what they are. */
import { type ByteClass, byteClass, isAlphanumeric, isBase64Url, isWord, runEnd, standsAt } from "./bytes.ts";
import type { Detector } from "./detector.ts";

interface Prefixed {
  readonly prefixes: readonly string[];
  readonly members: ByteClass;
  /** How many bytes follow the prefix. */
  readonly min: number;
  readonly max: number;
}

function prefixed(...forms: readonly Prefixed[]): Detector {
  const triggers = [...new Set(forms.flatMap(({ prefixes }) => prefixes.map((prefix) => prefix.charAt(0))))].join("");
  return {
    triggers,
    find(bytes, at, _from, to) {
      for (const { prefixes, members, min, max } of forms) {
        for (const prefix of prefixes) {
          if (!standsAt(bytes, at, to, prefix)) continue;
          const body = at + prefix.length;
          // One byte more than it may have is enough to know that it is something else.
          const end = runEnd(bytes, body, Math.min(to, body + max + 1), members);
          const isWhole = end === to || isWord[bytes[end]!] === 0;
          if (isWhole && end - body >= min && end - body <= max) return { start: at, end };
        }
      }
      return undefined;
    },
  };
}

/** Access key ids, long-lived (AKIA) and temporary (ASIA). The secret key that belongs to one has no form of its own. */
export const awsKey = prefixed({
  prefixes: ["AKIA", "ASIA"],
  members: byteClass("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
  min: 16,
  max: 16,
});

export const googleKey = prefixed({ prefixes: ["AIza"], members: isBase64Url, min: 35, max: 35 });

/** Classic and fine-grained tokens of people, of apps, and what refreshes them. */
export const githubToken = prefixed(
  { prefixes: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], members: isAlphanumeric, min: 36, max: 251 },
  { prefixes: ["github_pat_"], members: isWord, min: 40, max: 251 },
);

/** Of bots, users, workspaces and apps. */
export const slackToken = prefixed({
  prefixes: ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxe-", "xoxe.xoxb-", "xoxe.xoxp-", "xapp-"],
  members: isBase64Url,
  min: 20,
  max: 500,
});
