-- People who are found by their names. A row whose name is NULL is of somebody who is found no longer: it stays, so that what was told earlier and comes later cannot bring them back.
-- `keys` is what they are found by, a JSON array: the folded name, begun at each of its words. `hidden_from` holds the ids of those who must not find them, each after a space.
-- `chosen`: 1 by their own choice, 0 by the deployment's default.
CREATE TABLE people (
  app TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT,
  picture TEXT,
  keys TEXT NOT NULL,
  hidden_from TEXT NOT NULL,
  chosen INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (app, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE people_keys (
  app TEXT NOT NULL,
  name_key TEXT NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (app, name_key, id)
) STRICT, WITHOUT ROWID;
