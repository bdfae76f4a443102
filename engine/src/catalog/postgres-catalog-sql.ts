/**
 * The queries of the catalog loader. They may run in a user's session under any search_path, where a schema of the user's can stand
 * before pg_catalog: so every relation, function, type and operator is written with its schema, and forms that name an operator
 * without one (IN, LIKE, IS DISTINCT FROM, NULLIF, a CASE with an operand, `=` itself) do not occur. Rows come in a fixed order, so that
 * an unchanged schema reads the same.
 */
import { firstUserOid } from "./system-schemas.ts";

const text = (expression: string): string => `(${expression})::pg_catalog.text`;

const array = (expression: string): string => text(`pg_catalog.array_to_json(${expression})`);

/** Database, version, and the search_path in effect with the implicit schemas, as JSON. */
export const server = `select ${text("pg_catalog.current_database()")},
  pg_catalog.current_setting('server_version_num'),
  ${text("pg_catalog.array_to_json(pg_catalog.current_schemas(true))")}`;

/** Oid of the database, and whether the next question may be asked: everybody may, unless the right was taken away. */
export const databaseOid = `select ${text("d.oid")},
  ${text("pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')")}
from pg_catalog.pg_database d where d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

/** Made with the cluster, and the same on its replicas. */
export const systemIdentifier = `select ${text("c.system_identifier")} from pg_catalog.pg_control_system() c`;

export const schemas = `select ${text("n.oid")}, ${text("n.nspname")}, ${text("pg_catalog.has_schema_privilege(session_user, n.oid, 'usage')")}
from pg_catalog.pg_namespace n order by n.oid`;

export const types = `select ${text("t.oid")}, ${text("t.typnamespace")}, ${text("t.typname")}, ${text("t.typtype")},
  ${text("t.typcategory")}, ${text("t.typelem")}, ${text("t.typbasetype")}, ${text("t.typtypmod")}, ${text("t.typnotnull")},
  ${text("t.typinput::pg_catalog.oid")}, pg_catalog.format_type(t.oid, null)
from pg_catalog.pg_type t order by t.oid`;

export const domainChecks = `select distinct ${text("c.contypid")} from pg_catalog.pg_constraint c
where c.contypid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid and c.contype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char"
order by 1`;

function outside(column: string, schemaOids: readonly string[]): string {
  if (schemaOids.length === 0) return "true";
  return `${column} OPERATOR(pg_catalog.<>) all ('{${schemaOids.map(Number).join(",")}}'::pg_catalog.oid[])`;
}

/** Schemas that are not skipped, and what users have put into those that are. */
const named = (alias: string, skipped: readonly string[]): string =>
  `(${outside(`${alias}.relnamespace`, skipped)} or (${alias}.relkind OPERATOR(pg_catalog.<>) 'i'::pg_catalog."char"
    and ${alias}.oid OPERATOR(pg_catalog.>=) '${firstUserOid}'::pg_catalog.oid))`;

const kinds = (alias: string, list: string): string =>
  `${alias}.relkind OPERATOR(pg_catalog.=) any ('{${list}}'::pg_catalog."char"[])`;

/** What other sessions hold in temporary schemas is nobody's business here. */
const own = (alias: string): string => `not pg_catalog.pg_is_other_temp_schema(${alias}.relnamespace)`;

export const relations = (skipped: readonly string[]): string =>
  `select ${text("c.oid")}, ${text("c.relnamespace")}, ${text("c.relname")}, ${text("c.relkind")},
  ${text("c.relispartition")}, ${text("c.relpersistence")}, ${text("c.reloptions")},
  ${text("pg_catalog.has_schema_privilege(c.relnamespace, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')")}
from pg_catalog.pg_class c
where ${kinds("c", "r,p,v,m,f,S,c,i,I")} and ${own("c")} and ${named("c", skipped)}
order by c.oid`;

export const columns = (skipped: readonly string[]): string =>
  `select ${text("a.attrelid")}, ${text("a.attnum")}, ${text("a.attname")}, ${text("a.atttypid")}, ${text("a.atttypmod")},
  ${text("a.attnotnull")}, pg_catalog.format_type(a.atttypid, a.atttypmod), ${text("l.collisdeterministic")}, ${text("a.attidentity")}
