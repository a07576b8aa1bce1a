/** Public channels and their directory. One after another: the directory counts for all conversations together. */
const settings = (owner, conv, visibility) => owner.ok("PATCH", `/v1/conversations/${conv}/settings`, { body: { visibility } });

/** Asks the directory itself, so that no page of the product is counted. */
async function until(server, conv, holds) {
  for (;;) {
    const rows = await server.directory({ sql: `SELECT * FROM channels WHERE id = '${conv}'` });
    if (holds(rows)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const listed = (world, conv) => until(world.server, conv, (rows) => rows.some(({ name }) => name !== null));

/** A public channel of five that the directory has. */
async function channel(world) {
  const { owner, conv } = await world.group(5);
  await settings(owner, conv, "public");
  await listed(world, conv);
  return { owner, conv };
}

export default {
  "made a public channel, in addition, and 2 rows in the directory": async (world) => {
    const { owner, conv } = await world.group(5);
    return async () => {
      await settings(owner, conv, "public");
      await listed(world, conv);
    };
  },
  "a public channel that gets another name, in addition, and 2 rows in the directory": async (world) => {
    const { owner, conv } = await channel(world);
    return async () => {
      await owner.ok("PATCH", `/v1/conversations/${conv}`, { body: { name: "Another" } });
      await until(world.server, conv, (rows) => rows.some(({ name }) => name === "Another"));
    };
  },
  "a page of public channels": async (world) => {
    const { owner } = await channel(world);
    return () => owner.ok("GET", "/v1/channels");
  },
  "private again, in addition, and 1 row in the directory": async (world) => {
    const { owner, conv } = await channel(world);
    return async () => {
      await settings(owner, conv, "private");
      await until(world.server, conv, (rows) => rows.every(({ name }) => name === null));
    };
  },
};

/** Lines of the table that say what is written beside another. */
export const beside = {
  "made a public channel, in addition, and 2 rows in the directory": "settings changed in a group of 5",
  "a public channel that gets another name, in addition, and 2 rows in the directory": "a new name in a group of 5",
  "private again, in addition, and 1 row in the directory": "settings changed in a group of 5",
};
