/** What people lay down for themselves: profiles, blocks, inboxes, presence, devices. */
import { exchange, Person } from "../harness/client.mjs";

const profile = (person, body) => person.ok("PATCH", "/v1/me/profile", { body });
const block = (person, other) => person.ok("PUT", `/v1/blocks/${other.id}`);
const watch = (line, person, conv) => line.say({ t: "watch", users: [{ user: person.id, conv }] });
const sees = (line, person, state) => line.until(() => line.presences.get(person.id)?.state === state, `${person.sub} is ${state}`);
const link = (person) => person.ok("POST", "/v1/devices/links");

/** The same person with a token of a device. */
const on = (person, device) => Object.assign(new Person(person.server, person.sub, { device }), { id: person.id });

/** A direct conversation whose inboxes have heard of it. */
async function heard(world) {
  const pair = await world.pair();
  for (const person of [pair.one, pair.two]) {
    const inbox = person.inbox();
    await inbox.entry(pair.conv, () => true);
    await inbox.close();
    await inbox.closed;
  }
  return pair;
}

/** The same, where the first watches the second, who is there. */
async function watched(world) {
  const pair = await heard(world);
  const [watcher, inbox] = [await world.open(pair.one.inbox()), await world.open(pair.two.inbox())];
  watch(watcher, pair.two, pair.conv);
  await sees(watcher, pair.two, "online");
  return { ...pair, watcher, inbox };
}

/** A device that has opened a socket of the conversation, and another of the same user. */
async function signedIn(world) {
  const { one, conv } = await heard(world);
  const [phone, desk] = [on(one, "phone"), on(one, "desk")];
  await desk.ok("GET", "/v1/me");
  await world.open(phone.line(conv));
  return { phone, desk, conv };
}

