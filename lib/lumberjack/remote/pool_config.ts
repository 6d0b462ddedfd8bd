/**
 * The configuration of the HTCondor that `remote run` and `remote worker` start.
 *
 * @module
 */
import { validSpoolFiles } from "./spool.ts";

/** What the configuration depends on. Paths are absolute. */
export interface PoolOptions {
  /** SPOOL. */
  readonly spool: string;
  /** A folder for everything else that has to be kept: logs, configuration. */
  readonly folder: string;
  /** Where jobs run. */
  readonly execute: string;
  /** A folder with a short path, for locks and for sockets. */
  readonly sockets: string;
  /** Where HTCondor is installed. */
  readonly release: Release;
  /** The jobs' `User`, as whom daemons and tools know each other. */
  readonly user: QueueUser;
  /** The folder with the secrets of the run. */
  readonly secrets: string;
  /** The network. */
  readonly network: PoolNetwork;
  /** Cores of this machine that jobs may use. 0: no jobs run here. */
  readonly cpus: number;
  /** GPUs that jobs may use, by index or UUID. */
  readonly gpus: readonly string[];
  /** Memory that jobs may use, in MB; undefined for what HTCondor finds. */
  readonly memory: number | undefined;
  /** Whether jobs may need file transfer plugins. */
  readonly plugins: boolean;
  /** Attributes of the machine, each with an expression. */
  readonly attributes: readonly { readonly name: string; value: string }[];
  /** When jobs have to have ended; undefined if there is no such time. */
  readonly time: PoolTimes | undefined;
}

/** The `User` of jobs, `NAME@DOMAIN`. */
export interface QueueUser {
  /** The owner's name. */
  readonly name: string;
  /** UID_DOMAIN of the schedd that the jobs left. */
  readonly domain: string;
}

/** How the daemons of this machine and the others reach each other. */
export interface PoolNetwork {
  /** The IPv4 address of this machine. */
  readonly address: string;
  /** The port of this machine's daemons. */
  readonly port: number;
  /** `HOST:PORT` of the collector. */
  readonly collector: string;
  /** The name of this machine's slots; undefined on the head. */
  readonly worker: string | undefined;
}

/** When what has to end, in seconds since 1970. */
export interface PoolTimes {
  /** After this no job is started. */
  readonly lastStart: number;
  /** A job that says how long it runs is started only if it ends before this. */
  readonly end: number;
  /** The attribute of jobs that says how many minutes they run, if a site has one. */
  readonly attribute: string | undefined;
}

/** The folders of an installed HTCondor. */
export interface Release {
  /** RELEASE_DIR: the folder above `bin` and `sbin`. */
  readonly top: string;
  /** LIB. */
  readonly lib: string;
  /** LIBEXEC. */
  readonly libexec: string;
}

/** The seconds that a job gets between the soft kill and the hard one. */
export function vacateSeconds(margin: number): number {
  return Math.max(1, Math.floor(margin / 4));
}

/**
 * Returns the text of the configuration file. It needs no other file and no
 * privileges. `margin` is in seconds.
 */
export function poolConfig(options: PoolOptions, margin: number): string {
  const { release, user, network } = options;
  const verb = network.worker === undefined ? "run" : "worker";
  return `# HTCondor for the jobs of one export, written by lumberjack remote ${verb}.
# Each run writes this file again. To look around while the jobs run:
#   CONDOR_CONFIG=${options.folder}/condor_config condor_q

# ---- Where things are ----
RELEASE_DIR = ${release.top}
BIN = $(RELEASE_DIR)/bin
SBIN = $(RELEASE_DIR)/sbin
LIB = ${release.lib}
LIBEXEC = ${release.libexec}
LOCAL_DIR = ${options.folder}
ETC = $(LOCAL_DIR)/etc
LOG = $(LOCAL_DIR)/log
SPOOL = ${options.spool}
EXECUTE = ${options.execute}
CRED_STORE_DIR = $(LOCAL_DIR)/credentials
LOCAL_CONFIG_FILE =
LOCAL_CONFIG_DIR =
REQUIRE_LOCAL_CONFIG_FILE = False
# The path of a socket may have 108 characters, so these folders have short names.
LOCK = ${options.sockets}
RUN = ${options.sockets}
DAEMON_SOCKET_DIR = ${options.sockets}

# ---- Daemons, without privileges ----
DAEMON_LIST = ${daemonsOf(options)}
CONDOR_HOST = ${network.collector.split(":")[0]}
NETWORK_INTERFACE = ${network.address}
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
USE_SHARED_PORT = True
# The port was free when the run began.
SHARED_PORT_PORT = ${network.port}
COLLECTOR_HOST = ${network.collector}
${nameLines(network.worker)}\
UID_DOMAIN = ${user.domain}
FILESYSTEM_DOMAIN = ${user.domain}
# The domain of the jobs is not that of this machine. Without this the schedd
# does not believe the shadow, and jobs would never end.
TRUST_UID_DOMAIN = True
# Jobs keep their Owner, and run as the user who started this.
MAIL = /bin/true
# A daemon that ends is started again soon.
MASTER_BACKOFF_CONSTANT = 2
# A node that is lost without a word is noticed within a minute.
TCP_KEEPALIVE_INTERVAL = 30
ALIVE_INTERVAL = 20

# ---- Only who has the token of this run may speak to these daemons ----
# The token is for the jobs' owner: the schedd knows no other user.
use SECURITY: recommended_v9_0
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_AUTHENTICATION_METHODS = IDTOKENS
SEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS
TRUST_DOMAIN = $(UID_DOMAIN)
SEC_PASSWORD_DIRECTORY = ${options.secrets}/keys
SEC_TOKEN_POOL_SIGNING_KEY_FILE = $(SEC_PASSWORD_DIRECTORY)/POOL
SEC_TOKEN_DIRECTORY = ${options.secrets}/tokens
SEC_TOKEN_SYSTEM_DIRECTORY = $(SEC_TOKEN_DIRECTORY)
ALLOW_ADMINISTRATOR = ${user.name}@$(UID_DOMAIN)
ALLOW_DAEMON = ${user.name}@$(UID_DOMAIN)
ALLOW_NEGOTIATOR = ${user.name}@$(UID_DOMAIN)
ALLOW_READ = ${user.name}@$(UID_DOMAIN)
ALLOW_WRITE = ${user.name}@$(UID_DOMAIN)

# ---- Slots: one that is divided as the jobs ask ----
use FEATURE: PartitionableSlot
NUM_CPUS = ${Math.max(1, options.cpus)}
${options.memory === undefined ? "" : `MEMORY = ${options.memory}\n`}\
${gpuLines(options.gpus)}\
RESERVED_DISK = 0
RUNBENCHMARKS = False
STARTD_CRON_JOBLIST =
STARTD_ENFORCE_DISK_LIMITS = False
USE_PID_NAMESPACES = False
MOUNT_UNDER_SCRATCH =
${pluginLines(options.plugins)}${attributeLines(options.attributes)}
# ---- Time ----
${startLines(options.time)}
RANK = 0
SUSPEND = False
PREEMPT = False
KILL = False
WANT_SUSPEND = False
PREEMPTION_REQUIREMENTS = False
# At the end each job gets its soft kill signal, and this many seconds.
MACHINEMAXVACATETIME = ${vacateSeconds(margin)}
MAXJOBRETIREMENTTIME = 0
SHUTDOWN_GRACEFUL_TIMEOUT = ${2 * vacateSeconds(margin)}
SHUTDOWN_FAST_TIMEOUT = 20
# A claim is used for one job after the other until the end.
CLAIM_WORKLIFE = -1

# ---- Quick, because every second is paid for ----
NEGOTIATOR_INTERVAL = 5
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 5
SCHEDD_MIN_INTERVAL = 1
# What changes is sent at once. This repeats the ads of all slots.
UPDATE_INTERVAL = 30
JOB_START_COUNT = 50
JOB_START_DELAY = 0
MAX_JOBS_RUNNING = 100000

# ---- The queue ----
VALID_SPOOL_FILES = ${validSpoolFiles.join(", ")}
PREEN =
SYSTEM_PERIODIC_REMOVE =
ENABLE_HISTORY_ROTATION = True
`;
}

