// Two people talk, and one of them loses the connection in between.
//   npx node sdk/typescript/examples/first-client.mjs       (at the root of the clone, while npm start runs)
import { Quipu } from "@quipu/client";

const url = process.env.QUIPU_URL ?? "http://localhost:8787";
const token = async (subject) => { // in production your own server signs it, for whoever is logged in there
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ subject }) };
  return (await (await fetch(`${url}/v1/dev/tokens`, request)).json()).token;
};
const [ana, ben] = ["ana", "ben"].map((subject) => new Quipu({ url, token: () => token(subject) }));
const [hers, his] = [await ana.direct("sub:ben"), await ben.direct("sub:ana")]; // opened from both ends: one conversation

his.open();
await his.ready();
await hers.send("Are you there?").settled; // settled: durable on the server, with a number
his.close(); // Ben's connection is gone …
await hers.send("The keys are in the blue box.").settled;
his.open(); // … and comes back with its cursor: what he missed, and nothing twice
await his.ready();

for (const { n, author, text } of his.state.messages) console.log(n, his.state.members.get(author).subject, text);
console.log({ unread: his.state.you.unread, lost: his.audit.lost, repeated: his.audit.repeated });
await Promise.all([ana.close(), ben.close()]);
