-- Sites, logs and what lies beside them. The words are those of DESIGN.md's glossary; every number that identifies a row
-- is given out under a lock and none comes from a sequence, which would leave gaps and be out of order.

-- Where each log ends. The only contended row of a log: whoever appends locks it, compares the size, and sets a new one.
-- Every append updates it, so it gets room to be updated in place.
CREATE TABLE head (
  log_id int4 PRIMARY KEY,
  site text NOT NULL,
  year int4 NOT NULL,
  number int4 NOT NULL,
  size int8 NOT NULL,
  root bytea NOT NULL,
  time int8 NOT NULL,
  closed boolean NOT NULL,
  forgotten boolean NOT NULL,
  UNIQUE (site, year, number)
) WITH (fillfactor = 50);

-- Entries as they are hashed. "index" is dense from 0.
CREATE TABLE entry (
  log_id int4 NOT NULL,
  "index" int8 NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (log_id, "index")
);

-- The erasable side of a decision: who decided, what is behind both commitments, and how it was acknowledged. An erasure
-- deletes the row. The unique key is the idempotency key, whichever process was asked.
CREATE TABLE decision (
  log_id int4 NOT NULL,
  "index" int8 NOT NULL,
  site text NOT NULL,
  decision_id bytea NOT NULL,
  subject_id bytea NOT NULL,
  size int8 NOT NULL,
  recorded_at int8 NOT NULL,
  request_digest bytea NOT NULL,
  subject_salt bytea,
  subject_data bytea,
  decision_salt bytea,
  decision_data bytea,
  PRIMARY KEY (log_id, "index"),
  UNIQUE (site, decision_id)
);
CREATE INDEX decision_subject ON decision (site, subject_id);

-- Hashes, 32 bytes each. The growing tile of level 0 is not here: its hashes are those of the last entries.
CREATE TABLE tile (
  log_id int4 NOT NULL,
  level int4 NOT NULL,
  "index" int8 NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (log_id, level, "index")
);

-- Notices as they were published.
CREATE TABLE notice (
  site text NOT NULL,
  notice_id bytea NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (site, notice_id)
);

-- The notices that a log names in an entry.
CREATE TABLE logged_notice (
  log_id int4 NOT NULL,
  notice_id bytea NOT NULL,
  PRIMARY KEY (log_id, notice_id)
);

-- Older signed heads, about one an hour, for auditors.
CREATE TABLE older_head (
  log_id int4 NOT NULL,
  size int8 NOT NULL,
  note text NOT NULL,
  PRIMARY KEY (log_id, size)
);

-- Small things that belong beside the logs.
CREATE TABLE document (
  site text NOT NULL,
  name text NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (site, name)
);

-- What all processes on this database must agree on, such as the signing key.
CREATE TABLE agreement (
  name text PRIMARY KEY,
  value bytea NOT NULL
);

-- Work that one process at a time may do, until the moment `until` of the database's clock, unix seconds.
CREATE TABLE lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  until int8 NOT NULL
);