from pg_catalog.pg_attribute a
left join pg_catalog.pg_collation l on l.oid OPERATOR(pg_catalog.=) a.attcollation
join pg_catalog.pg_class c on c.oid OPERATOR(pg_catalog.=) a.attrelid
where a.attnum OPERATOR(pg_catalog.>) '0'::pg_catalog.int2 and not a.attisdropped
  and ${kinds("c", "r,p,v,m,f,S,c")} and ${own("c")} and ${named("c", skipped)}
order by a.attrelid, a.attnum`;

/**
 * Whether another session keeps readers from a relation, or is about to. To print an expression or a definition that names it would have to wait:
 * for as long as a VACUUM FULL takes, or a transaction with an ALTER TABLE.
 */
const isLocked = (oid: string): string => `${oid} OPERATOR(pg_catalog.=) any (array(
  select l.relation from pg_catalog.pg_locks l
  join pg_catalog.pg_database b on b.oid OPERATOR(pg_catalog.=) l.database
  where b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    and l.locktype OPERATOR(pg_catalog.=) 'relation'::pg_catalog.text
    and l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'::pg_catalog.text
    and l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()))`;

/** Whether what an object of this catalog, a rule or a function, names is locked. */
const namesLocked = (catalog: string, oid: string): string => `exists (select from pg_catalog.pg_depend k
  where k.classid OPERATOR(pg_catalog.=) 'pg_catalog.${catalog}'::pg_catalog.regclass::pg_catalog.oid
    and k.objid OPERATOR(pg_catalog.=) ${oid}
    and k.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
    and ${isLocked("k.refobjid")})`;

/** Of generated columns and of others with a default; empty while the relation is locked. */
export const defaults = `select ${text("d.adrelid")}, ${text("d.adnum")},
  case when ${isLocked("d.adrelid")} then '' else pg_catalog.pg_get_expr(d.adbin, d.adrelid) end, ${text("a.attgenerated")},
  ${text("d.oid")}
from pg_catalog.pg_attrdef d
join pg_catalog.pg_attribute a on a.attrelid OPERATOR(pg_catalog.=) d.adrelid and a.attnum OPERATOR(pg_catalog.=) d.adnum
order by d.adrelid, d.adnum`;

export const comments = `select ${text("d.objoid")}, ${text("d.objsubid")}, d.description
from pg_catalog.pg_description d
where d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
  and d.objsubid OPERATOR(pg_catalog.>) '0'::pg_catalog.int4
order by d.objoid, d.objsubid`;

/**
 * Definitions of users' views: those of the system's show nothing of users' relations that a label could follow. Empty while what a view names is
 * locked.
 */
export const definitions = `select ${text("c.oid")}, case when ${isLocked("c.oid")} or exists (
    select from pg_catalog.pg_rewrite w where w.ev_class OPERATOR(pg_catalog.=) c.oid and ${namesLocked("pg_rewrite", "w.oid")})
  then '' else pg_catalog.pg_get_viewdef(c.oid) end
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) c.relnamespace
where ${kinds("c", "v,m")} and ${own("c")}
  and n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
  and n.nspname OPERATOR(pg_catalog.<>) 'information_schema'::pg_catalog.name
order by c.oid`;

export const primaryKeys = `select ${text("c.conrelid")}, ${text("c.conkey")}
from pg_catalog.pg_constraint c
where c.contype OPERATOR(pg_catalog.=) 'p'::pg_catalog."char"
order by c.conrelid`;

export const foreignKeys = `select ${text("c.conrelid")}, ${text("c.conkey")}, ${text("c.confrelid")}, ${text("c.confkey")},
  ${text("c.confdeltype")}, ${text("c.confupdtype")}
