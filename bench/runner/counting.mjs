// The product with every handler of its objects counted. What it does is the same; only who is called when is noted.

const HANDLERS = ["fetch", "alarm", "webSocketMessage", "webSocketClose", "webSocketError"];

const module = (main, classes) => `import * as built from ${JSON.stringify(`./${main}`)};
const calls = {};
for (const [kind, handlers] of ${JSON.stringify(classes.map((name) => [name, HANDLERS]))}) {
  const own = built[kind].prototype;
  for (const handler of handlers) {
    const handle = own[handler];
    if (!handle) continue;
    const name = kind + "." + handler;
    calls[name] = 0;
    own[handler] = function (...given) {
      calls[name] += 1;
      return handle.apply(this, given);
    };
  }
}
export * from ${JSON.stringify(`./${main}`)};
export default class extends built.default {
  fetch(request) {
    return new URL(request.url).pathname === "/bench/calls" ? Response.json(calls) : super.fetch(request);
  }
}
`;

/** The same server, which answers `/bench/calls` with how often each handler of an object has been called. */
export function counting(server) {
  const [{ name: main }] = server.modules;
  const text = module(main, server.objects.map(({ className }) => className));
  return { ...server, modules: [{ name: "counting.js", bytes: Buffer.from(text) }, ...server.modules] };
}
