import { useSignal } from "@preact/signals";
import { type Channel, joinChannel, listChannels } from "@quipu/client/channels";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";

/** How long one types before what is typed is asked, in milliseconds. */
const PAUSE = 200;

/** Public channels: to look through, join, open and leave. */
export function ChannelsDialog({ app }: { app: App }) {
  const { client } = app.session;
  const query = useSignal("");
  const channels = useSignal<readonly Channel[] | null>(null);
  const next = useSignal<string | undefined>(undefined);
  const failure = useSignal("");
  /** What was asked last: an answer to something earlier comes too late. */
  const asking = useRef<AbortController | null>(null);

  const load = async (cursor?: string): Promise<void> => {
    asking.current?.abort();
    const { signal } = (asking.current = new AbortController());
    failure.value = "";
    try {
      const page = await listChannels(client, { q: query.peek().trim(), ...(cursor !== undefined && { cursor }), signal });
      if (signal.aborted) return;
      const before = cursor === undefined ? [] : (channels.peek() ?? []);
      channels.value = [...before, ...page.channels.filter(({ id }) => !before.some((known) => known.id === id))];
      next.value = page.next;
    } catch (error) {
      if (signal.aborted) return;
      failure.value = sentence(error);
      if (cursor === undefined) channels.value = null;
    }
  };
  const wanted = query.value.trim();
  useEffect(() => {
    const timer = setTimeout(() => void load(), channels.peek() === null ? 0 : PAUSE);
    return () => clearTimeout(timer);
  }, [wanted]);
  useEffect(() => () => asking.current?.abort(), []);

  const close = (): void => {
    app.dialog.value = null;
  };
  const count = channels.value?.length;
  return (
    <Dialog title={t.channels.title} onClose={close} testid="channels-dialog">
      <div class="field">
        <input
          type="search"
          autofocus
          aria-label={t.channels.search}
          placeholder={t.channels.search}
          maxLength={200}
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          data-testid="channels-search"
        />
      </div>
      {failure.value !== "" && (
        <div class="channels-failed">
          <p class="form-error" role="alert" data-testid="form-error">
            {failure.value}
          </p>
          <button type="button" class="button" onClick={() => void load()} data-testid="channels-retry">
            {t.retry}
          </button>
        </div>
      )}
      <p class={count === 0 || (count === undefined && failure.value === "") ? "quiet channels-none" : "sr"} role="status" data-testid="channels-status">
        {count === undefined ? failure.value === "" && t.loading : count > 0 ? t.channels.found(count) : wanted === "" ? t.channels.none : t.channels.nothing(wanted)}
      </p>
      <ul class="channels" role="list">
        {channels.value?.map((channel) => (
          <Row key={channel.id} app={app} channel={channel} />
        ))}
      </ul>
      {next.value !== undefined && (
        <button type="button" class="button channels-more" onClick={() => void load(next.peek())} data-testid="channels-more">
          {t.channels.more}
        </button>
      )}
    </Dialog>
  );
}

function Row({ app, channel }: { app: App; channel: Channel }) {
  const { client } = app.session;
  const busy = useSignal(false);
  const failure = useSignal("");
  /** What was done here is known before the list of conversations says so. */
  const done = useSignal<boolean | null>(null);
  const row = useRef<HTMLLIElement>(null);
  const key = useRef(crypto.randomUUID());
  const listed = app.inbox.value.entries.find(({ id }) => id === channel.id)?.member ?? false;
  const member = done.value ?? listed;
  useEffect(() => {
    if (done.value === listed) done.value = null;
  }, [listed, done.value]);

  const open = (): void => {
    app.dialog.value = null;
    // One that lies open, and that was left, is connected anew.
    const current = app.current.peek();
    if (current?.id === channel.id) current.conversation.open();
    app.show(channel.id);
  };
  const act = async (work: () => Promise<void>): Promise<void> => {
    if (busy.peek()) return;
    busy.value = true;
    failure.value = "";
    try {
      await work();
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  const join = (): Promise<void> =>
    act(async () => {
      try {
        await joinChannel(client, channel.id, { key: key.current });
      } catch (error) {
        // On another device, perhaps: in is in.
        if ((error as { code?: string }).code !== "already_member") throw error;
      }
      open();
    });
  const leave = (): Promise<void> =>
    act(async () => {
      await client.request("DELETE", `/v1/conversations/${channel.id}/members/me`);
      // Whoever comes back does something new.
      key.current = crypto.randomUUID();
      done.value = false;
      app.say(t.channels.left(channel.name));
      // The button that had the focus is gone.
      requestAnimationFrame(() => row.current?.querySelector<HTMLElement>("button")?.focus());
    });

  return (
    <li ref={row} class="channel" data-testid="channel" data-id={channel.id}>
      <Avatar id={channel.id} name={channel.name} picture={safePicture(channel.avatar)} size="m" />
      <div class="channel-about">
        <p class="channel-name">
          <bdi>{channel.name}</bdi>
        </p>
        {channel.topic && (
          <p class="channel-topic" dir="auto">
            {channel.topic}
          </p>
        )}
        <p class="channel-facts">
          {t.members(channel.member_count)}
          {member && (
            <span class="channel-in">
              <Icon name="check" />
              {t.channels.in}
            </span>
          )}
        </p>
      </div>
      <div class="channel-acts">
        {member ? (
          <>
            <button type="button" class="button" aria-label={t.channels.openNamed(channel.name)} onClick={open} data-testid="channel-open">
              {t.channels.open}
            </button>
            <button type="button" class="button button-quiet-danger" aria-label={t.channels.leaveNamed(channel.name)} aria-disabled={busy.value} onClick={() => void leave()} data-testid="channel-leave">
              {t.channels.leave}
            </button>
          </>
        ) : (
          <button type="button" class="button button-primary" aria-label={t.channels.joinNamed(channel.name)} aria-disabled={busy.value} onClick={() => void join()} data-testid="channel-join">
            {t.channels.join}
          </button>
        )}
      </div>
      <FormError text={failure.value} testid="channel-error" />
    </li>
  );
}
