import type { FunctionCategory } from "@penstock/language";
import type { FunctionFact } from "../../facts.ts";

/**
 * What MySQL's and MariaDB's own functions can do beyond computing a value. Where one would fit several, the more dangerous one is taken.
 * A name that stands nowhere here is a function of users'.
 */
const categories = {
  file: "load_file",
  session: `get_lock is_free_lock is_used_lock release_lock release_all_locks last_insert_id found_rows row_count connection_id
    master_pos_wait master_gtid_wait source_pos_wait wait_for_executed_gtid_set wsrep_sync_wait_upto_gtid`,
  volatile: `rand random_bytes uuid uuid_short sleep benchmark sysdate nextval lastval setval`,
  statistics: "decode_histogram",
  pure: `abs acos add_months adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg bin bin_to_uuid binlog_gtid_pos
    bit_and bit_count bit_length bit_or bit_xor cast ceil ceiling char char_length character_length charset chr coalesce coercibility
    collation column_add column_check column_create column_delete column_exists column_get column_json column_list compress concat
    concat_ws contains conv convert convert_tz cos cot count crc32 crc32c cume_dist curdate current_date current_role current_time
    current_timestamp current_user curtime database date date_add date_format date_sub datediff day dayname dayofmonth dayofweek
    dayofyear decode degrees dense_rank des_decrypt des_encrypt elt encode encrypt exp export_set extract extractvalue field find_in_set
    first_value floor format format_bytes format_pico_time from_base64 from_days from_unixtime get_format greatest group_concat
    grouping hex hour icu_version if ifnull inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat
    is_ipv4_mapped is_ipv6 is_uuid isnull json_array json_array_append json_array_insert json_arrayagg json_compact json_contains
    json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_keys json_length json_loose
    json_merge json_merge_patch json_merge_preserve json_normalize json_object json_objectagg json_overlaps json_pretty json_query
    json_quote json_remove json_replace json_schema_valid json_search json_set json_storage_size json_type json_unquote json_valid
    json_value lag last_day last_value lcase lead least left length ln localtime localtimestamp locate log log10 log2 lower lpad ltrim
    make_set makedate maketime max md5 median microsecond mid min minute mod month monthname name_const natural_sort_key now nth_value
    ntile nullif nvl nvl2 oct octet_length old_password ord password percent_rank percentile_cont percentile_disc period_add
    period_diff pi position pow power quarter quote radians rank regexp_instr regexp_like regexp_replace regexp_substr repeat replace
    reverse right round row_number rpad rtrim schema sec_to_time second session_user sformat sha sha1 sha2 sign sin soundex space sqrt
    std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr substring substring_index subtime sum system_user tan time
    time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 to_char to_days to_seconds trim trim_oracle truncate ucase
    uncompress uncompressed_length unhex unix_timestamp updatexml upper user utc_date utc_time utc_timestamp uuid_to_bin value values
    var_pop var_samp variance version week weekday weekofyear weight_string year yearweek
    st_area st_asbinary st_asgeojson st_astext st_astext st_aswkb st_aswkt st_boundary st_buffer st_centroid st_contains st_convexhull
    st_crosses st_difference st_dimension st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring
    st_geomcollfromtext st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb st_interiorringn
    st_intersection st_intersects st_isclosed st_isempty st_isring st_issimple st_isvalid st_latitude st_length st_linefromtext
    st_longitude st_numgeometries st_numinteriorrings st_numpoints st_overlaps st_pointfromtext st_pointn st_pointonsurface
    st_polyfromtext st_simplify st_srid st_startpoint st_symdifference st_touches st_union st_validate st_within st_x st_y
    geometrycollection linestring multilinestring multipoint multipolygon point polygon mbrcontains mbrwithin mbrintersects`,
} as const satisfies Partial<Record<FunctionCategory, string>>;

const byName = new Map<string, FunctionCategory>();
for (const [category, names] of Object.entries(categories)) {
  for (const name of names.split(/\s+/)) byName.set(name, category as FunctionCategory);
}

/**
 * @param schema as written, `undefined` where the name is not qualified.
 * @param database where a stored function is looked for.
 */
export function functionFact(schema: string | undefined, name: string, database: string): FunctionFact {
  const lower = name.toLowerCase();
  const category = schema === undefined ? byName.get(lower) : undefined;
  if (category !== undefined) return { schema: "", name: lower, builtin: true, category };
  return { schema: database, name: lower, builtin: false, category: "user_defined" };
}
