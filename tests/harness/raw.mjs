/** A WebSocket by hand over TCP, for what a well-behaved client cannot do: wrong bytes, any header, not reading, not answering a close. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

export class RawSocket {
  /** Frames from the server: `{ opcode, payload }`. */
  frames = [];
  status = null;
  head = "";
  #rest = Buffer.alloc(0);
  #waiting = new Set();
  ended = false;

  constructor(tcp) {
    this.tcp = tcp;
    tcp.on("data", (data) => this.#read(data));
    for (const event of ["end", "close", "error"]) {
      tcp.on(event, () => {
        this.ended = true;
        this.#wake();
      });
    }
  }

  /** Sends an upgrade and resolves when its answer is there. */
  static async open(port, path, headers = {}) {
    const tcp = connect(port, "127.0.0.1");
    await once(tcp, "connect");
    const raw = new RawSocket(tcp);
    const all = { Host: `127.0.0.1:${port}`, Upgrade: "websocket", Connection: "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64"), ...headers };
    tcp.write(`GET ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
    await raw.until(() => raw.status !== null, "the answer to an upgrade");
    return raw;
  }

  /** Sends one masked frame: opcode 1 text, 2 binary, 8 close. */
  frame(opcode, payload) {
    const body = Buffer.from(payload);
    const mask = randomBytes(4);
    const head = body.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | body.length]) : Buffer.alloc(body.length < 65536 ? 4 : 10);
    if (body.length >= 126) {
      head[0] = 0x80 | opcode;
      head[1] = 0x80 | (body.length < 65536 ? 126 : 127);
      if (body.length < 65536) head.writeUInt16BE(body.length, 2);
      else head.writeBigUInt64BE(BigInt(body.length), 2);
    }
    for (let index = 0; index < body.length; index++) body[index] ^= mask[index % 4];
    this.tcp.write(Buffer.concat([head, mask, body]));
  }

  say(value) {
    this.frame(1, typeof value === "string" ? value : JSON.stringify(value));
  }

  /** Frames of text, parsed. */
  get texts() {
    return this.frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => JSON.parse(payload.toString()));
  }

  /** The close frame's code, once it came. */
  get closeCode() {
    const close = this.frames.find(({ opcode }) => opcode === 8);
    return close ? close.payload.readUInt16BE(0) : null;
  }

  until(look, what = look.toString(), patience = 20_000) {
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        how(value);
      };
      const timer = setTimeout(() => settle(reject, new Error(`In vain waited for: ${what}`)), patience);
      const waiter = () => {
        const found = look();
        if (found) settle(resolve, found);
        else if (this.ended) settle(reject, new Error(`The connection ended before: ${what}`));
      };
      this.#waiting.add(waiter);
      waiter();
    });
  }

  /** Stops and goes on reading from the network. */
  pause() {
    this.tcp.pause();
  }

  resume() {
    this.tcp.resume();
  }

  destroy() {
    this.tcp.destroy();
  }

  #read(data) {
    this.#rest = Buffer.concat([this.#rest, data]);
    if (this.status === null) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = this.#rest.subarray(0, end).toString("latin1");
      this.status = Number(this.head.split(" ")[1]);
      this.#rest = this.#rest.subarray(end + 4);
    }
    while (this.status === 101 && this.#frame());
    this.#wake();
  }

  #frame() {
    const data = this.#rest;
    if (data.length < 2) return false;
    let [length, at] = [data[1] & 0x7f, 2];
    if (length === 126) {
      if (data.length < 4) return false;
      [length, at] = [data.readUInt16BE(2), 4];
    } else if (length === 127) {
      if (data.length < 10) return false;
      [length, at] = [Number(data.readBigUInt64BE(2)), 10];
    }
    if (data.length < at + length) return false;
    this.frames.push({ opcode: data[0] & 0x0f, payload: data.subarray(at, at + length) });
    this.#rest = data.subarray(at + length);
    return true;
  }

  #wake() {
    for (const waiter of [...this.#waiting]) waiter();
  }
}
