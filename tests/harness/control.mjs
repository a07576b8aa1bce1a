/**
 * A Worker beside the product that takes an object out of memory while its storage, and if asked its sockets, live on.
 * It holds bindings to the product's objects; the product itself runs unchanged.
 */
import unsafe from "workerd:unsafe";

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/directory") return env.directory.fetch("http://directory/harness", { method: "POST", body: await request.text() });
    const { object, name, id, sockets } = await request.json();
    const namespace = env[object];
    if (!namespace) return new Response(`There is no object binding ${object}.`, { status: 400 });
    const stub = namespace.get(name === undefined ? namespace.idFromString(id) : namespace.idFromName(name));
    await unsafe.evict(stub, { webSockets: sockets });
    return new Response(null, { status: 204 });
  },
};
