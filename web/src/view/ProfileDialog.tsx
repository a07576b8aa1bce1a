import { useSignal } from "@preact/signals";
import { QuipuError, type UserProfile } from "@quipu/client";
import { useEffect } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";
import { PersonActions } from "./Relations.tsx";
import { StatusLine } from "./Status.tsx";

/** How somebody presents themselves, and the way to write to them. */
export function ProfileDialog({ app, user }: { app: App; user: string }) {
  const loaded = useSignal<UserProfile | null>(null);
  const failure = useSignal("");
  const hidden = useSignal(false);
  const busy = useSignal(false);
  const asking = useSignal(false);
  const person = app.people.get(user);
  const status = app.people.status(user);
  const me = user === app.session.user;
  const own = app.profiles.own.value;
  // What cells and inboxes tell has a newer version: then the rest is asked for anew.
  useEffect(() => {
    if (me) return;
    let gone = false;
    app.profiles.load(user).then(
      (profile) => {
        if (!gone) loaded.value = profile;
      },
      (error: unknown) => {
        if (gone) return;
        hidden.value = error instanceof QuipuError && error.code === "user_not_found";
        failure.value = hidden.value ? "" : t.profile.failed;
      },
    );
    return () => {
      gone = true;
    };
  }, [user, person.version]);
  const bio = me ? own?.bio : loaded.value?.bio;
  const write = async (): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    try {
      const conversation = await app.session.client.direct(user);
      app.dialog.value = null;
      app.query.value = "";
      app.show(conversation.id);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t.profile.title} onClose={() => (app.dialog.value = null)} testid="profile-dialog" small>
      <div class="profile-top">
        <Avatar id={user} name={person.name} picture={person.picture} size="l" />
        <div>
          <p class="details-name" data-testid="profile-name">
            <bdi>{person.name}</bdi>
            {me && <span class="quiet"> ({t.youMark})</span>}
          </p>
          {status && <StatusLine status={status} />}
        </div>
      </div>
      {bio && (
        <section>
          <h3>{t.profile.about}</h3>
          <p class="profile-bio" dir="auto" data-testid="profile-bio">
            {bio}
          </p>
        </section>
      )}
      {hidden.value && (
        <p class="quiet" data-testid="profile-hidden">
          {t.profile.notVisible}
        </p>
      )}
      <FormError text={failure.value} testid="form-error" />
      {!me && <PersonActions app={app} user={user} asking={asking} />}
      {me ? (
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => (app.dialog.value = { kind: "my-profile" })} data-testid="edit-profile">
            {t.profile.edit}
          </button>
        </div>
      ) : (
        !asking.value &&
        !app.relations.isBlocked(user) && (
          <div class="dialog-actions">
            <button type="button" class="button button-primary" disabled={busy.value} onClick={() => void write()} data-testid="write-to">
              {t.profile.message}
            </button>
          </div>
        )
      )}
    </Dialog>
  );
}
