import type { Stats } from "node:fs";

/**
 * Whether anybody but us and root can read or write a key file. One that is root's and readable for our group alone is not exposed: so Kubernetes
 * mounts secrets for a pod that is not root, and so packages lay keys down for a service.
 * @param self effective ids of this process; undefined where the system has none
 */
export function isExposedKey(
  { mode, uid, gid }: Pick<Stats, "mode" | "uid" | "gid">,
  self: { readonly uid: number | undefined; readonly gid: number | undefined },
): boolean {
  if ((mode & 0o077) === 0) return false;
  const isLentByRoot = uid === 0 && self.uid !== 0 && gid === self.gid && (mode & 0o037) === 0;
  return !isLentByRoot;
}
