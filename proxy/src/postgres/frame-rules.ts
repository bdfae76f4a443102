import type { ProxyLimits } from "../limits.ts";
import { FrameRules } from "./framer.ts";

/** The rules of all sessions of a proxy: kilobytes, made once. */
export interface SessionFrames {
  readonly login: FrameRules;
  /** Of a client that brings a token. */
  readonly tokenLogin: FrameRules;
  readonly client: FrameRules;
  readonly server: FrameRules;
}

export function sessionFrames(limits: ProxyLimits, tokenBytesMax: number): SessionFrames {
  return {
    login: loginFrameRules(limits.authenticationBytes),
    tokenLogin: loginFrameRules(tokenBytesMax + 1),
    client: clientFrameRules(limits),
    server: serverFrameRules(limits),
  };
}

/** Messages of a client that has logged in. What is not listed ends the connection, as PostgreSQL does. */
function clientFrameRules(limits: ProxyLimits): FrameRules {
  return new FrameRules()
    .set("Q", 1, limits.statementBytes)
    .set("P", 4, limits.statementBytes)
    .set("B", 8, limits.bindBytes)
    .set("D", 2, limits.controlBytes)
    .set("E", 5, limits.controlBytes)
    .set("C", 2, limits.controlBytes)
    .set("H", 0, 0)
    .set("S", 0, 0)
    .set("X", 0, 0)
    .set("F", 4, limits.statementBytes)
    .set("d", 0, limits.messageBytes - 4, true)
    .set("c", 0, 0)
    .set("f", 1, limits.controlBytes);
}

/** Messages of a client that is logging in, after the StartupMessage: passwords and SASL only. */
function loginFrameRules(passwordBytesMax: number): FrameRules {
  return new FrameRules().set("p", 1, passwordBytesMax).set("X", 0, 0);
}

/** Messages of the server after its login. CopyBothResponse is not listed: no replication passes here. */
function serverFrameRules(limits: ProxyLimits): FrameRules {
  const whole = limits.serverMessageBytes;
  const rules = new FrameRules()
    .set("D", 2, limits.messageBytes - 4, true)
    .set("d", 0, limits.messageBytes - 4, true)
    .set("Z", 1, 1);
  for (const type of "CEGHNSTtAvV") rules.set(type, 1, whole);
  for (const type of "123nIsc") rules.set(type, 0, 0);
  return rules.set("K", 8, 260);
}
