export function isSystemSchema(name: string): boolean {
  return name === "pg_catalog" || name === "information_schema" || name.startsWith("pg_toast");
}

/** What is made after the cluster has oids from here on. */
export const firstUserOid = 16_384;

/** Databases of MySQL's and MariaDB's own; their names know no case. */
export const systemDatabases: readonly string[] = ["information_schema", "mysql", "performance_schema", "sys"];

export function isSystemDatabase(name: string): boolean {
  return systemDatabases.includes(name.toLowerCase());
}

/**
 * Tables that servers bring with them in the databases where people can put others (manuals: The mysql System Schema; The mysql Database Tables; sys
 * Schema Tables). What else stands there was moved there, and is as much users' own as before.
 */
export const systemTables: Readonly<Record<string, readonly string[]>> = {
  mysql:
    `column_stats columns_priv component db default_roles engine_cost event func general_log global_grants global_priv gtid_executed gtid_slave_pos
    help_category help_keyword help_relation help_topic index_stats innodb_index_stats innodb_table_stats ndb_binlog_index password_history plugin
    proc procs_priv proxies_priv replication_asynchronous_connection_failover replication_asynchronous_connection_failover_managed
    replication_group_configuration_version replication_group_member_actions role_edges roles_mapping server_cost servers slave_master_info
    slave_relay_log_info slave_worker_info slow_log table_stats tables_priv time_zone time_zone_leap_second time_zone_name time_zone_transition
    time_zone_transition_type transaction_registry user`.split(/\s+/),
  sys: ["sys_config"],
};

export function isSystemTable(database: string, name: string, isView: boolean): boolean {
  if (!isSystemDatabase(database)) return false;
  return isView || systemTables[database.toLowerCase()]?.includes(name.toLowerCase()) !== false;
}
