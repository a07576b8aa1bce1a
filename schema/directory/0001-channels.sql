-- Public channels. A row whose name is NULL is one that is public no longer: it stays, so that what was told earlier and comes later cannot bring it back.
CREATE TABLE channels (
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT,
  folded TEXT,
  topic TEXT,
  avatar TEXT,
  members INTEGER NOT NULL,
  at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX channels_by_name ON channels (app, folded, id) WHERE folded IS NOT NULL;
