// The plain Durable Object that the product is measured against: hibernating WebSockets, and for each message one JSON.parse,
// one INSERT, one ack to the sender and one broadcast to everybody. This is what the usual chat examples do, written as well as that
// shape allows: the broadcast is serialised once, the key is unique, history pages by cursor.
import { DurableObject } from "cloudflare:workers";

const PAGE_MAX = 200;

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(`CREATE TABLE IF NOT EXISTS messages (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      sender TEXT NOT NULL,
      text TEXT NOT NULL,
      at INTEGER NOT NULL
    )`);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async fetch(request) {
    const url = new URL(request.url);
    if (request.headers.get("Upgrade") === "websocket") {
      const [client, server] = Object.values(new WebSocketPair());
      server.serializeAttachment({ user: url.searchParams.get("user") });
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    const limit = Math.min(Number(url.searchParams.get("limit") ?? 50), PAGE_MAX);
    const before = Number(url.searchParams.get("before") ?? Number.MAX_SAFE_INTEGER);
    const rows = this.sql.exec("SELECT seq, id, sender, text, at FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit).toArray();
    return Response.json({ messages: rows.reverse() });
  }

  webSocketMessage(socket, data) {
    const { id, text } = JSON.parse(data);
    const { user } = socket.deserializeAttachment();
    const at = Date.now();
    const { seq } = this.sql.exec("INSERT INTO messages (id, sender, text, at) VALUES (?, ?, ?, ?) RETURNING seq", id, user, text, at).one();
    socket.send(JSON.stringify({ type: "ack", id, seq }));
    const frame = JSON.stringify({ type: "message", seq, id, sender: user, text, at });
    for (const receiver of this.ctx.getWebSockets()) {
      try {
        receiver.send(frame);
      } catch {
        // A socket that is closing gets nothing more.
      }
    }
  }

  webSocketClose(socket, code) {
    socket.close(code === 1005 ? 1000 : code);
  }
}

export default {
  async fetch(request, env) {
    const [, kind, name] = new URL(request.url).pathname.split("/");
    if (kind === "health") return Response.json({ status: "ok" });
    if (kind !== "rooms" || !name) return new Response("not found", { status: 404 });
    return env.ROOM.get(env.ROOM.idFromName(name)).fetch(request);
  },
};
