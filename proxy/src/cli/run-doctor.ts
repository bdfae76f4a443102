import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { once } from "node:events";
import { loadMysqlCatalog, loadPostgresCatalog } from "@penstock/engine";
import { readApiTokens } from "../admin/api-tokens.ts";
import { escapeForTerminal } from "../audit/escape.ts";
import { loadConfig, type ProxyConfig } from "../config/load-config.ts";
import { formatProblems } from "../config/problem.ts";
import { cannotRead } from "../config/system-error.ts";
import { protocolOf } from "../enforce/target.ts";
import { UserStore } from "../identity/user-store.ts";
import { PolicyLoader } from "../policies/policy-loader.ts";
import { explainTargetError, withConnection } from "../targets/target-connection.ts";
import { CommandError, type ExitCode, exitCodes } from "./exit-codes.ts";
import { explainListenError } from "./explain-listen-error.ts";

/** What one look has found. */
interface Finding {
  readonly what: string;
  /** Why it does not work, with what to do; `undefined` where it does. */
  readonly problem?: string | undefined;
  /** It works, and is unwise. */
  readonly warning?: string | undefined;
}

type Look = (config: ProxyConfig) => Promise<readonly Finding[]> | readonly Finding[];

/** In the order in which one stands on another, each with what the command ends with when it finds a problem. */
const looks: readonly (readonly [Look, ExitCode])[] = [
  [usersLook, exitCodes.misuse],
  [policiesLook, exitCodes.policies],
  [auditLook, exitCodes.misuse],
  [tokensLook, exitCodes.misuse],
  [storeLook, exitCodes.upstream],
  [targetsLook, exitCodes.upstream],
  [portsLook, exitCodes.listen],
];

/** Below that, a busy proxy fills the disk within hours. */
const freeBytesMin = 1024 ** 3;

/** Prints what was looked at, and throws a CommandError when something does not work. */
export async function runDoctor(file: string): Promise<void> {
  const read = loadConfig(file, process.env);
  if (!read.ok)
    throw new CommandError(`the configuration has mistakes\n${formatProblems(read.problems)}`, exitCodes.misuse);
  const { config } = read;
  print({ what: `configuration ${file}` });
  for (const warning of config.warnings) print({ what: "configuration", warning });
  let worst: ExitCode | undefined;
  let problems = 0;
  for (const [look, code] of looks) {
    for (const finding of await look(config)) {
      print(finding);
      if (finding.problem === undefined) continue;
      problems++;
      worst ??= code;
    }
  }
  if (worst !== undefined)
    throw new CommandError(`${problems} of these keep${problems === 1 ? "s" : ""} the proxy from working`, worst);
  process.stdout.write("nothing was found that keeps the proxy from working\n");
}

function print({ what, problem, warning }: Finding): void {
  const [mark, said] =
    problem !== undefined ? ["FAILS", problem] : warning !== undefined ? ["warns", warning] : ["works", undefined];
  const lines = said === undefined ? what : `${what}: ${said}`;
  // Names come from files, and what servers say from elsewhere.
  const text = lines.split("\n").map(escapeForTerminal).join("\n       ");
  process.stdout.write(`${mark}  ${text}\n`);
}

function usersLook({ usersFile, identity }: ProxyConfig): readonly Finding[] {
  const users = new UserStore(usersFile, identity?.tokenUsers);
  const loaded = users.load();
  if (!loaded.ok) return [{ what: "users", problem: formatProblems(loaded.problems) }];
  const what = `users: ${users.count} in ${usersFile}`;
  const nobody = users.count === 0 && identity === undefined;
  return [
    {
      what,
      problem: nobody ? "nobody can connect\n  help: policy-proxy user add NAME --kind human --file FILE" : undefined,
    },
    ...loaded.warnings.map((warning) => ({ what: "users", warning })),
  ];
}

async function policiesLook({ policies, shadowPolicies }: ProxyConfig): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [name, config] of [
    ["policies", policies],
    ["policies in the shadow", shadowPolicies],
  ] as const) {
    if (config === undefined) continue;
    const loaded = await new PolicyLoader(config).load();
    if (loaded.kind === "loaded") {
      const { origin, files, enforcer, note } = loaded.policies;
      const what = `${name}: ${files} file(s) from ${origin}, revision ${enforcer.revision}`;
      findings.push({ what, warning: note === "" ? undefined : note });
    } else findings.push({ what: name, problem: loaded.kind === "unchanged" ? "there are none" : loaded.report });
  }
  return findings;
}