from pg_catalog.pg_constraint c
where c.contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char"
order by c.conrelid, c.oid`;

export const inheritance = `select ${text("i.inhrelid")}, ${text("i.inhparent")}
from pg_catalog.pg_inherits i order by i.inhrelid, i.inhseqno`;

/** As names, since partitions may have their columns in another order; an expression has none. */
export const partitionKeys = `select ${text("p.partrelid")}, coalesce(a.attname::pg_catalog.text, '')
from pg_catalog.pg_partitioned_table p
cross join lateral pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) k(attnum)
left join pg_catalog.pg_attribute a on a.attrelid OPERATOR(pg_catalog.=) p.partrelid and a.attnum OPERATOR(pg_catalog.=) k.attnum
order by p.partrelid, k.attnum`;

/** Columns that constraints, indexes and generated columns look at: values of these can make a new row fail. */
export const constrainedColumns = `select distinct ${text("d.refobjid")}, ${text("d.refobjsubid")}
from pg_catalog.pg_depend d
left join pg_catalog.pg_constraint c on d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
  and c.oid OPERATOR(pg_catalog.=) d.objid
left join pg_catalog.pg_index i on d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
  and i.indexrelid OPERATOR(pg_catalog.=) d.objid
left join pg_catalog.pg_attrdef a on d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid
  and a.oid OPERATOR(pg_catalog.=) d.objid
where d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
  and d.refobjsubid OPERATOR(pg_catalog.>) '0'::pg_catalog.int4 and d.refobjid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid
  and (c.contype OPERATOR(pg_catalog.<>) 'n'::pg_catalog."char" or i.indexrelid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
    or a.adnum OPERATOR(pg_catalog.<>) d.refobjsubid)
order by 1, 2`;

/** Functions of triggers that do not fire. */
export const disabledTriggers = `select distinct ${text("t.tgrelid")}, n.nspname, p.proname
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) t.tgfoid
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) p.pronamespace
where t.tgenabled OPERATOR(pg_catalog.=) 'D'::pg_catalog."char" and not t.tgisinternal
order by 1, 2, 3`;

/** Disabled triggers never fire. Those of foreign keys run PostgreSQL's own functions. */
export const triggers = `select ${text("t.tgrelid")}, t.tgname, ${text("t.tgtype")}, ${text("t.tgattr")}, n.nspname, p.proname,
  ${text("l.lanname")}, p.prosrc, case when t.tgqual is null then null when ${isLocked("t.tgrelid")} then '' else pg_catalog.pg_get_triggerdef(t.oid) end,
  ${text("t.tgoldtable")}, ${text("t.tgnewtable")}
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) t.tgfoid
join pg_catalog.pg_language l on l.oid OPERATOR(pg_catalog.=) p.prolang
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) p.pronamespace
where t.tgenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" and (not t.tgisinternal
  or n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name)
order by t.tgrelid, t.tgname`;

/** CMD_SELECT in PostgreSQL's src/include/nodes/nodes.h is 1. What an INSERT selects counts too, which is too much and never too little. */
export const tellingRules = `select ${text("r.ev_class")}, r.rulename, ${text("r.ev_type")}
from pg_catalog.pg_rewrite r
where r.ev_type OPERATOR(pg_catalog.<>) '1'::pg_catalog."char" and r.ev_enabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char"
  and r.oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid
  and r.ev_action::pg_catalog.text OPERATOR(pg_catalog.~) ':commandType 1 |:returningList \\('
