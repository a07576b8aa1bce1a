import { useSignal } from "@preact/signals";
import { type Channel, listChannels } from "@quipu/client/channels";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { ChannelRow, useActing } from "./ChannelRow.tsx";
import { Dialog } from "./Dialog.tsx";

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
  const open = (): void => {
    app.dialog.value = null;
    // One that lies open, and that was left, is connected anew.
    const current = app.current.peek();
    if (current?.id === channel.id) current.conversation.open();
    app.show(channel.id);
  };
  return <ChannelRow app={app} channel={channel} name={channel.name} open acting={useActing()} onOpen={open} testid="channel" />;
}
