/** Writes policies/testdata/catalog.json, the schema on which the packs' tests decide: the shop and the columns of columns.sql. */
import { writeFileSync } from "node:fs";
import { policyFixture, policyFixtureFile } from "../demo/policy-fixture.ts";

writeFileSync(policyFixtureFile, await policyFixture());
