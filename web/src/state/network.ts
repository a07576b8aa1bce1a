import { signal } from "@preact/signals";
import type { WebSocketConstructor, WebSocketLike } from "@quipu/client";

/**
 * The network of one client, with a switch in it. The demonstration page cuts one side with it; everywhere else it
 * stays on and does nothing. Cutting closes what is open and refuses what is new, as a pulled cable would.
 */
export class Network {
  readonly cut = signal(false);
  readonly WebSocket: WebSocketConstructor;
  private readonly sockets = new Set<WebSocket>();
  private readonly requests = new Set<AbortController>();

  constructor() {
    const network = this;
    // A constructor that returns another object gives that object to `new`.
    this.WebSocket = class {
      constructor(url: string, protocols?: string[]) {
        if (network.cut.peek()) return new UnreachableSocket();
        const socket = new WebSocket(url, protocols);
        network.sockets.add(socket);
        socket.addEventListener("close", () => network.sockets.delete(socket));
        return socket;
      }
    } as unknown as WebSocketConstructor;
  }

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.cut.peek()) throw new TypeError(CUT);
    const controller = new AbortController();
    this.requests.add(controller);
    const given = init?.signal;
    try {
      return await fetch(input, { ...init, signal: given ? AbortSignal.any([given, controller.signal]) : controller.signal });
    } catch (error) {
      if (controller.signal.aborted) throw new TypeError(CUT);
      throw error;
    } finally {
      this.requests.delete(controller);
    }
  };

  /** Cuts or mends. What was in flight when cut is lost on the way, as it would be. */
  setCut(cut: boolean): void {
    if (this.cut.peek() === cut) return;
    this.cut.value = cut;
    if (!cut) return;
    for (const socket of this.sockets) socket.close();
    for (const request of this.requests) request.abort();
  }
}

const CUT = "The network of this side is cut.";

/** A socket that never opens, as where there is no network. */
class UnreachableSocket implements WebSocketLike {
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onerror: WebSocketLike["onerror"] = null;
  onclose: WebSocketLike["onclose"] = null;

  constructor() {
    setTimeout(() => this.onclose?.(new CloseEvent("close", { code: 1006 }) as never));
  }

  send(): void {
    // Nothing is ever sent: it does not open.
  }

  close(): void {
    // It is closed already.
  }
}
