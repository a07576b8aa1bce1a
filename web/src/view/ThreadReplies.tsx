import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { t } from "../text/strings.ts";
import { MessageRow } from "./MessageRow.tsx";

/** So near to its foot, the list stays there when something comes. */
const NEAR_FOOT = 40;

/** The message a thread began with, and its replies. */
export function ThreadReplies({ app, model, root }: { app: App; model: ConversationModel; root: number }) {
  const scroller = useRef<HTMLDivElement>(null);
  const held = useRef({ stick: true, height: 0, first: null as string | null });
  const focused = useSignal<string | null>(null);
  const marked = useSignal<string | null>(null);
  const { threads } = model;
  const { message, thread, replies, hasMore } = threads.view(root);
  const group = model.state.value.kind === "group";
  const loading = threads.loading.value;
  const failed = threads.loadFailed.value;
  const readN = threads.readAtOpen.value;
  const firstNew = readN === null ? undefined : replies.find(({ threadN, mine }) => threadN !== null && threadN > readN && !mine);

  /** What is at the foot and before the person's eyes is read. */
  const read = (): void => {
    if (held.current.stick && app.watching.peek() && !hasGap()) threads.markRead(root);
  };
  const hasGap = (): boolean => threads.loading.peek() || threads.loadFailed.peek();

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const { stick, height, first } = held.current;
    const now = replies[0]?.id ?? null;
    if (stick) element.scrollTop = element.scrollHeight;
    // Older replies came above what is being read.
    else if (first !== null && now !== first) element.scrollTop += element.scrollHeight - height;
    held.current.height = element.scrollHeight;
    held.current.first = now;
    read();
  });

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (held.current.stick) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useSignalEffect(() => {
    if (app.watching.value) read();
  });

  useLayoutEffect(() => {
    const seq = threads.target.value;
    const reply = seq === null ? undefined : replies.find((candidate) => candidate.seq === seq);
    if (!reply) return;
    threads.target.value = null;
    held.current.stick = false;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(reply.id)}"]`);
    row?.scrollIntoView({ block: "center" });
    focused.value = reply.id;
    marked.value = reply.id;
    row?.focus({ preventScroll: true });
    setTimeout(() => (marked.value = null), 2400);
  }, [threads.target.value, replies]);

  const onKey = (event: KeyboardEvent): void => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-testid=message]");
    if (!row) return;
    const rows = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-testid=message]") ?? [])];
    const at = rows.indexOf(row);
    const to = { ArrowUp: Math.max(0, at - 1), ArrowDown: Math.min(rows.length - 1, at + 1), Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      focused.value = rows[to]?.dataset["id"] ?? null;
      rows[to]?.focus();
    } else if (event.target === row && (event.key === "Enter" || event.key === " " || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      event.preventDefault();
      row.querySelector<HTMLElement>("[data-testid=message-menu]")?.click();
    }
  };

  const ids = [...(message ? [message.id] : []), ...replies.map(({ id }) => id)];
  const tabbable = focused.value !== null && ids.includes(focused.value) ? focused.value : ids.at(-1);
  const row = (of: (typeof replies)[number]) => (
    <MessageRow key={of.id} app={app} model={model} message={of} first last group={group} tabbable={of.id === tabbable} marked={of.id === marked.value} inThread />
  );
  return (
    <div
      ref={scroller}
      class="thread-replies"
      role="log"
      aria-live="off"
      aria-label={t.threads.title}
      aria-busy={loading}
      tabIndex={ids.length === 0 ? 0 : undefined}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        held.current.stick = scrollHeight - scrollTop - clientHeight <= NEAR_FOOT;
        read();
      }}
      onFocusIn={(event) => {
        const id = (event.target as HTMLElement).closest<HTMLElement>("[data-testid=message]")?.dataset["id"];
        if (id !== undefined) focused.value = id;
      }}
      onKeyDown={onKey}
      data-testid="thread-replies"
    >
      {message && row(message)}
      <div class="thread-rule" data-testid="thread-rule">
        <span>{thread.count > 0 ? t.threads.replies(thread.count) : loading ? t.loading : t.threads.noReplies}</span>
      </div>
      {(hasMore || failed) && (
        <p class="thread-older">
          {failed && <>{t.threads.loadFailed} </>}
          <button type="button" class="link-button" disabled={loading} onClick={() => void threads.load(root)} data-testid="thread-older">
            {failed ? t.retry : t.threads.older}
          </button>
        </p>
      )}
      {replies.flatMap((reply) =>
        reply === firstNew
          ? [
              <div key="unread" class="row unread-line" data-testid="thread-unread-line">
                <span>{t.unreadLine}</span>
              </div>,
              row(reply),
            ]
          : [row(reply)],
      )}
    </div>
  );
}
