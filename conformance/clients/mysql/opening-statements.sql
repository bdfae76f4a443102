-- What DBeaver, HeidiSQL, Tableau, Connector/J and their like say before anybody has asked for anything, a statement a line.
SHOW VARIABLES
SHOW SESSION VARIABLES LIKE 'lower_case_table_names'
SHOW GLOBAL STATUS
SHOW STATUS
SHOW ENGINES
SHOW CHARSET
SHOW COLLATION
SHOW PLUGINS
SHOW PRIVILEGES
SHOW DATABASES
SHOW FULL TABLES
SHOW FULL TABLES FROM `shop`
SHOW FULL TABLES FROM `shop` WHERE Table_type != 'VIEW'
SHOW TABLE STATUS FROM `shop`
SHOW FULL COLUMNS FROM `shop`.`customers`
SHOW CREATE TABLE `shop`.`customers`
SHOW CREATE VIEW `shop`.`customer_overview`
SHOW CREATE DATABASE `shop`
SHOW KEYS FROM `shop`.`orders`
SHOW INDEX FROM `orders`
SHOW TRIGGERS FROM `shop`
SHOW EVENTS FROM `shop`
SHOW PROCEDURE STATUS WHERE Db = 'shop'
SHOW FUNCTION STATUS WHERE `Db`='shop'
SHOW WARNINGS
SHOW ERRORS
SHOW COUNT(*) WARNINGS
SHOW OPEN TABLES
SELECT @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, @@character_set_connection AS character_set_connection, @@character_set_results AS character_set_results, @@character_set_server AS character_set_server, @@collation_server AS collation_server, @@collation_connection AS collation_connection, @@init_connect AS init_connect, @@interactive_timeout AS interactive_timeout, @@license AS license, @@lower_case_table_names AS lower_case_table_names, @@max_allowed_packet AS max_allowed_packet, @@net_write_timeout AS net_write_timeout, @@performance_schema AS performance_schema, @@sql_mode AS sql_mode, @@system_time_zone AS system_time_zone, @@time_zone AS time_zone, @@tx_isolation AS transaction_isolation, @@wait_timeout AS wait_timeout
/* mysql-connector-java-8.0 */SELECT @@session.tx_read_only
SELECT @@version, @@version_comment, VERSION(), USER(), CURRENT_USER(), DATABASE(), CONNECTION_ID()
SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED
SET NAMES utf8mb4
SET character_set_results = NULL
SET autocommit=1
SET sql_mode='STRICT_TRANS_TABLES'
SET SQL_SAFE_UPDATES=0
SET SQL_SELECT_LIMIT=DEFAULT
SET net_write_timeout=600
SET @@session.time_zone = '+00:00'
SET SESSION sql_mode=CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')
SET foreign_key_checks=0
SET unique_checks=0
SELECT * FROM information_schema.SCHEMATA
SELECT * FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = 'shop'
SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='shop' ORDER BY ORDINAL_POSITION
SELECT * FROM information_schema.STATISTICS WHERE TABLE_SCHEMA='shop' AND TABLE_NAME='orders'
SELECT * FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA='shop'
SELECT * FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA='shop'
SELECT * FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA='shop'
SELECT * FROM information_schema.CHECK_CONSTRAINTS
SELECT * FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA='shop'
SELECT * FROM information_schema.PARAMETERS
SELECT * FROM information_schema.TRIGGERS
SELECT * FROM information_schema.EVENTS
SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA='shop'
SELECT * FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA='shop'
SELECT * FROM information_schema.ENGINES
SELECT * FROM information_schema.COLLATIONS
SELECT * FROM information_schema.CHARACTER_SETS
SELECT * FROM information_schema.USER_PRIVILEGES
SELECT * FROM information_schema.SCHEMA_PRIVILEGES
SELECT * FROM information_schema.PLUGINS
SELECT * FROM information_schema.GLOBAL_VARIABLES
SELECT * FROM information_schema.SESSION_VARIABLES
SELECT `DEFAULT_COLLATION_NAME` FROM `information_schema`.`SCHEMATA` WHERE `SCHEMA_NAME`='shop'
SELECT EVENT_SCHEMA, EVENT_NAME FROM information_schema.EVENTS
SELECT TABLE_NAME, TABLE_TYPE, TABLE_SCHEMA FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA LIKE 'shop' AND TABLE_TYPE IN ('BASE TABLE','VIEW')
SELECT COUNT(*) FROM customers
SELECT * FROM `shop`.`customers` LIMIT 0
SELECT * FROM `shop`.`customers` LIMIT 200
EXPLAIN SELECT * FROM orders
DESCRIBE customers
HELP 'select'
ANALYZE TABLE orders
CHECK TABLE orders
SELECT GET_LOCK('a',0), RELEASE_LOCK('a')
SELECT SLEEP(0), UUID(), LAST_INSERT_ID(), ROW_COUNT(), FOUND_ROWS()
SELECT SQL_CALC_FOUND_ROWS * FROM orders LIMIT 1
SELECT FOUND_ROWS()
SHOW VARIABLES LIKE 'have_ssl'
SHOW STATUS LIKE 'Ssl_cipher'
SELECT 'tableau' AS x WHERE 1=0
SELECT NULL AS TABLE_CAT FROM DUAL WHERE 1 = 0
