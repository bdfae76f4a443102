import { startMysqlShopUnderGuard } from "/work/wt/my-front/conformance/support/mysql-shop-under-guard.ts";
import { mysqlEnvironment } from "/work/wt/my-front/conformance/support/client-tools.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
const shop = await startMysqlShopUnderGuard();
const how = process.argv[2];
const env = mysqlEnvironment(
  how === "direct"
    ? (shop.owner as never)
    : how === "proxy"
      ? (shop.proxied.as("analyst") as never)
      : (shop.as("analyst") as never),
);
const c = spawn(process.argv[3]!, process.argv.slice(4), { env, stdio: "inherit" });
await once(c, "exit");
for (const e of shop.proxied.events) if (!/session_/.test(e.kind)) console.log(e);
for (const f of shop.proxied.faults) console.log(f);
await shop.stop();
