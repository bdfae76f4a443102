import { expect, test } from "vitest";
import { withoutMysqlPasswords } from "./without-passwords.ts";

test.each([
  ["create user ann identified by 'hidden'", "create user ann identified by '***'"],
  [
    "CREATE OR REPLACE USER 'ann'@'%' IDENTIFIED BY 'hid\\'den'",
    "CREATE OR REPLACE USER 'ann'@'%' IDENTIFIED BY '***'",
  ],
  [
    "create user a identified by 'hidden', 'b'@'%' identified by \"hidden\"",
    "create user a identified by '***', 'b'@'%' identified by '***'",
  ],
  ["alter user ann identified by password '*hidden'", "alter user ann identified by password '***'"],
  [
    "alter user ann identified with caching_sha2_password by 'hidden' replace 'hidden'",
    "alter user ann identified with caching_sha2_password by '***' replace '***'",
  ],
  [
    "create user ann identified via ed25519 using password('hidden') or unix_socket",
    "create user ann identified via ed25519 using password('***') or unix_socket",
  ],
  ["create user ann identified with x as 'hidden'", "create user ann identified with x as '***'"],
  ["grant all on *.* to 'ann'@'h' identified by 'hidden'", "grant all on *.* to 'ann'@'h' identified by '***'"],
  ["set password = 'hidden'", "set password = '***'"],
  ["set password for 'ann'@'h' = password('hidden')", "set password for 'ann'@'h' = password('***')"],
  [
    "create server s foreign data wrapper mysql options (user 'ann', password 'hidden')",
    "create server s foreign data wrapper mysql options (user 'ann', password '***')",
  ],
  [
    "change master to master_user = 'ann', master_password = 'hidden'",
    "change master to master_user = 'ann', master_password = '***'",
  ],
  ["select 1; set password = 'hidden'; select 'shown'", "select 1; set password = '***'; select 'shown'"],
  ["/* é */ set password = /* it */ 'hidden'", "/* é */ set password = /* it */ '***'"],
  ["set password = 'hidden", "set password = '***'"],
])("%s is kept without its secret", (text, expected) => {
  expect(withoutMysqlPasswords(text)).toBe(expected);
});

test.each([
  "select password from users where token = 'shown' and identified = 'shown'",
  "update users set password = 'shown'",
  "create table t (password varchar(10) default 'shown')",
  "set @password = 'shown'",
  "grant select on t to 'identified'@'shown'",
])("%s stays as it is", (text) => {
  expect(withoutMysqlPasswords(text)).toBe(text);
});
