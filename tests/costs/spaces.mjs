/** Spaces and their channels: what both objects write, and the accounts of all concerned. */
const path = (space, channel = "") => `/v1/spaces/${space}/channels${channel && `/${channel}`}`;
const channels = async (person, space) => (await person.ok("GET", path(space))).channels;

/** Asks the space until it was told. */
async function told(person, space, holds) {
  while (!holds(await channels(person, space))) await new Promise((resolve) => setTimeout(resolve, 100));
}

/** A space of two people. */
async function space(world) {
  const [owner, other] = await world.people(2);
  const made = (await owner.ok("POST", "/v1/conversations", { body: { kind: "space", name: "Costs", members: [other.id] } })).id;
  return { owner, other, space: world.keep(made) };
}

async function enter({ owner, space: id }, conv) {
  await owner.ok("PUT", path(id, conv), { body: {} });
  await told(owner, id, (list) => list.some((channel) => channel.id === conv && channel.name !== undefined));
}

/** The same with a channel of its owner. */
async function withChannel(world) {
  const made = await space(world);
  const { conv } = await world.group(1, {}, [made.owner]);
  await enter(made, conv);
  return { ...made, conv };
}

async function join({ owner, other, space: id, conv }) {
  await other.ok("POST", `/v1/conversations/${conv}/join`);
  await told(owner, id, (list) => list.some(({ member_count }) => member_count === 2));
}

export default {
  "a group of one put into a space of two": async (world) => {
    const made = await space(world);
    const { conv } = await world.group(1, {}, [made.owner]);
    return () => enter(made, conv);
  },
  "a member of a space joining its channel of one": async (world) => {
    const made = await withChannel(world);
    return () => join(made);
  },
  "a new name of a channel of two, which its space is told": async (world) => {
    const made = await withChannel(world);
    await join(made);
    return async () => {
      await made.owner.ok("PATCH", `/v1/conversations/${made.conv}`, { body: { name: "Otherwise" } });
      await told(made.owner, made.space, (list) => list.some(({ name }) => name === "Otherwise"));
    };
  },
  "one of two taken out of a space, who is in its channel": async (world) => {
    const made = await withChannel(world);
    await join(made);
    return async () => {
      await made.owner.ok("DELETE", `/v1/conversations/${made.space}/members/${made.other.id}`);
      await told(made.owner, made.space, (list) => list.some(({ member_count }) => member_count === 1));
    };
  },
  "a page of a space's channels": async (world) => {
    const made = await withChannel(world);
    return () => channels(made.owner, made.space);
  },
};