order by r.ev_class, r.rulename`;
/** An expression over a relation; empty while that is locked. */
const printed = (expression: string, relation: string): string =>
  `case when ${expression} is null then null when ${isLocked(relation)} then '' else pg_catalog.pg_get_expr(${expression}, ${relation}) end`;

/** Disabled ones never fire, and those of logins before there is a statement. */
export const eventTriggers = `select e.evtname, ${array("e.evttags")}, ${text("e.evtfoid")}
from pg_catalog.pg_event_trigger e
where e.evtenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char" and e.evtevent OPERATOR(pg_catalog.<>) 'login'::pg_catalog.name
order by e.evtname`;

/**
 * What statements on a relation run without naming it, beside defaults and triggers: kind, relation, oid of what it belongs to, name, event,
 * and one or two expressions or a definition, empty while what they name is locked. The event of a check is for which updates it can fail by what
 * they leave as it is. Policies of row security are those that the login is under.
 * @param canPrintRules `pg_get_ruledef` looks its rule up with an unqualified `=`, as `pg_get_viewdef` does.
 */
export const relationCode = (canPrintRules: boolean): string =>
  `select 'check', ${text("c.conrelid")}, ${text("c.oid")}, ${text("c.conname")}, case when not c.convalidated then 'all'
    when r.relispartition and c.coninhcount OPERATOR(pg_catalog.=) 0 then 'move'
    when pg_catalog.cardinality(c.conkey) OPERATOR(pg_catalog.=) 1 and c.conkey[1] OPERATOR(pg_catalog.<>) '0'::pg_catalog.int2 then '' else 'change' end,
  ${printed("c.conbin", "c.conrelid")}, null
from pg_catalog.pg_constraint c
join pg_catalog.pg_class r on r.oid OPERATOR(pg_catalog.=) c.conrelid
where c.contype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char" and c.conrelid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
union all
select 'index', ${text("i.indrelid")}, ${text("i.indexrelid")}, ${text("c.relname")}, '', ${printed("i.indexprs", "i.indrelid")},
  ${printed("i.indpred", "i.indrelid")}
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid OPERATOR(pg_catalog.=) i.indexrelid
where i.indexprs is not null or i.indpred is not null or exists (select from pg_catalog.pg_opclass o
  join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) o.opcnamespace
  where o.oid OPERATOR(pg_catalog.=) any (i.indclass::pg_catalog.oid[]) and n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name)
union all
select 'partition', ${text("p.partrelid")}, ${text("p.partrelid")}, '', '', ${printed("p.partexprs", "p.partrelid")}, null
from pg_catalog.pg_partitioned_table p
union all
select 'statistics', ${text("s.stxrelid")}, ${text("s.oid")}, ${text("s.stxname")}, '', ${printed("s.stxexprs", "s.stxrelid")}, null
from pg_catalog.pg_statistic_ext s where s.stxexprs is not null
union all
select 'policy', ${text("p.polrelid")}, ${text("p.oid")}, ${text("p.polname")}, ${text("p.polcmd")},
  case when ${namesLocked("pg_policy", "p.oid")} then '' else pg_catalog.pg_get_expr(p.polqual, p.polrelid) end,
  case when ${namesLocked("pg_policy", "p.oid")} then '' else pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) end
from pg_catalog.pg_policy p
where pg_catalog.row_security_active(p.polrelid)
  and exists (select from pg_catalog.unnest(p.polroles) r (role) where r.role OPERATOR(pg_catalog.=) '0'::pg_catalog.oid
    or pg_catalog.pg_has_role(r.role, 'usage'))
union all
select 'rule', ${text("r.ev_class")}, ${text("r.oid")}, ${text("r.rulename")}, ${text("r.ev_type")},
  ${canPrintRules ? `case when ${namesLocked("pg_rewrite", "r.oid")} then '' else pg_catalog.pg_get_ruledef(r.oid) end` : "''"}, null
