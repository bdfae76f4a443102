/** What a client got, in words that can be compared. */
import { errorField, type RawMessage, transcript } from "../raw-client.ts";

/** Cut into messages. @param mayBreakOff the connection has ended, maybe within a row. */
export function messagesOf(bytes: Buffer, mayBreakOff = false): readonly RawMessage[] {
  const { messages, end } = wholeMessages(bytes);
  if (end < bytes.length && !mayBreakOff) {
    const rest = bytes.toString("hex", end, end + 20);
    throw new Error(`after ${messages.length} messages the client got bytes that are no message: ${rest}`);
  }
  return messages;
}

/**
 * The refusal of a denied statement stands where the server has its own: an unknown column. Which of two missing things is named first may
 * differ: the proxy looks for what a portal executes, which the server does only if the portal still exists.
 */
export function comparable(bytes: Buffer): string[] {
  return transcript(messagesOf(bytes)).map((word) => equivalents[word] ?? word);
}

const equivalents: Readonly<Record<string, string>> = { "E:42501": "E:42703", "E:34000": "E:26000" };

/** Whether the last word was a FATAL error, or the end came within a message. */
export function endsBadly(bytes: Buffer): boolean {
  const whole = wholeMessages(bytes);
  if (whole.end < bytes.length) return true;
  const last = whole.messages.at(-1);
  return last?.type === "E" && errorField(last.body, "V") === "FATAL";
}

function wholeMessages(bytes: Buffer): { readonly messages: readonly RawMessage[]; readonly end: number } {
  const messages: RawMessage[] = [];
  let at = 0;
  for (;;) {
    const end = at + 5 <= bytes.length ? at + 1 + bytes.readUInt32BE(at + 1) : Number.POSITIVE_INFINITY;
    if (end < at + 5 || end > bytes.length) return { messages, end: at };
    messages.push({ type: String.fromCharCode(bytes[at]!), body: bytes.subarray(at + 5, end) });
    at = end;
  }
}
