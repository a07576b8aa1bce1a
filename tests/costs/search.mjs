/** Searches, and what an index of texts adds to what changes messages. */
import { randomUUID } from "node:crypto";
import { message } from "../harness/client.mjs";

const search = (person, conv, q) => person.ok("GET", `/v1/conversations/${conv}/search?q=${q}`);

/** So many messages: the index takes 256 events at a time, and a search fills it that has to look so far back. */
async function filled(world, count) {
  const pair = await world.pair();
  const line = pair.one.line(pair.conv);
  await line.until(() => line.welcome);
  for (let from = 0; from < count; from += 100) {
    const texts = Array.from({ length: Math.min(100, count - from) }, (_, index) => `note ${from + index}`);
    await line.commands(texts.map((text) => ({ key: randomUUID(), command: message(text) })));
  }
  await line.close();
  return pair;
}

/** Messages of which the first are in the index. */
async function indexed(world) {
  const pair = await filled(world, 300);
  await search(pair.one, pair.conv, "nothing");
  return pair;
}

export default {
  "the first search, of 300 messages": async (world) => {
    const { one, conv } = await filled(world, 300);
    return () => search(one, conv, "nothing");
  },
  "a search of what is in the index": async (world) => {
    const { one, conv } = await indexed(world);
    return () => search(one, conv, "note");
  },
  "a page of a search over all conversations, of what is in the index": async (world) => {
    const { one } = await indexed(world);
    return () => one.ok("GET", "/v1/search?q=note");
  },
  "an edit of a message in the index, in addition": async (world) => {
    const { one, conv } = await indexed(world);
    return () => one.edit(conv, 10, "other words");
  },
  "a deletion of a message in the index, in addition": async (world) => {
    const { one, conv } = await indexed(world);
    return () => one.remove(conv, 10);
  },
};

/** Lines of the table that say what is written beside another. */
export const beside = {
  "an edit of a message in the index, in addition": "an edit",
  "a deletion of a message in the index, in addition": "a deletion",
};