from pg_catalog.pg_rewrite r
where r.ev_type OPERATOR(pg_catalog.<>) '1'::pg_catalog."char" and r.ev_enabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog."char"
order by 1, 2, 3`;

/** All functions of an operator class of users' own. */
const functionsOfClasses = `select c.oid as class, p.amproc::pg_catalog.oid as function
from pg_catalog.pg_opclass c
join pg_catalog.pg_amproc p on p.amprocfamily OPERATOR(pg_catalog.=) c.opcfamily
union all
select c.oid, o.oprcode::pg_catalog.oid
from pg_catalog.pg_opclass c
join pg_catalog.pg_amop a on a.amopfamily OPERATOR(pg_catalog.=) c.opcfamily
join pg_catalog.pg_operator o on o.oid OPERATOR(pg_catalog.=) a.amopopr`;

const catalogOid = (name: string): string => `'pg_catalog.${name}'::pg_catalog.regclass::pg_catalog.oid`;

/**
 * Functions and types outside pg_catalog that expressions in the catalogs use, by the catalog and oid of what they belong to; a type as second.
 * Indexes are there by their classes of operators too, partitioned tables by their keys.
 */
export const usedByCode = `select ${text("k.relname")}, ${text("d.objid")}, ${text("coalesce(o.oprcode::pg_catalog.oid, f.function, p.oid)")}, ${text("t.oid")}
from pg_catalog.pg_depend d
join pg_catalog.pg_class k on k.oid OPERATOR(pg_catalog.=) d.classid
left join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) d.refobjid and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_proc")}
left join pg_catalog.pg_operator o on o.oid OPERATOR(pg_catalog.=) d.refobjid and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_operator")}
left join (${functionsOfClasses}) f on f.class OPERATOR(pg_catalog.=) d.refobjid and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_opclass")}
left join pg_catalog.pg_type t on t.oid OPERATOR(pg_catalog.=) d.refobjid and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_type")}
where d.classid OPERATOR(pg_catalog.=) any (array[${["pg_attrdef", "pg_constraint", "pg_class", "pg_policy", "pg_rewrite", "pg_statistic_ext"].map(catalogOid).join(", ")}])
  and d.refclassid OPERATOR(pg_catalog.=) any (array[${["pg_proc", "pg_operator", "pg_opclass", "pg_type"].map(catalogOid).join(", ")}])
  and d.objsubid OPERATOR(pg_catalog.=) '0'::pg_catalog.int4
order by 1, 2, 3, 4`;

/** An aggregate is internal by itself: what counts is what its support functions are written in, those that are not internal or C. */
const supportLanguages = `select a.aggfnoid::pg_catalog.oid as aggregate, pg_catalog.min(l.lanname::pg_catalog.text) as lanname,
  pg_catalog.array_agg(distinct p.oid) as functions, pg_catalog.min(a.aggtranstype) as statetype
from pg_catalog.pg_aggregate a
join pg_catalog.pg_proc p on p.oid OPERATOR(pg_catalog.=) any (array[a.aggtransfn::pg_catalog.oid, a.aggfinalfn::pg_catalog.oid,
  a.aggcombinefn::pg_catalog.oid, a.aggserialfn::pg_catalog.oid, a.aggdeserialfn::pg_catalog.oid, a.aggmtransfn::pg_catalog.oid,
  a.aggminvtransfn::pg_catalog.oid, a.aggmfinalfn::pg_catalog.oid])
join pg_catalog.pg_language l on l.oid OPERATOR(pg_catalog.=) p.prolang
where l.lanname OPERATOR(pg_catalog.<>) 'internal'::pg_catalog.name and l.lanname OPERATOR(pg_catalog.<>) 'c'::pg_catalog.name
group by a.aggfnoid`;

/** With bodies, and what else decides what they do, of functions in the languages whose bodies are read. */
export const functions = (skipped: readonly string[]): string =>
  `select ${text("p.oid")}, ${text("p.pronamespace")}, ${text("p.proname")}, ${text("p.prokind")}, ${text("p.provolatile")},
  ${text("p.proleakproof")}, ${text("coalesce(s.lanname, l.lanname)")},
  case when p.prosqlbody is not null and ${namesLocked("pg_proc", "p.oid")} then null
    when l.lanname OPERATOR(pg_catalog.=) 'sql'::pg_catalog.name
    then coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    when l.lanname OPERATOR(pg_catalog.=) 'plpgsql'::pg_catalog.name
    then pg_catalog.pg_get_functiondef(p.oid) end,
  ${text("p.prosqlbody is not null")}, ${text("p.prosecdef")}, ${array("p.proconfig")}, ${array("p.proargnames")},
  pg_catalog.pg_get_expr(p.proargdefaults, '0'::pg_catalog.oid),
  ${array("pg_catalog.array_append(pg_catalog.array_append(coalesce(p.proallargtypes, p.proargtypes::pg_catalog.oid[]), p.prorettype), s.statetype)")},
  ${array("s.functions")}
