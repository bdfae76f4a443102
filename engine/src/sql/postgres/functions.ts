import type { FunctionCategory } from "@penstock/language";
import { type Catalog, objectPath } from "../../catalog/catalog.ts";
import { builtinFunctionNames } from "./builtin-names.ts";

/**
 * What PostgreSQL's own functions can do beyond computing a value. Reviewed against the pg_proc of PostgreSQL 18; a built-in function
 * that is in none of these lists only computes from its arguments (or reads the clock, the catalog, or settings).
 * Where a function would fit several, the more dangerous one is taken: file, network, dynamic_sql, large_object, admin, session,
 * statistics, volatile.
 */
const categories = {
  /** Read or list files of the server, or write them. */
  file: `pg_read_file pg_read_binary_file pg_stat_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir
    pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_current_logfile pg_hba_file_rules
    pg_ident_file_mappings pg_show_all_file_settings pg_file_write pg_file_sync pg_file_rename pg_file_unlink pg_logdir_ls
    pg_read_file_old pg_file_read pg_file_length lo_import lo_export get_raw_page pg_walinspect pg_get_wal_block_info
    pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_stats pg_wal_summary_contents heap_page_items heap_page_item_attrs
    bt_page_items bt_multi_page_stats tuple_data_split gist_page_items gist_page_items_bytea hash_page_items brin_page_items
    gin_leafpage_items`,
  /** Talk to other servers. */
  network: `dblink dblink_exec dblink_connect dblink_connect_u dblink_open dblink_fetch dblink_close dblink_send_query
    dblink_get_result dblink_disconnect dblink_cancel_query dblink_get_connections dblink_get_notify dblink_is_busy
    dblink_error_message dblink_current_query dblink_build_sql_insert dblink_build_sql_update dblink_build_sql_delete dblink_get_pkey
    http http_get http_post http_put http_patch http_delete http_head postgres_fdw_get_connections postgres_fdw_disconnect
    postgres_fdw_disconnect_all`,
  /** Run SQL that is given as text, or read a relation that is given by name. */
  dynamic_sql: `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema table_to_xml table_to_xmlschema
    table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema
    database_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat ts_rewrite xpath_table crosstab crosstab2 crosstab3
    crosstab4 crosstab_hash connectby plpgsql_inline_handler plpgsql_call_handler plpgsql_validator exec cron_schedule schedule
    schedule_in_database binary_upgrade_create_empty_extension`,
  /** Large objects: data beside the tables. */
  large_object: `lo_close lo_creat lo_create lo_from_bytea lo_get lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate
    lo_truncate64 lo_unlink loread lowrite`,
  /** Change or stop the server, its replication, or other sessions; show other sessions' work. */
  admin: `pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal pg_backup_start
    pg_backup_stop pg_create_restore_point pg_wal_replay_pause pg_wal_replay_resume pg_create_logical_replication_slot
    pg_create_physical_replication_slot pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_drop_replication_slot
    pg_replication_slot_advance pg_sync_replication_slots pg_logical_emit_message pg_logical_slot_get_binary_changes
    pg_logical_slot_get_changes pg_logical_slot_peek_binary_changes pg_logical_slot_peek_changes pg_log_standby_snapshot
    pg_log_backend_memory_contexts pg_get_backend_memory_contexts pg_get_shmem_allocations pg_get_shmem_allocations_numa
    pg_replication_origin_advance pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_session_reset
    pg_replication_origin_session_setup pg_replication_origin_xact_reset pg_replication_origin_xact_setup
    pg_import_system_collations pg_nextoid pg_stop_making_pinned_objects pg_extension_config_dump brin_desummarize_range
    brin_summarize_new_values brin_summarize_range gin_clean_pending_list binary_upgrade_add_sub_rel_state
    binary_upgrade_logical_slot_has_caught_up binary_upgrade_replorigin_advance binary_upgrade_set_missing_value
    binary_upgrade_set_next_array_pg_type_oid binary_upgrade_set_next_heap_pg_class_oid binary_upgrade_set_next_heap_relfilenode
    binary_upgrade_set_next_index_pg_class_oid binary_upgrade_set_next_index_relfilenode
    binary_upgrade_set_next_multirange_array_pg_type_oid binary_upgrade_set_next_multirange_pg_type_oid
    binary_upgrade_set_next_pg_authid_oid binary_upgrade_set_next_pg_enum_oid binary_upgrade_set_next_pg_tablespace_oid
    binary_upgrade_set_next_pg_type_oid binary_upgrade_set_next_toast_pg_class_oid binary_upgrade_set_next_toast_relfilenode
    binary_upgrade_set_record_init_privs pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_shared
    pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters pg_stat_reset_slru pg_stat_reset_subscription_stats
    pg_stat_statements_reset pg_clear_attribute_stats pg_clear_relation_stats pg_restore_attribute_stats pg_restore_relation_stats
    pg_export_snapshot pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system pg_get_loaded_modules
    pg_prewarm autoprewarm_start_worker autoprewarm_dump_now pg_truncate_visibility_map heap_force_kill heap_force_freeze
    pg_get_aios`,
  /** Leave something behind in the session, or signal other sessions. */
  session: `set_config pg_notify setseed pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all
    pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
    pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_stat_clear_snapshot pg_stat_force_next_flush pg_listening_channels
    pg_notification_queue_usage current_query pg_prepared_statement pg_prepared_xact pg_cursor`,
  /** Tell of the size, content statistics or activity of relations, or what others run. */
  statistics: `pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size pg_tablespace_size pg_tablespace_location
    pg_column_size pg_relation_filepath pg_relation_filenode pg_filenode_relation pg_sequence_last_value pg_get_sequence_data
    pg_lock_status pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked pg_mcv_list_items
    pg_stat_get_activity pg_stat_statements pg_stat_statements_info pgstattuple pgstattuple_approx pgstatindex pgstatginindex
    pgstathashindex pg_relpages pg_buffercache_pages pg_freespace pg_visibility pg_visibility_map pg_visibility_map_summary
    pg_stat_have_stats currtid2 pg_show_replication_origin_status pg_last_committed_xact pg_xact_commit_timestamp
    pg_xact_commit_timestamp_origin pg_statistics_obj_is_visible_stats pg_current_wal_lsn pg_current_wal_insert_lsn
    pg_current_wal_flush_lsn`,
  /** Give another value each time, or change a sequence. */
  volatile: `random random_normal nextval setval currval lastval clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7
    uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt array_sample array_shuffle pg_sleep pg_sleep_for
    pg_sleep_until txid_status pg_xact_status txid_current pg_current_xact_id`,
} as const satisfies Partial<Record<FunctionCategory, string>>;

const byName = new Map<string, FunctionCategory>();
for (const [category, names] of Object.entries(categories)) {
  for (const name of names.split(/\s+/)) byName.set(name, category as FunctionCategory);
}

/** Category of a function of pg_catalog. */
export function builtinCategory(name: string): FunctionCategory {
  const category = byName.get(name);
  if (category !== undefined) return category;
  return name.startsWith("pg_stat_get_") ? "statistics" : "pure";
}

/**
 * Category of a function that well-known extensions bring (dblink, pgcrypto, uuid-ossp, tablefunc, xml2, adminpack, pgstattuple and
 * others), wherever they are installed; `undefined` for others, and where the name alone would make a user's function look harmless.
 */
export function extensionCategory(name: string): FunctionCategory | undefined {
  const category = byName.get(name);
  if (category !== undefined) return category === "volatile" ? undefined : category;
  return name.startsWith("dblink") ? "network" : undefined;
}

/** Whether pg_catalog has a function of that name: in this server, or in PostgreSQL 18 where the catalog does not list functions. */
export function isBuiltinFunction(catalog: Catalog, name: string): boolean {
  return builtinFunctionNames.has(name) || catalog.functions.has(objectPath("pg_catalog", name));
}
