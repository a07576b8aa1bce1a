/**
 * The product's own script, with a clock that can be put on and calls of conversations that never arrive.
 * `POST /faults` with `{ ahead }`: from now on it is so many milliseconds later than it is; with `{ hold }`: no call whose body has this text
 * reaches a conversation. Both are as they were once the process has died.
 */
import Gateway, * as product from "../workers/gateway/build/index.js";

export * from "../workers/gateway/build/index.js";

/** Longer than any test; a promise that nothing could ever end the platform would end. */
const NEVER_MS = 3_600_000;

let [ahead, hold] = [0, null];
const { now } = Date;
Date.now = () => now() + ahead;

export class Conversation extends product.Conversation {
  async fetch(request) {
    if (hold !== null && (await request.clone().text()).includes(hold)) await new Promise((resolve) => setTimeout(resolve, NEVER_MS));
    return super.fetch(request);
  }
}

export default class Faulty extends Gateway {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/faults") return super.fetch(request);
    const asked = await request.json();
    if (asked.ahead !== undefined) ahead = asked.ahead;
    if (asked.hold !== undefined) hold = asked.hold;
    return new Response(null, { status: 204 });
  }
}
