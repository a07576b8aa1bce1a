import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { App } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import type { Row } from "../state/rows.ts";
import { RowWindow } from "../state/window.ts";
import { dayName } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { ScrollAnchor } from "./anchor.ts";
import { Icon } from "./Icon.tsx";
import { MessageRow } from "./MessageRow.tsx";
import { SystemEvent } from "./SystemEvent.tsx";

/** Within this distance of the foot, the list follows new messages. */
const NEAR_FOOT = 48;
/** Within this distance of an end, more is drawn or loaded. */
const NEAR_END = 900;

/** The messages of the open conversation. */
export function MessageList({ app, model }: { app: App; model: ConversationModel }) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const keep = useRef<{ anchor: ScrollAnchor; window: RowWindow; stick: boolean; placed: boolean; top: number }>(undefined);
  keep.current ??= { anchor: new ScrollAnchor(), window: new RowWindow(), stick: true, placed: false, top: 0 };
  const held = keep.current;
  const away = useSignal(false);
  const seen = useSignal(0);
  const marked = useSignal<string | null>(null);
  const focused = useSignal<string | null>(null);

  const rows = model.rows.value;
  const { from, to } = held.window.range(rows);
  const drawn = rows.slice(from, to);
  const state = model.state.value;
  const group = state.kind === "group";

  const lastOther = useComputed(() => model.state.value.messages.findLast((m) => !m.mine && m.seq !== null)?.seq ?? 0);
  const fresh = useComputed(() =>
    away.value && seen.value > 0 ? model.state.value.messages.filter((m) => !m.mine && (m.seq ?? 0) > seen.value).length : 0,
  );

  const look = (): void => {
    const element = scroller.current;
    if (!element) return;
    held.anchor.record(element);
    held.top = element.scrollTop;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    const stick = held.window.atEnd && distance < NEAR_FOOT;
    if (stick !== held.stick) {
      held.stick = stick;
      if (stick) held.window.release();
      else held.window.pin(model.rows.peek());
    }
    away.value = !stick && (distance > 240 || !held.window.atEnd);
    if (stick) seen.value = lastOther.peek();
    if (element.scrollTop < NEAR_END) more();
    if (distance < NEAR_END && !held.window.atEnd) held.window.down(model.rows.peek());
    if (app.watching.peek()) read(element);
  };

  const more = (): void => {
    if (!model.state.peek().ready) return;
    held.window.pin(model.rows.peek());
    if (held.window.up(model.rows.peek()) || model.loadFailed.peek()) return;
    if (!model.state.peek().hasMore || model.loadingOlder.peek()) return;
    held.window.expect();
    void model.loadOlder().finally(() => held.window.settle(model.rows.peek()));
  };

  /** What is before the person's eyes counts as read. */
  const read = (element: HTMLElement): void => {
    if (held.stick) {
      if (model.state.peek().last > 0) model.conversation.markRead();
      return;
    }
    const foot = element.getBoundingClientRect().bottom;
    for (const row of [...element.querySelectorAll<HTMLElement>("[data-row][data-seq]")].reverse()) {
      if (row.getBoundingClientRect().bottom <= foot) {
        model.conversation.markRead(Number(row.dataset["seq"]));
        return;
      }
    }
  };

  /** Puts the scroll where it belongs after anything has changed, before it is painted. */
  const settle = (): void => {
    const element = scroller.current;
    if (!element) return;
    if (!held.placed && drawn.length > 0 && state.ready) {
      held.placed = true;
      seen.value = lastOther.peek();
      const line = element.querySelector<HTMLElement>("[data-unread-line]");
      if (line && element.scrollHeight - line.offsetTop > element.clientHeight) {
        held.stick = false;
        held.window.pin(model.rows.peek());
        element.scrollTop = line.offsetTop - element.clientHeight / 4;
      }
    }
    // A focus that moves scrolls at once, and the list hears of it later: what it scrolled to must not be lost.
    if (held.stick && element.scrollTop < held.top) look();
    if (held.stick) element.scrollTop = element.scrollHeight;
    else held.anchor.restore(element);
    look();
  };

  useLayoutEffect(settle);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      const element = scroller.current;
      if (!element) return;
      if (held.stick) element.scrollTop = element.scrollHeight;
      else held.anchor.restore(element);
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);

  useSignalEffect(() => {
    if (app.watching.value && model.state.value.last > 0 && scroller.current && held.placed) read(scroller.current);
  });

  useSignalEffect(() => {
    const seq = model.target.value;
    if (seq === null) return;
    const all = model.rows.peek();
    const index = all.findIndex((row) => row.kind === "message" && row.message.seq === seq);
    const row = all[index];
    if (!row) return;
    const range = held.window.range(all);
    held.stick = false;
    if (index < range.from || index >= range.to) held.window.around(all, index);
    else held.window.pin(all);
    marked.value = row.id;
    focused.value = row.id;
    requestAnimationFrame(() => {
      const element = scroller.current?.querySelector<HTMLElement>(`[data-row][data-seq="${seq}"]`);
      element?.scrollIntoView({ block: "center" });
      element?.focus({ preventScroll: true });
      model.target.value = null;
    });
    setTimeout(() => (marked.value = null), 2400);
  });

  const toLatest = (): void => {
    held.stick = true;
    held.window.release();
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
    away.value = false;
    requestAnimationFrame(settle);
  };

  useSignalEffect(() => {
    // One's own new message is always shown.
    const last = model.state.value.messages.at(-1);
    if (last?.mine && last.seq === null && !held.stick && last.status !== "failed" && Date.now() - last.at < 1000) toLatest();
  });

  const onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-testid=message]");
    if (!row) return;
    const all = [...(scroller.current?.querySelectorAll<HTMLElement>("[data-testid=message]") ?? [])];
    const at = all.indexOf(row);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = all[Math.max(0, Math.min(to, all.length - 1))];
      if (next) {
        focused.value = next.dataset["id"] ?? null;
        next.focus();
        next.scrollIntoView({ block: "nearest" });
      }
    } else if (target === row && (event.key === "Enter" || event.key === " " || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      event.preventDefault();
      row.querySelector<HTMLElement>("[data-testid=message-menu]")?.click();
    }
  };

  const lastMessage = drawn.findLast((row) => row.kind === "message")?.id;
  const tabbable = drawn.some((row) => row.id === focused.value) ? focused.value : lastMessage;
  const failed = model.loadFailed.value;

  return (
    <div class="messages-frame">
      <div
        ref={scroller}
        class="messages"
        role="log"
        aria-live="off"
        aria-label={t.messagesIn(app.title(model))}
        aria-busy={model.loadingOlder.value || !state.ready}
        id="messages"
        tabIndex={drawn.length === 0 ? 0 : -1}
        onScroll={look}
        onKeyDown={onKey}
        onFocusIn={(event) => {
          const row = (event.target as HTMLElement).closest<HTMLElement>("[data-testid=message]");
          if (row) focused.value = row.dataset["id"] ?? null;
        }}
        data-testid="messages"
        data-caught-up={state.caughtUp}
      >
        <div ref={content} class="messages-content">
          <div class="messages-head">
            {failed ? (
              <>
                {t.loadOlderFailed}{" "}
                <button type="button" class="link-button" onClick={() => void model.loadOlder()} data-testid="load-older">
                  {t.retry}
                </button>
              </>
            ) : state.hasMore ? (
              t.loadingOlder
            ) : state.ready ? (
              drawn.length === 0 ? t.emptyConversation : t.beginning
            ) : (
              t.loading
            )}
          </div>
          {drawn.map((row) => (
            <RowView key={row.id} row={row} app={app} model={model} group={group} tabbable={row.id === tabbable} marked={row.id === marked.value} />
          ))}
        </div>
      </div>
      {(away.value || fresh.value > 0) && (
        <button type="button" class={fresh.value > 0 ? "pill pill-new" : "pill"} onClick={toLatest} aria-label={fresh.value > 0 ? undefined : t.toLatest} data-testid="to-latest">
          {fresh.value > 0 && <span data-testid="new-messages">{t.newMessages(fresh.value)}</span>}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

function RowView({ row, app, model, group, tabbable, marked }: { row: Row; app: App; model: ConversationModel; group: boolean; tabbable: boolean; marked: boolean }) {
  switch (row.kind) {
    case "day":
      return (
        <div class="row day" data-testid="day">
          <span>{dayName(row.at)}</span>
        </div>
      );
    case "unread":
      return (
        <div class="row unread-line" data-unread-line data-testid="unread-line">
          <span>{t.unreadLine}</span>
        </div>
      );
    case "withheld":
      return (
        <div class="row system" role="note" data-row data-anchor data-testid="withheld">
          <span>{row.messages ? t.withheld(row.messages) : t.withheldEvents}</span>
        </div>
      );
    case "event":
      return <SystemEvent model={model} event={row.event} />;
    case "message":
      return (
        <MessageRow app={app} model={model} message={row.message} first={row.first} last={row.last} group={group} tabbable={tabbable} marked={marked} />
      );
  }
}
