/**
 * The HTCondor configuration of the tests' pools. It has the package's own
 * security and roles, short intervals, and one loopback port for all daemons.
 *
 * @module
 */

/** What the configuration depends on. */
export interface ConfigOptions {
  /** The shared port, which leads to the collector. */
  readonly port: number;
  /** The domain of the users: `alice@test`. */
  readonly domain: string;
  /**
   * The number of slots. It may exceed the host's cores. With 0 there is no
   * startd.
   */
  readonly slots: number;
}

/**
 * Returns the lines that a pool of root adds to the package's configuration.
 */
export function rootConfig(options: ConfigOptions): string {
  return `
CONDOR_HOST = 127.0.0.1
NETWORK_INTERFACE = 127.0.0.1
BIND_ALL_INTERFACES = False
ENABLE_IPV6 = False
USE_SHARED_PORT = True
SHARED_PORT_PORT = ${options.port}
COLLECTOR_PORT = ${options.port}
COLLECTOR_HOST = 127.0.0.1:${options.port}
UID_DOMAIN = ${options.domain}
FILESYSTEM_DOMAIN = ${options.domain}
TRUST_UID_DOMAIN = True
${options.slots === 0 ? "DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD" : ""}

# Slots and what they may use, whatever the host has.
NUM_CPUS = ${options.slots}
MEMORY = ${options.slots * 512}
SLOT_TYPE_1 = cpus=1
NUM_SLOTS_TYPE_1 = ${options.slots}
RESERVED_DISK = 0
MOUNT_UNDER_SCRATCH =
USE_PID_NAMESPACES = False
STARTD_ENFORCE_DISK_LIMITS = False
# The plugin of http: and file:. A startd asks each of the package's five what it
# can do; three of them are in Python.
FILETRANSFER_PLUGINS = $(LIBEXEC)/curl_plugin

# A test waits for every one of these.
SCHEDD_INTERVAL = 2
SCHEDD_MIN_INTERVAL = 1
NEGOTIATOR_INTERVAL = 2
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
UPDATE_INTERVAL = 3
STARTER_UPDATE_INTERVAL = 2
SHADOW_QUEUE_UPDATE_INTERVAL = 2
PERIODIC_EXPR_INTERVAL = 2
MAX_PERIODIC_EXPR_INTERVAL = 2
PERIODIC_EXPR_TIMESLICE = 1
SYSTEM_PERIODIC_REMOVE =
MASTER_BACKOFF_CONSTANT = 1
MASTER_BACKOFF_CEILING = 2
MASTER_NEW_BINARY_DELAY = 3600
SHUTDOWN_FAST_TIMEOUT = 5
SHUTDOWN_GRACEFUL_TIMEOUT = 5
KILLING_TIMEOUT = 2
RUNBENCHMARKS = 0
STARTD_CRON_JOBLIST =
STARTD_CRON_ENABLED = False
MACHINE_RESOURCE_INVENTORY_GPUS =
ENABLE_HISTORY_ROTATION = True
PREEMPTION_REQUIREMENTS = False
RANK = 0
START = True
SUSPEND = False
PREEMPT = False
KILL = False
WANT_SUSPEND = False
WANT_VACATE = False
`;
}

/**
 * Returns the complete configuration of an ordinary user's pool, which does not
 * use root's folders. `home` is the folder of the whole pool.
 */
export function personalConfig(
  options: ConfigOptions & { home: string; user: string },
): string {
  return `
RELEASE_DIR = /usr
LOCAL_DIR = ${options.home}
BIN = /usr/bin
SBIN = /usr/sbin
LIB = /usr/lib/condor
LIBEXEC = /usr/libexec/condor
SHARE = /usr/share/condor
ETC = $(LOCAL_DIR)/etc
LOG = $(LOCAL_DIR)/log
SPOOL = $(LOCAL_DIR)/spool
EXECUTE = $(LOCAL_DIR)/execute
LOCK = $(LOCAL_DIR)/lock
RUN = $(LOCAL_DIR)/run
CRED_STORE_DIR = $(LOCAL_DIR)/credentials
DAEMON_SOCKET_DIR = $(LOCAL_DIR)/sock
LOCAL_CONFIG_DIR = $(LOCAL_DIR)/config.d
REQUIRE_LOCAL_CONFIG_FILE = False
use ROLE: CentralManager
use ROLE: Submit
use ROLE: Execute
use SECURITY: recommended_v9_0
SEC_DEFAULT_AUTHENTICATION_METHODS = FS
ALLOW_ADMINISTRATOR = ${options.user}@$(UID_DOMAIN)
ALLOW_DAEMON = ${options.user}@$(UID_DOMAIN)
ALLOW_NEGOTIATOR = ${options.user}@$(UID_DOMAIN)
ALLOW_READ = *
ALLOW_WRITE = *
${rootConfig(options)}`;
}