from pg_catalog.pg_proc p
join pg_catalog.pg_language l on l.oid OPERATOR(pg_catalog.=) p.prolang
left join (${supportLanguages}) s on s.aggregate OPERATOR(pg_catalog.=) p.oid
where ${outside("p.pronamespace", skipped)}
order by p.oid`;

/** With the functions of commutators and negators, which the planner may take instead. */
export const operators = `select ${text("o.oprnamespace")}, ${text("o.oprname")}, ${text("f.oprcode::pg_catalog.oid")}
from pg_catalog.pg_operator o
join pg_catalog.pg_operator f on f.oid OPERATOR(pg_catalog.=) any (array[o.oid, o.oprcom, o.oprnegate])
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) o.oprnamespace
where n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
order by o.oid, f.oid`;

export const casts = `select ${text("c.casttarget")}, ${text("c.castfunc")}, ${text("c.castcontext")}
from pg_catalog.pg_cast c
where c.castfunc OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
order by c.casttarget, c.castfunc`;

/** What CHECK constraints and defaults of domains call, also by operators, and ranges to make or compare a value. */
export const checks = `select ${text("c.contypid")}, ${text("coalesce(o.oprcode::pg_catalog.oid, d.refobjid)")}
from pg_catalog.pg_constraint c
join pg_catalog.pg_depend d on d.objid OPERATOR(pg_catalog.=) c.oid
  and d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
left join pg_catalog.pg_operator o on o.oid OPERATOR(pg_catalog.=) d.refobjid
  and d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid
where c.contypid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
  and (o.oid is not null or d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid)
union all
select ${text("t.oid")}, ${text("coalesce(o.oprcode::pg_catalog.oid, d.refobjid)")}
from pg_catalog.pg_type t
join pg_catalog.pg_depend d on d.objid OPERATOR(pg_catalog.=) t.oid and d.classid OPERATOR(pg_catalog.=) ${catalogOid("pg_type")}
left join pg_catalog.pg_operator o on o.oid OPERATOR(pg_catalog.=) d.refobjid and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_operator")}
where t.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char"
  and (o.oid is not null or d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_proc")})
union all
select ${text("r.rngtypid")}, ${text("r.rngcanonical::pg_catalog.oid")}
from pg_catalog.pg_range r where r.rngcanonical::pg_catalog.oid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
union all
select ${text("r.rngtypid")}, ${text("r.rngsubdiff::pg_catalog.oid")}
from pg_catalog.pg_range r where r.rngsubdiff::pg_catalog.oid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
order by 1, 2`;

/** Types of which a value of a type is made, beside base and element: those of a row's columns, of a range's bounds, in a domain's checks. */
export const typeParts = `select ${text("t.oid")}, ${text("a.atttypid")}
from pg_catalog.pg_type t
join pg_catalog.pg_attribute a on a.attrelid OPERATOR(pg_catalog.=) t.typrelid
join pg_catalog.pg_type p on p.oid OPERATOR(pg_catalog.=) a.atttypid
join pg_catalog.pg_namespace n on n.oid OPERATOR(pg_catalog.=) p.typnamespace
where a.attnum OPERATOR(pg_catalog.>) '0'::pg_catalog.int2 and not a.attisdropped
  and n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name
union all
select ${text("r.rngtypid")}, ${text("r.rngsubtype")} from pg_catalog.pg_range r
union all
select ${text("c.contypid")}, ${text("d.refobjid")}
from pg_catalog.pg_constraint c
join pg_catalog.pg_depend d on d.objid OPERATOR(pg_catalog.=) c.oid and d.classid OPERATOR(pg_catalog.=) ${catalogOid("pg_constraint")}
  and d.refclassid OPERATOR(pg_catalog.=) ${catalogOid("pg_type")}
where c.contypid OPERATOR(pg_catalog.<>) '0'::pg_catalog.oid
order by 1, 2`;
