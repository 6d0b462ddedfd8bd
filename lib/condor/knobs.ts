/**
 * The configuration knobs that we read. Hosts without `condor_config_val` use
 * the defaults of HTCondor's `condor_utils/param_info.in`.
 *
 * @module
 */

/** Every knob that is read, with its default in configuration syntax. */
export const knobs: Readonly<Record<string, string>> = {
  COLLECTOR_HOST: "$(CONDOR_HOST)",
  COLLECTOR_PORT: "9618",
  CONDOR_HOST: "",
  FULL_HOSTNAME: "",
  NETWORK_HOSTNAME: "",
  NETWORK_INTERFACE: "*",
  DEFAULT_DOMAIN_NAME: "",
  LOCAL_CONFIG_DIR: "",
  LOCAL_CONFIG_DIR_EXCLUDE_REGEXP:
    "^((\\..*)|(.*\\.pl)|(.*\\.py)|(.*\\.sh)|(.*~)|(#.*)|(.*\\.rpmsave)|(.*\\.rpmnew)|(.*\\.dpkg-old)|(.*\\.dpkg-dist)|(.*\\.cfsaved))$",
  LIBEXEC: "",
  LOCAL_CONFIG_FILE: "",
  USER_CONFIG_FILE: "user_config",
  SCHEDD_HOST: "",
  SCHEDD_NAME: "",
  LOCAL_DIR: "",
  LOG: "$(LOCAL_DIR)/log",
  SPOOL: "$(LOCAL_DIR)/spool",
  ETC: "/etc/condor",
  JOB_QUEUE_LOG: "$(SPOOL)/job_queue.log",
  SCHEDD_ADDRESS_FILE: "$(SPOOL)/.schedd_address",
  SCHEDD_DAEMON_AD_FILE: "$(SPOOL)/.schedd_classad",
  UID_DOMAIN: "$(FULL_HOSTNAME)",
  TRUST_DOMAIN: "$(UID_DOMAIN)",
  QUEUE_SUPER_USERS: "root, condor",
  QUERY_TIMEOUT: "60",
  SEC_CLIENT_AUTHENTICATION: "",
  SEC_CLIENT_AUTHENTICATION_METHODS: "",
  SEC_CLIENT_ENCRYPTION: "",
  SEC_CLIENT_INTEGRITY: "",
  SEC_CLIENT_CRYPTO_METHODS: "",
  SEC_DEFAULT_AUTHENTICATION: "",
  // This default is not in param_info.in. HTCondor's packages are built with
  // it.
  SEC_DEFAULT_AUTHENTICATION_METHODS: "FS,IDTOKENS,KERBEROS,SCITOKENS,SSL",
  SEC_DEFAULT_ENCRYPTION: "",
  SEC_DEFAULT_INTEGRITY: "",
  SEC_DEFAULT_CRYPTO_METHODS: "",
  SEC_FS_ENFORCE_CHANNEL_BINDING: "",
  SEC_PASSWORD_FILE: "$(SEC_PASSWORD_DIRECTORY)/POOL",
  SEC_PASSWORD_DIRECTORY: "$(ETC)/passwords.d",
  SEC_TOKEN_DIRECTORY: "",
  SEC_TOKEN_SYSTEM_DIRECTORY: "$(ETC)/tokens.d",
  SEC_TOKEN_POOL_SIGNING_KEY_FILE: "$(SEC_PASSWORD_FILE)",
  AUTH_SSL_CLIENT_CAFILE: "",
  AUTH_SSL_CLIENT_CADIR: "",
  AUTH_SSL_CLIENT_CERTFILE: "",
  AUTH_SSL_CLIENT_KEYFILE: "",
  AUTH_SSL_CLIENT_USE_DEFAULT_CAS: "true",
  SSL_SKIP_HOST_CHECK: "false",
  ALLOW_WRITE: "",
  DEFAULT_USERLOG_FORMAT_OPTIONS: "",
  ENABLE_USERLOG_LOCKING: "false",
  CREATE_LOCKS_ON_LOCAL_DISK: "true",
  LOCAL_DISK_LOCK_DIR: "",
  TMP_DIR: "",
};
