/**
 * Built-in functions of arguments that give any number of rows (pg_proc.proretset in PostgreSQL 18, those over system state left out): what
 * they are called with decides how many rows a query has.
 */
export const setReturning: ReadonlySet<string> = new Set(
  `generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text json_object_keys
  json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys
  jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset jsonb_to_recordset regexp_matches regexp_split_to_table string_to_table
  txid_snapshot_xip unnest`.split(/\s+/),
);
