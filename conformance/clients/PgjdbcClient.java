import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** pgjdbc through the proxy: environment PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD. Ends with 1 at the first surprise. */
public final class PgjdbcClient {
  public static void main(String[] arguments) throws Exception {
    Properties login = new Properties();
    login.setProperty("user", System.getenv("PGUSER"));
    login.setProperty("password", System.getenv("PGPASSWORD"));
    login.setProperty("sslmode", "disable");
    // Named statements and binary results from the first execution on.
    login.setProperty("prepareThreshold", "-1");
    String url = "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
    try (Connection connection = DriverManager.getConnection(url, login)) {
      simple(connection);
      prepared(connection);
      transaction(connection);
      denied(connection);
      fetchSize(connection);
      metadata(connection);
      copy(connection);
      cancel(connection);
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
        statement.setString(2, "nowhere");
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          boolean isRight = rows.getInt(1) == id && rows.getString(2).equals("***") && rows.getTimestamp(4) != null;
          check("prepared statement, value " + id, isRight, rows.getString(2));
        }
      }
    }
  }

  private static void transaction(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      expect("an error in a transaction", "22012", () -> statement.executeQuery("select 1 / 0"));
      expect("a failed transaction", "25P02", () -> statement.executeQuery("select 1"));
      connection.rollback();
      statement.execute("create temp table scratch (a int primary key, b text)");
      try (PreparedStatement insert = connection.prepareStatement("insert into scratch values (?, ?)")) {
        for (int number = 0; number < 500; number++) {
          insert.setInt(1, number);
          insert.setString(2, "row " + number);
          insert.addBatch();
        }
        check("a batch", insert.executeBatch().length == 500, null);
      }
    }
    connection.rollback();
    connection.setAutoCommit(true);
  }

  private static void denied(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      expect("a denied statement", "42501", () -> statement.execute("drop table customers"));
      check("a statement after it", statement.execute("select 1"), null);
    }
  }

  private static void fetchSize(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement("select name, ssn from customers order by id")) {
      statement.setFetchSize(3);
      int count = 0;
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) if (rows.getString(2).equals("***")) count++;
      }
      check("a portal read in pieces", count == 16, count);
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static void metadata(Connection connection) throws SQLException {
    try (ResultSet columns = connection.getMetaData().getColumns(null, "public", "customers", "%")) {
      int count = 0;
      while (columns.next()) count++;
      check("metadata", count == 16, count);
    }
    try (ResultSet keys = connection.getMetaData().getImportedKeys(null, "public", "orders")) {
      check("foreign keys", keys.next(), null);
    }
  }

  private static void copy(Connection connection) throws Exception {
    CopyManager copies = connection.unwrap(PGConnection.class).getCopyAPI();
    StringWriter out = new StringWriter();
    copies.copyOut("copy customers (name, ssn) to stdout with csv", out);
    check("COPY TO", out.toString().contains("Chen Mbeki,***"), out);
    try (Statement statement = connection.createStatement()) {
      statement.execute("create temp table copied (a int)");
    }
    check("COPY FROM", copies.copyIn("copy copied from stdin", new StringReader("1\n2\n")) == 2, null);
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
      expect("cancel", "57014", () -> statement.execute("select pg_sleep(20)"));
      thread.join();
    }
  }

  private interface Action {
    void run() throws SQLException;
  }

  private static void expect(String name, String sqlstate, Action action) {
    try {
      action.run();
      check(name, false, "no error");
    } catch (SQLException error) {
      check(name, sqlstate.equals(error.getSQLState()), error);
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
