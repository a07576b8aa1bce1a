// Two people talk; one of them loses the connection in between. Run it at the root of the clone: npx node sdk/typescript/examples/first-client.mjs
import { Quipu } from "@quipu/client";

const url = process.env.QUIPU_URL ?? "http://localhost:8787";
const signIn = (subject, name) => new Quipu({
  url,
  token: async () => { // in production your own server signs this token, for whoever is logged in there
    const body = JSON.stringify({ subject, name });
    const response = await fetch(`${url}/v1/dev/tokens`, { method: "POST", headers: { "content-type": "application/json" }, body });
    return (await response.json()).token;
  },
});
const [ana, ben] = [signIn("ana", "Ana"), signIn("ben", "Ben")];
const [here, there] = [await ana.direct("sub:ben"), await ben.direct("sub:ana")]; // one conversation, opened from both ends

there.open();
await there.ready();
await here.send("Are you there?").settled; // sent by HTTP or socket; settled: durable, with a number
there.close(); // Ben's connection is gone …
const { seq } = await here.send("The keys are in the blue box.").settled;
there.open(); // … and comes back: what he missed is sent, nothing twice
await there.ready();

for (const { n, author, text } of there.state.messages) console.log(n, there.state.members.get(author)?.profile.name, text);
console.log({ seq, unread: there.state.you.unread, lost: there.audit.lost, repeated: there.audit.repeated, sameOrder: here.id === there.id });
await Promise.all([ana.close(), ben.close()]);
