/** The batch systems that Lumberjack knows. */
export const batchNames = ["slurm", "pbs", "cobalt"] as const;

/** The name of a batch system. */
export type BatchName = typeof batchNames[number];