export default {
  "a changed name, in the only direct conversation of its user": async (world) => {
    const { one } = await heard(world);
    return () => profile(one, { name: "New" });
  },
  "a changed name, in the only group of its user": async (world) => {
    const { people } = await world.group(4);
    return () => profile(people[1], { name: "New" });
  },
  "the same where they said its last word, a group of 4": async (world) => {
    const { people, conv } = await world.group(4);
    await people[1].send(conv, "hello");
    return () => profile(people[1], { name: "New" });
  },
  "a bio of one's own, which no conversation shows": async (world) => {
    const { one } = await heard(world);
    await profile(one, { name: "New" });
    return () => profile(one, { bio: "Sails" });
  },
  "a block, where a direct conversation is told": async (world) => {
    const { one, two } = await heard(world);
    return () => block(one, two);
  },
  "a block taken away, where a direct conversation is told": async (world) => {
    const { one, two } = await heard(world);
    await block(one, two);
    return () => one.ok("DELETE", `/v1/blocks/${two.id}`);
  },
  "the same block, of somebody who has a profile": async (world) => {
    const { one, two } = await heard(world);
    await profile(one, { name: "New" });
    return () => block(one, two);
  },
  "a block of somebody without a conversation": async (world) => {
    const { one } = await heard(world);
    const stranger = await world.person();
    return () => block(one, stranger);
  },
  "a contact": async (world) => {
    const { one, two } = await heard(world);
    return () => one.ok("PUT", `/v1/contacts/${two.id}`);
  },
  "who may write first": async (world) => {
    const { one } = await heard(world);
    return () => one.ok("PATCH", "/v1/me/reach", { body: { audience: "contacts" } });
  },
  "who sees one's presence": async (world) => {
    const { one } = await heard(world);
    return () => one.ok("PATCH", "/v1/me/presence", { body: { audience: "nobody" } });
  },
  "pinning, muting, archiving, hiding, marking unread": async (world) => {
    const { one, conv } = await heard(world);
    return () => one.ok("PATCH", `/v1/inbox/${conv}`, { body: { pinned: true } });
  },
  "a part of the inbox, its changes and totals": async (world) => {
    const { one } = await heard(world);
    return async () => {
      await one.ok("GET", "/v1/inbox?filter=unread");
      await one.ok("GET", "/v1/inbox/changes");
      await world.open(one.inbox());
    };
  },
  "opening a socket": async (world) => {
    const { one, conv } = await heard(world);
    return () => world.open(one.line(conv));
  },
  "the same, where the token has a new name": async (world) => {
    const { one, conv } = await heard(world);
    return () => world.open(new Person(world.server, one.sub, { name: "New" }).line(conv));
  },
  "a ticket": async (world) => {
    const { one } = await heard(world);
    return () => one.ok("POST", "/v1/tickets");
  },
  "an inbox socket opened, turned away from, or kept alive, while nobody watches": async (world) => {
    const { one } = await heard(world);
    return async () => {
      const inbox = await world.open(one.inbox());
      inbox.say({ t: "away", on: true });
      inbox.say("ping");
      await inbox.until(() => inbox.pongs > 0, "pong");
    };
  },
  "the last inbox socket of a user goes (one that broke unnoticed: when somebody asks next)": async (world) => {
    const { one } = await heard(world);
    const inbox = one.inbox();
    await inbox.until(() => inbox.welcome, "welcome");
    return async () => {
      await inbox.close();
      await inbox.closed;
    };
  },
  "asking for somebody's presence once": async (world) => {
    const { one, two, conv } = await heard(world);
    return () => one.ok("GET", `/v1/users/${two.id}/presence?conversation=${conv}`);
  },
  "watching somebody, the first to do so": async (world) => {
    const { one, two, conv } = await heard(world);
    const [watcher] = [await world.open(one.inbox()), await world.open(two.inbox())];
    return async () => {
      watch(watcher, two, conv);
      await sees(watcher, two, "online");
    };
  },
  "watching somebody whom others watch, and every 3 minutes again": async (world) => {
    const { people, conv } = await world.group(3);
    const [first, second] = [await world.open(people[1].inbox()), await world.open(people[2].inbox())];
    for (const inbox of [first, second]) await inbox.entry(conv, () => true);
    watch(first, people[0], conv);
    await sees(first, people[0], "offline");
    return async () => {
      watch(second, people[0], conv);
      await sees(second, people[0], "offline");
    };
  },
  "somebody who is watched turns away, told to any number of watchers": async (world) => {
    const { two, watcher, inbox } = await watched(world);
    return async () => {
      inbox.say({ t: "away", on: true });
      await sees(watcher, two, "away");
    };
  },
  "somebody who is watched goes": async (world) => {
    const { two, watcher, inbox } = await watched(world);
    return async () => {
      await inbox.close();
      await sees(watcher, two, "offline");
    };
  },
  "a device seen for the first time": async (world) => {
    const { one } = await heard(world);
    return () => on(one, "phone").ok("GET", "/v1/me");
  },
  "the first time a device opens a socket of a conversation": async (world) => {
    const { one, conv } = await heard(world);
    const phone = on(one, "phone");
    await phone.ok("GET", "/v1/me");
    return () => world.open(phone.line(conv));
  },
  "a device's other requests": async (world) => {
    const { phone, conv } = await signedIn(world);
    return async () => {
      await phone.events(conv);
      await world.open(phone.line(conv));
    };
  },
  "a device signed out that opened no socket": async (world) => {
    const { one } = await heard(world);
    await on(one, "phone").ok("GET", "/v1/me");
    return () => one.ok("DELETE", "/v1/devices/phone");
  },
  "a device signed out that opened sockets of one conversation": async (world) => {
    const { desk } = await signedIn(world);
    return () => desk.ok("DELETE", "/v1/devices/phone");
  },
  "a link that signs a device in, made": async (world) => {
    const { one } = await heard(world);
    return () => link(one);
  },
  "a link that signs a device in, used": async (world) => {
    const { one } = await heard(world);
    const made = await link(one);
    return () => exchange(`${world.server.url}/v1/devices/sessions`, { method: "POST", body: { link: made.link } });
  },
};
