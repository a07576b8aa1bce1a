import { type Signal, useSignal } from "@preact/signals";
import { joinChannel } from "@quipu/client/channels";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { FormError } from "./FormError.tsx";
import { Icon } from "./Icon.tsx";

/** One thing at a time that may fail, and why it did. */
export interface Acting {
  readonly busy: Signal<boolean>;
  readonly failure: Signal<string>;
  act(work: () => Promise<void>): Promise<void>;
}

export function useActing(): Acting {
  const busy = useSignal(false);
  const failure = useSignal("");
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
  return { busy, failure, act };
}

interface Props {
  app: App;
  /** What is known of it; without a number of members one comes in by invitation. */
  channel: { readonly id: string; readonly topic?: string | null; readonly avatar?: string | null; readonly member_count?: number | null };
  name: string;
  /** Whether one may join by oneself. */
  open: boolean;
  acting: Acting;
  onOpen: () => void;
  /** Beside what everybody may do. */
  also?: ComponentChildren;
  /** A question in place of all that. */
  asking?: ComponentChildren;
  testid: string;
}

/** A channel in a list: what it is, and the ways in and out of it. */
export function ChannelRow({ app, channel, name, open, acting, onOpen, also, asking, testid }: Props) {
  const { client } = app.session;
  const { busy, failure, act } = acting;
  /** What was done here is known before the list of conversations says so. */
  const done = useSignal<boolean | null>(null);
  const row = useRef<HTMLLIElement>(null);
  const key = useRef(crypto.randomUUID());
  const listed = app.inbox.value.entries.find(({ id }) => id === channel.id)?.member ?? false;
  const member = done.value ?? listed;
  useEffect(() => {
    if (done.value === listed) done.value = null;
  }, [listed, done.value]);

  const join = (): Promise<void> =>
    act(async () => {
      try {
        await joinChannel(client, channel.id, { key: key.current });
      } catch (error) {
        // On another device, perhaps: in is in.
        if ((error as { code?: string }).code !== "already_member") throw error;
      }
      onOpen();
    });
  const leave = (): Promise<void> =>
    act(async () => {
      await client.request("DELETE", `/v1/conversations/${channel.id}/members/me`);
      // Whoever comes back does something new.
      key.current = crypto.randomUUID();
      done.value = false;
      app.say(t.channels.left(name));
      // The button that had the focus is gone.
      requestAnimationFrame(() => row.current?.querySelector<HTMLElement>("button")?.focus());
    });

  return (
    <li ref={row} class="channel" data-testid={testid} data-id={channel.id}>
      <Avatar id={channel.id} name={name} picture={safePicture(channel.avatar ?? undefined)} size="m" />
      <div class="channel-about">
        <p class="channel-name">
          <bdi>{name}</bdi>
        </p>
        {channel.topic && (
          <p class="channel-topic" dir="auto">
            {channel.topic}
          </p>
        )}
        <p class="channel-facts">
          {channel.member_count == null ? t.spaces.byInvitation : t.members(channel.member_count)}
          {member && (
            <span class="channel-in">
              <Icon name="check" />
              {t.channels.in}
            </span>
          )}
        </p>
      </div>
      {asking ?? (
        <div class="channel-acts">
          {member ? (
            <>
              <button type="button" class="button" aria-label={t.channels.openNamed(name)} onClick={onOpen} data-testid="channel-open">
                {t.channels.open}
              </button>
              <button type="button" class="button button-quiet-danger" aria-label={t.channels.leaveNamed(name)} aria-disabled={busy.value} onClick={() => void leave()} data-testid="channel-leave">
                {t.channels.leave}
              </button>
            </>
          ) : (
            open && (
              <button type="button" class="button button-primary" aria-label={t.channels.joinNamed(name)} aria-disabled={busy.value} onClick={() => void join()} data-testid="channel-join">
                {t.channels.join}
              </button>
            )
          )}
          {also}
        </div>
      )}
      <FormError text={failure.value} testid="channel-error" />
    </li>
  );
}
