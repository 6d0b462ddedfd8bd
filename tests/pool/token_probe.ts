/**
 * Runs inside a pool's machine and prints the token files that Lumberjack uses.
 */
import { basename } from "@std/path";
import { readTokens } from "../../lib/cedar/tokens.ts";
import { clientPolicy, loadConfig } from "../../lib/condor/mod.ts";

const { tokens } = readTokens(clientPolicy(await loadConfig()).tokens!);
const files = tokens.map(({ file }) => file).filter((file) =>
  file !== undefined
);
console.log(JSON.stringify(files.map((file) => basename(file)).sort()));
