/** What is done with polls. */
const at = (conv, seq, rest) => `/v1/conversations/${conv}/polls/${seq}/${rest}`;
const poll = { content: { kind: "poll", question: "Lunch?", options: ["soup", "bread", "neither"] } };
const ask = async (person, conv) => (await person.ok("POST", `/v1/conversations/${conv}/messages`, { body: poll })).seq;
const vote = (person, conv, seq, ...choices) => person.ok("POST", at(conv, seq, "votes"), { body: { choices } });

/** A direct conversation with a poll of the first of its two. */
async function asked(world) {
  const pair = await world.pair();
  return { ...pair, seq: await ask(pair.one, pair.conv) };
}

/** The same, in which the second has voted. */
async function voted(world) {
  const made = await asked(world);
  await vote(made.two, made.conv, made.seq, 1);
  return made;
}

export default {
  "a poll": async (world) => {
    const { one, conv } = await world.pair();
    return () => ask(one, conv);
  },
  "a vote": async (world) => {
    const { two, conv, seq } = await asked(world);
    return () => vote(two, conv, seq, 1);
  },
  "a vote changed": async (world) => {
    const { two, conv, seq } = await voted(world);
    return () => vote(two, conv, seq, 2);
  },
  "a vote taken back": async (world) => {
    const { two, conv, seq } = await voted(world);
    return () => vote(two, conv, seq);
  },
  "how a poll stands": async (world) => {
    const { one, conv, seq } = await voted(world);
    return () => one.ok("GET", `/v1/conversations/${conv}/polls?seqs=${seq}`);
  },
  "a poll closed by hand": async (world) => {
    const { one, conv, seq } = await voted(world);
    return () => one.ok("POST", at(conv, seq, "close"));
  },
  "a deletion, of a poll with one vote": async (world) => {
    const { one, conv, seq } = await voted(world);
    return () => one.remove(conv, seq);
  },
};
