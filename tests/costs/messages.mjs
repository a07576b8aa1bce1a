/** What is done with messages. */
import { randomUUID } from "node:crypto";
import { message } from "../harness/client.mjs";

const at = (conv, seq, rest = "") => `/v1/conversations/${conv}/messages/${seq}${rest}`;
const react = (person, conv, seq, emoji) => person.ok("POST", at(conv, seq, "/reactions"), { body: { emoji } });
const pin = (person, conv, seq) => person.ok("POST", at(conv, seq, "/pin"));
const hide = (person, conv, seq) => person.ok("PUT", at(conv, seq, "/hidden"), { key: null });
const read = (person, conv, seq) => person.ok("PUT", `/v1/conversations/${conv}/read`, { body: { seq } });

/** A direct conversation with one message of the first of its two. */
async function said(world) {
  const pair = await world.pair();
  return { ...pair, ...(await pair.one.send(pair.conv, "hello")) };
}

export default {
  "a message": async (world) => {
    const { one, conv } = await world.pair();
    return () => one.send(conv, "hello");
  },
  "the same, received by a connected client": async (world) => {
    const { one, two, conv } = await world.pair();
    const line = await world.open(two.line(conv));
    return async () => {
      const { seq } = await one.send(conv, "hello");
      await line.at(seq);
      line.ack();
    };
  },
  "the same, and read within the second": async (world) => {
    const { one, two, conv } = await world.pair();
    const line = await world.open(two.line(conv));
    return async () => {
      const { seq } = await one.send(conv, "hello");
      await line.at(seq);
      line.say({ t: "read", seq });
    };
  },
  "a forwarded message": async (world) => {
    const { one, conv, seq } = await said(world);
    return () => one.ok("POST", `/v1/conversations/${conv}/forwards`, { body: { from: conv, seq } });
  },
  "a message that mentions one member, or everyone, or a role": async (world) => {
    const { one, two, conv } = await world.pair();
    return () => one.send(conv, "hello", { mentions: [two.id] });
  },
  "fifty messages in one frame": async (world) => {
    const { one, conv } = await world.pair();
    const line = await world.open(one.line(conv));
    return () => line.commands(Array.from({ length: 50 }, (_, n) => ({ key: randomUUID(), command: message(`number ${n}`) })));
  },
  "a message in a group of 4": async (world) => {
    const { owner, conv } = await world.group(4);
    return () => owner.send(conv, "hello");
  },
  "a message in slow mode, of a guest or member, in a group of 4": async (world) => {
    const { owner, people, conv } = await world.group(4);
    await owner.ok("PATCH", `/v1/conversations/${conv}/settings`, { body: { slow_mode_s: 30 } });
    return () => people[1].send(conv, "hello");
  },
  "a reading (the read cursor moves)": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => read(two, conv, seq);
  },
  "twenty readings at once, of one message after the other": async (world) => {
    const { one, two, conv } = await world.pair();
    const line = await world.open(two.line(conv));
    const seqs = [];
    for (let count = 0; count < 20; count += 1) seqs.push((await one.send(conv, `number ${count}`)).seq);
    await line.at(seqs.at(-1));
    return () => seqs.forEach((seq) => line.say({ t: "read", seq }));
  },
  "an edit": async (world) => {
    const { one, conv, seq } = await said(world);
    return () => one.edit(conv, seq, "hello again");
  },
  "a deletion, of a message edited once": async (world) => {
    const { one, conv, seq } = await said(world);
    await one.edit(conv, seq, "hello again");
    return () => one.remove(conv, seq);
  },
  "a deletion": async (world) => {
    const { one, conv, seq } = await said(world);
    return () => one.remove(conv, seq);
  },
  "a deletion, of a message with two reactions": async (world) => {
    const { one, two, conv, seq } = await said(world);
    await react(one, conv, seq, "👍");
    await react(two, conv, seq, "👍");
    return () => one.remove(conv, seq);
  },
  "a deletion, of a message that is pinned": async (world) => {
    const { one, conv, seq } = await said(world);
    await pin(one, conv, seq);
    return () => one.remove(conv, seq);
  },
  "a reaction": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => react(two, conv, seq, "👍");
  },
  "a reaction taken back": async (world) => {
    const { two, conv, seq } = await said(world);
    await react(two, conv, seq, "👍");
    return () => two.ok("DELETE", at(conv, seq, `/reactions/${encodeURIComponent("👍")}`));
  },
  "a pin": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => pin(two, conv, seq);
  },
  "a pin taken away": async (world) => {
    const { two, conv, seq } = await said(world);
    await pin(two, conv, seq);
    return () => two.ok("DELETE", at(conv, seq, "/pin"));
  },
  "a message deleted for oneself": async (world) => {
    const { one, two, conv, seq } = await said(world);
    await one.send(conv, "the last line");
    await read(two, conv, seq + 1);
    return () => hide(two, conv, seq);
  },
  "a message deleted for oneself that was the last line": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => hide(two, conv, seq);
  },
  "the first reply in a thread": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => two.send(conv, "a reply", { thread: seq });
  },
  "a reply in a thread, of somebody who follows it": async (world) => {
    const { two, conv, seq } = await said(world);
    await two.send(conv, "a reply", { thread: seq });
    return () => two.send(conv, "another", { thread: seq });
  },
  "reading a thread": async (world) => {
    const { one, two, conv, seq } = await said(world);
    const reply = await two.send(conv, "a reply", { thread: seq });
    return () => one.ok("PUT", `/v1/conversations/${conv}/threads/${seq}/read`, { body: { seq: reply.seq } });
  },
  "following a thread, or no longer": async (world) => {
    const { one, two, conv, seq } = await said(world);
    await two.send(conv, "a reply", { thread: seq });
    return () => one.ok("PUT", `/v1/conversations/${conv}/threads/${seq}`, { body: { following: false } });
  },
  "a message saved": async (world) => {
    const { two, conv, seq } = await said(world);
    return () => two.ok("PUT", `/v1/saved/${conv}/${seq}`, { key: null });
  },
  "a message saved no longer": async (world) => {
    const { two, conv, seq } = await said(world);
    await two.ok("PUT", `/v1/saved/${conv}/${seq}`, { key: null });
    return () => two.ok("DELETE", `/v1/saved/${conv}/${seq}`, { key: null });
  },
  "a page of saved messages": async (world) => {
    const { two, conv, seq } = await said(world);
    await two.ok("PUT", `/v1/saved/${conv}/${seq}`, { key: null });
    return () => two.ok("GET", "/v1/saved");
  },
  "a typing mark, a delivered mark that moves nothing, a page of history": async (world) => {
    const { two, conv, seq } = await said(world);
    const path = `/v1/conversations/${conv}`;
    await two.ok("PUT", `${path}/delivered`, { body: { seq } });
    return async () => {
      await two.ok("POST", `${path}/typing`, { body: { on: true } });
      await two.ok("PUT", `${path}/delivered`, { body: { seq } });
      await two.events(conv);
    };
  },
};
