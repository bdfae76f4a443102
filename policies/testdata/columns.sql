-- Beside the demo's shop: names that should be found, and names that only look alike.

create table fields (
  id              integer primary key,
  work_email      text,
  "emailAddress"  varchar(200),
  mobile_no       text,
  fax_number      varchar(30),
  zip             text,
  billing_address text,
  date_of_birth   date,
  dob             text,
  passport_number text,
  tax_id          text,
  client_ip       text,
  bonus           numeric,
  bank_account    text,
  cc_number       text,
  pan             text,
  cvv             char(4),
  passwd          text,
  api_key         text,
  refresh_token   text,
  client_secret   text,
  key_material    text,
  icd10_code      text,
  ref_1           text,
  ref_2           text,
  ref_3           text,
  ref_4           text,
  ref_5           date,
  ref_6           numeric,
  ref_7           text
);
comment on column fields.key_material is 'Signs the invoices. @label secret.key';
comment on column fields.ref_1 is '@label pii.national_id';
comment on column fields.ref_2 is 'E-mail address that invoices go to';
comment on column fields.ref_3 is 'Credit card number, until 2020';
comment on column fields.ref_4 is 'Telephone number of the office';
comment on column fields.ref_5 is 'Date of birth of the account holder';
comment on column fields.ref_6 is 'Monthly salary in EUR';
comment on column fields.ref_7 is 'In centimetres. @label pii.shoe_size';

create table lookalikes (
  id                   integer primary key,
  name                 text,
  email_verified       boolean,
  email_sent_at        timestamptz,
  email_template       text,
  phone_type           text,
  phone_calls          integer,
  address_id           integer,
  web_address          text,
  mac_address          macaddr,
  ip_count             integer,
  zip_required         boolean,
  card_type            text,
  loyalty_card_number  text,
  camera_pan           real,
  password_changed_at  timestamptz,
  password_attempts    integer,
  token_count          integer,
  token_type           text,
  secret_santa         boolean,
  salary_band          text,
  salary_currency      char(3),
  ssn_verified         boolean,
  iban_country         char(2),
  account_name         text,
  product_name         text,
  file_name            text,
  birth_place_required boolean,
  description          text,
  message_id           uuid,
  mobile_app_version   text,
  panel                text,
  opinion              text,
  hidden_by            text,
  public_key           text,
  primary_key          text
);
comment on column lookalikes.hidden_by is 'Who hid the product';