function daemonsOf({ network, cpus }: PoolOptions): string {
  if (network.worker !== undefined) return "MASTER STARTD SHARED_PORT";
  const startd = cpus > 0 ? "STARTD " : "";
  return `MASTER COLLECTOR NEGOTIATOR SCHEDD ${startd}SHARED_PORT`;
}

/**
 * A job gets its GPUs by CUDA_VISIBLE_DEVICES. HTCondor knows the GPU with index 0
 * as CUDA0, and its default is to take `CUDA` off with a regular expression. In 23.9
 * and 25.14 that does nothing (`SetEnvironmentForAssignedRes` in starter.cpp reads
 * the ends of a match as 32-bit numbers). An empty pattern means all digits of the
 * name, and a pattern that never matches means the name as it is.
 */
function gpuLines(gpus: readonly string[]): string {
  if (gpus.length === 0) return "";
  const isIndex = /^\d+$/.test(gpus[0]);
  const names = gpus.map((gpu) => isIndex ? `CUDA${gpu}` : gpu);
  const variables = isIndex
    ? "CUDA_VISIBLE_DEVICES=/// GPU_DEVICE_ORDINAL"
    : "CUDA_VISIBLE_DEVICES=/^$//";
  return `MACHINE_RESOURCE_GPUs = ${names.join(", ")}
# How a job learns which GPU it has. A job that asks for none sees none.
ENVIRONMENT_FOR_AssignedGPUs = ${variables}
ENVIRONMENT_VALUE_FOR_UnAssignedGPUs = 10000
`;
}

/**
 * A startd asks each plugin at its start what it can do. Three are in Python. One
 * has to be left, because 25.14 crashes without any.
 */
function pluginLines(plugins: boolean): string {
  if (plugins) return "";
  return `# No job names a URL, and asking all plugins takes the startd seconds.
FILETRANSFER_PLUGINS = $(LIBEXEC)/data_plugin
`;
}

/** Two workers on one host have different names. */
function nameLines(worker: string | undefined): string {
  if (worker === undefined) return "";
  return `MASTER_NAME = ${worker}\nSTARTD_NAME = ${worker}\n`;
}

function attributeLines(
  attributes: PoolOptions["attributes"],
): string {
  if (attributes.length === 0) return "";
  const lines = attributes.map(({ name, value }) => `${name} = ${value}\n`);
  const names = attributes.map(({ name }) => name).join(" ");
  return `${lines.join("")}STARTD_ATTRS = $(STARTD_ATTRS) ${names}\n`;
}

/** No job starts that cannot end in time, if it says how long it runs. */
function startLines(time: PoolTimes | undefined): string {
  if (time === undefined) return "START = True";
  const own = time.attribute === undefined
    ? ""
    : `(60 * TARGET.${time.attribute}) ?: `;
  return `# After LastStart no job is started. A job that says how long it runs is started
# only if it can end before the end.
LastStart = ${time.lastStart}
JobsEnd = ${time.end}
STARTD_ATTRS = $(STARTD_ATTRS) LastStart JobsEnd
START = time() < LastStart && \\
  time() + (TARGET.AllowedJobDuration ?: ${own}(60 * TARGET.MaxWallTimeMins) ?: 0) <= JobsEnd`;
}
