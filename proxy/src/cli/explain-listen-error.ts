import { errorCode, errorMessage } from "../config/system-error.ts";

/** Why an address cannot be listened on, and what to do. */
export function explainListenError(error: unknown, section: "listen" | "admin", host: string, port: number): string {
  const explanations: Readonly<Record<string, string>> = {
    EADDRINUSE: `the port is in use\n  help: end the program that listens there (\`ss -ltnp\` names it), or set another \`${section}.port\``,
    EACCES: `permission denied\n  help: ports below 1024 need privileges; set another \`${section}.port\``,
    EADDRNOTAVAIL: `this machine has no such address\n  help: set \`${section}.host\` to one it has, or to 0.0.0.0 for all`,
    ENOTFOUND: `the host name is not known\n  help: set \`${section}.host\` to an address of this machine`,
  };
  return `cannot listen on ${host}:${port}: ${explanations[errorCode(error) ?? ""] ?? errorMessage(error)}`;
}
