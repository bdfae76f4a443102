import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/** MariaDB Connector/J through the proxy: environment MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_USER, MYSQL_PASSWORD, MYSQL_DATABASE. Ends with 1 at the first surprise. */
public final class ConnectorJClient {
  public static void main(String[] arguments) throws Exception {
    for (String server : new String[] {"false", "true"}) {
      Properties login = new Properties();
      login.setProperty("user", System.getenv("MYSQL_USER"));
      login.setProperty("password", System.getenv("MYSQL_PASSWORD"));
      login.setProperty("allowPublicKeyRetrieval", "true");
      login.setProperty("allowMultiQueries", "true");
      login.setProperty("useServerPrepStmts", server);
      String url = "jdbc:mariadb://" + System.getenv("MYSQL_HOST") + ":" + System.getenv("MYSQL_TCP_PORT") + "/" + System.getenv("MYSQL_DATABASE");
      System.out.println("statements prepared by the server: " + server);
      try (Connection connection = DriverManager.getConnection(url, login)) {
        simple(connection);
        prepared(connection);
        values(connection);
        transaction(connection);
        large(connection);
        several(connection);
        metadata(connection);
        cancel(connection);
        check("the session at the end", connection.isValid(5), null);
      }
    }
  }

  private static void simple(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select name, ssn, birth_date from customers where id = 2")) {
      rows.next();
      check("masked rows", rows.getString(2).equals("***") && rows.getDate(3).toString().endsWith("-01-01"), rows.getString(2));
    }
  }

  private static void prepared(Connection connection) throws SQLException {
    String sql = "select id, ssn, credit_limit, created_at, is_vip from customers where id = ? and city <> ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int id = 2; id < 5; id++) {
        statement.setInt(1, id);
        statement.setString(2, "no'where");
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          boolean isRight = rows.getInt(1) == id && rows.getString(2).equals("***") && rows.getTimestamp(4) != null;
          check("prepared statement, value " + id, isRight, rows.getString(2));
        }
      }
    }
  }

  private static void values(Connection connection) throws SQLException {
    String sql = "select ?, ?, cast(? as decimal(10, 2)), date'2020-02-29', ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, null);
      statement.setBytes(2, new byte[] {0, -1, 16});
      statement.setBigDecimal(3, new BigDecimal("1.50"));
      statement.setString(4, "Żofia 🙂");
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        byte[] bytes = rows.getBytes(2);
        boolean isRight = rows.getString(1) == null && bytes.length == 3 && bytes[1] == -1 && rows.getBigDecimal(3).toString().equals("1.50")
            && rows.getDate(4).toString().equals("2020-02-29") && rows.getString(5).equals("Żofia 🙂");
        check("values of all kinds", isRight, rows.getString(5));
      } catch (SQLException error) {
        check("values of all kinds", false, error);
      }
    }
  }

  private static void transaction(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      check("a change", statement.executeUpdate("update products set price = price + 1 where id = 1") == 1, null);
      expect("a denied statement", 1142, () -> statement.execute("drop table customers"));
      expect("a denied prepared statement", 1142, () -> {
        try (PreparedStatement drop = connection.prepareStatement("drop table customers")) {
          drop.execute();
        }
      });
      check("a statement after it", statement.execute("select 1"), null);
      expect("an error of the server", 1054, () -> statement.execute("select nothing from customers"));
      try (PreparedStatement change = connection.prepareStatement("update products set in_stock = ? where id = ?")) {
        for (int id = 1; id <= 8; id++) {
          change.setInt(1, id * 10);
          change.setInt(2, id);
          change.addBatch();
        }
        check("a batch", change.executeBatch().length == 8, null);
      }
    }
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void large(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select a.id, repeat('x', 500) from orders a join orders b join orders c")) {
      statement.setFetchSize(100);
      int count = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) count++;
      }
      check("a large result, row by row", count == 24 * 24 * 24, count);
    }
  }

  private static void several(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("select 1; select ssn from customers where id = 2; select 3");
      String seen = "";
      do {
        try (ResultSet rows = statement.getResultSet()) {
          rows.next();
          seen += rows.getString(1) + " ";
        }
      } while (statement.getMoreResults());
      check("several results", seen.equals("1 *** 3 "), seen);
    }
  }

  private static void metadata(Connection connection) throws SQLException {
    String database = connection.getCatalog();
    try (ResultSet tables = connection.getMetaData().getTables(database, null, "%", null)) {
      int count = 0;
      while (tables.next()) count++;
      check("names of tables", count == 9, count);
    }
    try (ResultSet columns = connection.getMetaData().getColumns(database, null, "customers", "%")) {
      int count = 0;
      while (columns.next()) count++;
      check("names of columns", count == 16, count);
    }
    try (ResultSet keys = connection.getMetaData().getImportedKeys(database, null, "orders")) {
      check("foreign keys", keys.next(), null);
    }
    try (ResultSet keys = connection.getMetaData().getPrimaryKeys(database, null, "order_items")) {
      check("primary keys", keys.next() && keys.next(), null);
    }
    try (ResultSet indexes = connection.getMetaData().getIndexInfo(database, null, "orders", false, false)) {
      check("indexes", indexes.next(), null);
    }
  }

  private static void cancel(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      Thread thread = new Thread(() -> {
        try {
          Thread.sleep(300);
          statement.cancel();
        } catch (InterruptedException | SQLException error) {
          throw new IllegalStateException(error);
        }
      });
      thread.start();
      expect("cancel", 1317, () -> statement.execute("select count(*) from orders a join orders b join orders c join orders d join orders e join orders f join orders g"));
      thread.join();
    }
  }

  private interface Action {
    void run() throws SQLException;
  }

  private static void expect(String name, int code, Action action) {
    try {
      action.run();
      check(name, false, "no error");
    } catch (SQLException error) {
      check(name, code == error.getErrorCode(), error);
    }
  }

  private static void check(String name, boolean condition, Object seen) {
    System.out.println((condition ? "ok   " : "FAIL ") + name);
    if (!condition) {
      System.out.println("  saw " + seen);
      System.exit(1);
    }
  }
}
