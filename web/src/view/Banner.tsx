import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { App } from "../state/app.ts";
import { sentence } from "../state/app.ts";
import { tokenRefused } from "../state/session.ts";
import { t } from "../text/strings.ts";

/** Tells how the connection is, when it is not as it should be, and for a moment when it is back. */
export function Banner({ app }: { app: App }) {
  const browserOffline = useSignal(!navigator.onLine);
  const troubled = useSignal(false);
  const back = useSignal(false);

  useSignalEffect(() => {
    const follow = (): void => {
      browserOffline.value = !navigator.onLine;
    };
    addEventListener("online", follow);
    addEventListener("offline", follow);
    return () => {
      removeEventListener("online", follow);
      removeEventListener("offline", follow);
    };
  });

  // A conversation that is closed to the person says so in its own place; the banner is about the connection.
  const source = useComputed(() => {
    const open = app.current.value?.state.value;
    const closed = open?.connection === "stopped" && !tokenRefused(open.error);
    return open && !closed ? open : app.inbox.value;
  });

  const state = useComputed(() => {
    if (browserOffline.value || app.session.network.cut.value) return "offline";
    const { connection, error } = source.value;
    if (connection === "stopped") return "stopped";
    if (connection === "waiting") return "reconnecting";
    if (connection === "connecting") return error ? "reconnecting" : "connecting";
    return connection === "online" ? "online" : "connecting";
  });

  // A short interruption is not worth a word; a longer one is.
  useSignalEffect(() => {
    const now = state.value;
    if (now === "online") {
      if (!troubled.peek()) return;
      troubled.value = false;
      back.value = true;
      const timer = setTimeout(() => (back.value = false), 2500);
      return () => clearTimeout(timer);
    }
    back.value = false;
    if (now === "offline" || now === "stopped") {
      troubled.value = true;
      return;
    }
    const timer = setTimeout(() => (troubled.value = true), 900);
    return () => clearTimeout(timer);
  });

  const now = state.value;
  const { error } = source.value;
  const ended = now === "stopped" && tokenRefused(error);
  const text =
    now === "online"
      ? back.value
        ? t.backOnline
        : ""
      : !troubled.value
        ? ""
        : now === "offline"
          ? t.offline
          : now === "stopped"
            ? ended ? (error?.code === "device_revoked" ? t.devices.ended : t.sessionEnded) : t.stopped(error ? sentence(error) : t.failedPlain)
            : now === "reconnecting"
              ? t.reconnecting
              : t.connecting;
  return (
    <div class={`banner banner-${now}${text === "" ? " banner-empty" : ""}`} role="status" data-testid="connection" data-state={now}>
      {text !== "" && <span>{text}</span>}
      {text !== "" && now === "reconnecting" && (
        <button type="button" class="link-button" onClick={() => app.session.client.online()} data-testid="try-now">
          {t.tryNow}
        </button>
      )}
      {text !== "" && ended && (app.session.again ?? app.session.signOut) && (
        <button type="button" class="link-button" onClick={app.session.again ?? app.session.signOut} data-testid="sign-in-again">
          {t.signIn}
        </button>
      )}
    </div>
  );
}
