/**
 * `npm run conformance:clients`: drivers that do not come from npm, through the proxy. Debian's packages are installed when this runs
 * as root, else it says which are missing. Ends with 1 when a client fails or cannot be run.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { libpqEnvironment } from "../support/client-tools.ts";
import { startShopUnderGuard } from "../support/shop-under-guard.ts";

interface DebianClient {
  readonly name: string;
  readonly packages: readonly string[];
  /** All of them exist where the packages are installed. */
  readonly files: readonly string[];
  readonly command: readonly [program: string, ...args: string[]];
}

const here = new URL(".", import.meta.url).pathname;
const jdbc = "/usr/share/java/postgresql.jar";

const clients: readonly DebianClient[] = [
  {
    name: "psycopg2",
    packages: ["python3-psycopg2"],
    files: ["/usr/bin/python3", "/usr/lib/python3/dist-packages/psycopg2"],
    // Debian's own Python, which has the package, whatever stands first on PATH.
    command: ["/usr/bin/python3", `${here}psycopg2_client.py`],
  },
  {
    name: "psycopg 3",
    packages: ["python3-psycopg"],
    files: ["/usr/bin/python3", "/usr/lib/python3/dist-packages/psycopg"],
    command: ["/usr/bin/python3", `${here}psycopg3_client.py`],
  },
  {
    name: "PHP PDO",
    packages: ["php-cli", "php-pgsql"],
    files: ["/usr/bin/php", "/usr/share/doc/php-pgsql"],
    command: ["/usr/bin/php", `${here}pdo_client.php`],
  },
  {
    name: "Perl DBD::Pg",
    packages: ["libdbd-pg-perl"],
    files: ["/usr/bin/perl", "/usr/share/doc/libdbd-pg-perl"],
    command: ["/usr/bin/perl", `${here}dbd_pg_client.pl`],
  },
  {
    name: "Ruby pg",
    packages: ["ruby-pg"],
    files: ["/usr/bin/ruby", "/usr/lib/ruby/vendor_ruby/pg.rb"],
    command: ["/usr/bin/ruby", `${here}ruby_pg_client.rb`],
  },
  {
    name: "pgjdbc",
    packages: ["libpostgresql-jdbc-java", "default-jdk-headless"],
    files: ["/usr/bin/java", "/usr/bin/javac", jdbc],
    command: ["/usr/bin/java", "-cp", jdbc, `${here}PgjdbcClient.java`],
  },
];

const isInstalled = ({ files }: DebianClient) => files.every((file) => existsSync(file));

install(clients.filter((client) => !isInstalled(client)).flatMap(({ packages }) => packages));
const shop = await startShopUnderGuard();
try {
  const environment = libpqEnvironment(shop.as("analyst"));
  for (const client of clients) {
    console.log(`\n${client.name}`);
    if (!isInstalled(client)) {
      fail(`not installed: sudo apt-get install ${client.packages.join(" ")}`);
      continue;
    }
    shop.tap.clear();
    await runClient(client, environment);
    const seen = shop.hidden.findIn(shop.tap.received());
    if (seen.length > 0) fail(`hidden values came back: ${seen.join(", ")}`);
  }
} finally {
  await shop.stop();
}

function fail(message: string): void {
  console.error(`FAIL ${message}`);
  process.exitCode = 1;
}

/** The proxy runs in this process, so the client must not block it. */
async function runClient({ command }: DebianClient, env: NodeJS.ProcessEnv): Promise<void> {
  const [program, ...args] = command;
  const [code] = await once(spawn(program, args, { env, stdio: "inherit" }), "exit");
  if (code !== 0) fail(`exit code ${String(code)}`);
}

function install(packages: readonly string[]): void {
  if (packages.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.log(`installing ${packages.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [
    ["update", "-qq"],
    ["install", "-y", "-qq", "--no-install-recommends", ...packages],
  ]) {
    if (spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status !== 0) return;
  }
}
