import type { Conversation, Quipu } from "@quipu/client";
import type { App } from "../state/app.ts";

/** What a pane lets the demonstration page see and do. Both are served from one place, so no message passing is needed. */
export interface Pane {
  readonly client: Quipu;
  readonly subject: string;
  readonly name: string;
  readonly user: string;
  /** The conversation open in it. */
  conversation(): Conversation | null;
  title(): string;
  open(id: string): void;
  isCut(): boolean;
  setCut(cut: boolean): void;
  /** Calls back when the open conversation, its state or the network changes; returns what stops it. */
  watch(listener: () => void): () => void;
}

declare global {
  interface Window {
    quipuPane?: Pane;
  }
}

/** Puts the pane where the page around it finds it, and says so. */
export function publishPane(app: App): void {
  const { session } = app;
  window.quipuPane = {
    client: session.client,
    subject: session.subject,
    name: session.name,
    user: session.user,
    conversation: () => app.current.peek()?.conversation ?? null,
    title: () => {
      const model = app.current.peek();
      return model ? app.title(model) : "";
    },
    open: (id) => app.show(id),
    isCut: () => session.network.cut.peek(),
    setCut: (cut) => {
      session.network.setCut(cut);
      // Coming back should not wait for the back-off.
      if (!cut) session.client.online();
    },
    watch: (listener) => {
      let stopState: (() => void) | undefined;
      const stopOpen = app.current.subscribe((model) => {
        stopState?.();
        stopState = model?.state.subscribe(listener);
      });
      const stopCut = session.network.cut.subscribe(listener);
      return () => {
        stopState?.();
        stopOpen();
        stopCut();
      };
    },
  };
  window.dispatchEvent(new Event("quipu-pane"));
}
