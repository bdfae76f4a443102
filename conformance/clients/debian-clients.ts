/** Drivers as Debian packages them, and what asks them. */

export interface DebianClient {
  readonly name: string;
  readonly packages: readonly string[];
  /** All of them exist where the packages are installed. */
  readonly files: readonly string[];
  readonly command: readonly [program: string, ...args: string[]];
}

const here = new URL(".", import.meta.url).pathname;
const jdbc = "/usr/share/java/postgresql.jar";

export const postgresClients: readonly DebianClient[] = [
  {
    name: "psycopg2",
    packages: ["python3-psycopg2"],
    files: ["/usr/bin/python3", "/usr/lib/python3/dist-packages/psycopg2"],
    // Debian's own Python, which has the package, whatever stands first on PATH.
    command: ["/usr/bin/python3", `${here}psycopg2_client.py`],
  },
  {
    name: "psycopg 3",
    packages: ["python3-psycopg"],
    files: ["/usr/bin/python3", "/usr/lib/python3/dist-packages/psycopg"],
    command: ["/usr/bin/python3", `${here}psycopg3_client.py`],
  },
  {
    name: "PHP PDO",
    packages: ["php-cli", "php-pgsql"],
    files: ["/usr/bin/php", "/usr/share/doc/php-pgsql"],
    command: ["/usr/bin/php", `${here}pdo_client.php`],
  },
  {
    name: "Perl DBD::Pg",
    packages: ["libdbd-pg-perl"],
    files: ["/usr/bin/perl", "/usr/share/doc/libdbd-pg-perl"],
    command: ["/usr/bin/perl", `${here}dbd_pg_client.pl`],
  },
  {
    name: "Ruby pg",
    packages: ["ruby-pg"],
    files: ["/usr/bin/ruby", "/usr/lib/ruby/vendor_ruby/pg.rb"],
    command: ["/usr/bin/ruby", `${here}ruby_pg_client.rb`],
  },
  {
    name: "pgjdbc",
    packages: ["libpostgresql-jdbc-java", "default-jdk-headless"],
    files: ["/usr/bin/java", "/usr/bin/javac", jdbc],
    command: ["/usr/bin/java", "-cp", jdbc, `${here}PgjdbcClient.java`],
  },
];

const connectorJ = "/usr/share/java/mariadb-java-client.jar";

export const mysqlClients: readonly DebianClient[] = [
  {
    name: "PyMySQL",
    // It takes the second to encrypt the password where there is no TLS.
    packages: ["python3-pymysql", "python3-cryptography"],
    files: [
      "/usr/bin/python3",
      "/usr/lib/python3/dist-packages/pymysql",
      "/usr/lib/python3/dist-packages/cryptography",
    ],
    command: ["/usr/bin/python3", `${here}mysql/pymysql_client.py`],
  },
  {
    name: "mysqlclient",
    packages: ["python3-mysqldb"],
    files: ["/usr/bin/python3", "/usr/lib/python3/dist-packages/MySQLdb"],
    command: ["/usr/bin/python3", `${here}mysql/mysqlclient_client.py`],
  },
  {
    name: "PHP mysqli",
    packages: ["php-cli", "php-mysql"],
    files: ["/usr/bin/php", "/usr/share/doc/php-mysql"],
    command: ["/usr/bin/php", `${here}mysql/mysqli_client.php`],
  },
  {
    name: "PHP PDO for MySQL",
    packages: ["php-cli", "php-mysql"],
    files: ["/usr/bin/php", "/usr/share/doc/php-mysql"],
    command: ["/usr/bin/php", `${here}mysql/pdo_mysql_client.php`],
  },
  {
    name: "Perl DBD::MariaDB",
    packages: ["libdbd-mariadb-perl"],
    files: ["/usr/bin/perl", "/usr/share/doc/libdbd-mariadb-perl"],
    command: ["/usr/bin/perl", `${here}mysql/dbd_client.pl`, "MariaDB"],
  },
  {
    name: "Perl DBD::mysql",
    packages: ["libdbd-mysql-perl"],
    files: ["/usr/bin/perl", "/usr/share/doc/libdbd-mysql-perl"],
    command: ["/usr/bin/perl", `${here}mysql/dbd_client.pl`, "mysql"],
  },
  {
    name: "Ruby mysql2",
    packages: ["ruby-mysql2"],
    files: ["/usr/bin/ruby", "/usr/share/doc/ruby-mysql2"],
    command: ["/usr/bin/ruby", `${here}mysql/ruby_mysql2_client.rb`],
  },
  {
    name: "MariaDB Connector/J",
    packages: ["libmariadb-java", "default-jdk-headless"],
    files: ["/usr/bin/java", "/usr/bin/javac", connectorJ],
    command: ["/usr/bin/java", "-cp", connectorJ, `${here}mysql/ConnectorJClient.java`],
  },
];
