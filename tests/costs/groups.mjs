/** What is done with conversations and their members, and to keep the peace. */
const path = (conv, rest = "") => `/v1/conversations/${conv}${rest}`;
const settings = (person, conv, body) => person.ok("PATCH", path(conv, "/settings"), { body });
const invite = (person, conv) => person.ok("POST", path(conv, "/invites"), { body: {} });

/** Somebody whose account exists, because they are in a conversation. */
async function known(world) {
  const { one } = await world.pair();
  return one;
}

/** A group with a message of its second member, which the third has reported. */
async function reported(world) {
  const { people, owner, conv } = await world.group(4);
  const { seq } = await people[1].send(conv, "rude");
  const report = () => people[2].ok("POST", path(conv, `/messages/${seq}/report`), { body: { reason: "spam" } });
  return { people, owner, conv, seq, report };
}

export default {
  "a direct conversation made, with the tables of all three objects": async (world) => {
    const [one, two] = await world.people(2);
    return async () => world.keep(await one.direct(two.id));
  },
  "a new name in a group of 5": async (world) => {
    const { owner, conv } = await world.group(5);
    return () => owner.ok("PATCH", path(conv), { body: { name: "New" } });
  },
  "settings changed in a group of 5": async (world) => {
    const { owner, conv } = await world.group(5);
    return () => settings(owner, conv, { frozen: true });
  },
  "another role for a member of a group of 5": async (world) => {
    const { owner, people, conv } = await world.group(5);
    return () => owner.ok("PATCH", path(conv, `/members/${people[1].id}`), { body: { role: "moderator" } });
  },
  "a member added to a group of 4 (their account exists)": async (world) => {
    const { owner, conv } = await world.group(4);
    const more = await known(world);
    return () => owner.add(conv, more.id);
  },
  "a member removed from a group of 5": async (world) => {
    const { owner, people, conv } = await world.group(5);
    return () => owner.ok("DELETE", path(conv, `/members/${people[1].id}`));
  },
  "an invite link made": async (world) => {
    const { owner, conv } = await world.group(4);
    return () => invite(owner, conv);
  },
  "an invite link revoked": async (world) => {
    const { owner, conv } = await world.group(4);
    const { id } = await invite(owner, conv);
    return () => owner.ok("DELETE", path(conv, `/invites/${id}`));
  },
  "a member joining a group of 4 by a link (their account exists)": async (world) => {
    const { owner, conv } = await world.group(4);
    const more = await known(world);
    const { token } = await invite(owner, conv);
    return () => more.ok("POST", "/v1/invites/join", { body: { token } });
  },
  "a member banned from a group of 5": async (world) => {
    const { owner, people, conv } = await world.group(5);
    return () => owner.ok("POST", path(conv, "/bans"), { body: { user: people[1].id } });
  },
  "a ban lifted, in a group of 4": async (world) => {
    const { owner, people, conv } = await world.group(5);
    await owner.ok("POST", path(conv, "/bans"), { body: { user: people[1].id } });
    return () => owner.ok("DELETE", path(conv, `/bans/${people[1].id}`));
  },
  "a member of a group of 5 muted": async (world) => {
    const { owner, people, conv } = await world.group(5);
    return () => owner.ok("POST", path(conv, `/members/${people[1].id}/mute`), { body: { for_s: 60 } });
  },
  "a member of a group of 5 let write again": async (world) => {
    const { owner, people, conv } = await world.group(5);
    await owner.ok("POST", path(conv, `/members/${people[1].id}/mute`), { body: { for_s: 60 } });
    return () => owner.ok("DELETE", path(conv, `/members/${people[1].id}/mute`));
  },
  "a message reported": async (world) => (await reported(world)).report,
  "a report dismissed": async (world) => {
    const { owner, conv, report } = await reported(world);
    const { id } = await report();
    return () => owner.ok("POST", path(conv, `/reports/${id}/resolve`), { body: { action: "dismissed" } });
  },
  "a report resolved by removing the message, in a group of 4": async (world) => {
    const { owner, conv, report } = await reported(world);
    const { id } = await report();
    return () => owner.ok("POST", path(conv, `/reports/${id}/resolve`), { body: { action: "removed" } });
  },
  "a word list written": async (world) => {
    const { owner, conv } = await world.group(4);
    return () => owner.ok("PUT", path(conv, "/words"), { body: { words: ["rude"] } });
  },
  "a message in a group of 4 that the word list reports, in addition": async (world) => {
    const { owner, people, conv } = await world.group(4);
    await owner.ok("PUT", path(conv, "/words"), { body: { words: ["rude"], action: "report" } });
    return () => people[1].send(conv, "how rude");
  },
};

/** Lines of the table that say what is written beside another. */
export const beside = {
  "a message in a group of 4 that the word list reports, in addition": "a message in a group of 4",
};
