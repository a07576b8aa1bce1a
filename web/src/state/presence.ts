import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RefObject } from "preact";
import type { Presence } from "@quipu/client/presence";
import type { App } from "./app.ts";

/** Somebody's presence, watched while this is on the page and `watching`; null while nothing is known. `conversation` is one that both are in. */
export function usePresence(app: App, user: string | undefined, conversation: string, watching = true): Presence | null {
  const presence = useSignal<Presence | null>(null);
  useEffect(() => {
    if (user === undefined || user === app.session.user || !watching) return;
    const observed = app.presences.of(user, conversation);
    const look = (): void => {
      presence.value = observed.state;
    };
    const stop = observed.subscribe(look);
    look();
    return () => {
      stop();
      presence.value = null;
    };
  }, [app, user, conversation, watching]);
  return presence.value;
}

/** Whether an element is in view, or nearly. */
export function useInView(element: RefObject<Element | null>): boolean {
  const inView = useSignal(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        inView.value = entries.at(-1)?.isIntersecting ?? false;
      },
      { rootMargin: "64px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return inView.value;
}
