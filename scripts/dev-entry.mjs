/**
 * The entry of the script on a developer's machine, in place of the built module itself: the same objects and
 * handlers, but `POST /v1/dev/conversations/{id}/sleep` really hibernates the object (memory gone, sockets open),
 * which nothing inside a Worker can ask for. `npm run deploy` never sees this file, and the module it asks for exists
 * only under the compatibility flag `unsafe_module` of a local workerd.
 */
import Gateway from "../workers/gateway/build/index.js";

export * from "../workers/gateway/build/index.js";

const SLEEP = /^\/v1\/dev\/conversations\/([^/]+)\/sleep$/;
// Not a literal, so that no bundler looks for it.
const UNSAFE_MODULE = ["workerd", "unsafe"].join(":");

export default class Development extends Gateway {
  async fetch(request) {
    const response = await super.fetch(request);
    const conversation = SLEEP.exec(new URL(request.url).pathname)?.[1];
    // The gateway has decided whether this is development and whether the caller may.
    if (request.method === "POST" && conversation && response.ok) {
      const { APP_ID, CONVERSATION } = this.env;
      const { default: unsafe } = await import(UNSAFE_MODULE);
      await unsafe.evict(CONVERSATION.getByName(`${APP_ID}/conversation/${conversation}`), { webSockets: "hibernate" });
    }
    return response;
  }
}
