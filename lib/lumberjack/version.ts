/** The version of Lumberjack, as `--version` and the manifest give it. */
export const version = "0.1.0";