function auditLook({ audit: { file, key } }: ProxyConfig): readonly Finding[] {
  const findings: Finding[] = [];
  const what = `audit log ${file}`;
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
    const { bavail, bsize } = statfsSync(dirname(file));
    const free = bavail * bsize;
    const isLow = free < freeBytesMin && !file.startsWith("/dev/");
    const warning = `${Math.round(free / 1024 ** 2)} MB are free there: when the disk is full, statements are refused`;
    findings.push({ what, warning: isLow ? warning : undefined });
  } catch (error) {
    findings.push({ what, problem: `${cannotRead(error)}\n  help: check \`audit.file\`, its folder and who owns it` });
  }
  if (key === undefined) {
    const warning =
      "seals are not signed: whoever can write to it can make it anew\n  help: npx policy keygen, and `audit.key_file`";
    findings.push({ what, warning });
  }
  return findings;
}

function tokensLook({ admin }: ProxyConfig): readonly Finding[] {
  if (admin === undefined) return [];
  const read = readApiTokens(admin.tokensFile);
  if (!read.ok) return [{ what: "API tokens", problem: formatProblems(read.problems) }];
  const over = read.tokens.filter(({ expires }) => expires !== undefined && Date.parse(expires) <= Date.now());
  const warning = over.length === 0 ? undefined : `${over.map(({ name }) => name).join(", ")}: not valid any more`;
  return [{ what: `API tokens: ${read.tokens.length} in ${admin.tokensFile}`, warning }];
}

/** Connects, and makes no tables: another version of the proxy may run with those that are there. */
async function storeLook({ store }: ProxyConfig): Promise<readonly Finding[]> {
  if (store === undefined) return [];
  if (store.kind === "file") {
    const what = `store ${store.file}`;
    try {
      accessSync(existsSync(store.file) ? store.file : dirname(store.file), constants.W_OK);
      return [{ what }];
    } catch (error) {
      return [{ what, problem: `${cannotRead(error)}\n  help: check \`store.file\`, its folder and who owns it` }];
    }
  }
  const what = `store ${store.host}:${store.port}/${store.database}`;
  const server = {
    ...store,
    name: "store",
    engine: "postgres",
    environment: "",
    tags: {},
    detection: undefined,
  } as const;
  try {
    await withConnection(server, (run) => run("select 1"));
    return [{ what }];
  } catch (error) {
    return [{ what, problem: explainTargetError(server, error) }];
  }
}

const loaders = { postgres: loadPostgresCatalog, mysql: loadMysqlCatalog } as const;

async function targetsLook({ targets }: ProxyConfig): Promise<readonly Finding[]> {
  return await Promise.all(
    targets.map(async (target): Promise<Finding> => {
      try {
        const { relations } = await withConnection(target, loaders[protocolOf[target.engine]]);
        const own = [...relations.values()].filter(({ isSystem }) => !isSystem);
        return { what: `target ${target.name}: ${own.length} tables and views at ${target.host}:${target.port}` };
      } catch (error) {
        return { what: `target ${target.name}`, problem: explainTargetError(target, error) };
      }
    }),
  );
}

async function portsLook({ listen, admin, targets }: ProxyConfig): Promise<readonly Finding[]> {
  const protocols = new Set(targets.map(({ engine }) => protocolOf[engine]));
  const ports = [
    ...(protocols.has("postgres") ? [["listen", listen.host, listen.port] as const] : []),
    ...(protocols.has("mysql") ? [["listen", listen.host, listen.mysqlPort] as const] : []),
    ...(admin === undefined ? [] : [["admin", admin.host, admin.port] as const]),
  ];
  return await Promise.all(
    ports.map(async ([section, host, port]): Promise<Finding> => {
      const what = `port ${port} of ${host}`;
      const server = createServer();
      try {
        server.listen(port, host);
        await once(server, "listening");
        return { what };
      } catch (error) {
        return {
          what,
          problem: `${explainListenError(error, section, host, port)} (a proxy that runs already is one, too)`,
        };
      } finally {
        server.close();
      }
    }),
  );
}
