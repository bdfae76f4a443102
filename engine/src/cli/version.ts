import packageJson from "../../package.json" with { type: "json" };

/** As `policy --version` prints it. */
export const penstockVersion: string = packageJson.version;
