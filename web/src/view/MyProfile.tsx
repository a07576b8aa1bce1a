import { useSignal } from "@preact/signals";
import type { MyProfile as Mine, PatchProfile, PatchStatus } from "@quipu/client";
import { useId } from "preact/hooks";
import { type App, sentence } from "../state/app.ts";
import { timeOf } from "../text/dates.ts";
import { oneCharacter } from "../text/emoji.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Dialog } from "./Dialog.tsx";
import { FormError } from "./FormError.tsx";

/** What the server calls initials in place of a picture. */
const NO_PICTURE = "none";
/** How long a status may be chosen to hold, in minutes; then the end of the day. */
const MINUTES = [30, 60, 240];

/** One's own profile, to change. */
export function MyProfileDialog({ app }: { app: App }) {
  const own = app.profiles.own.value;
  const close = (): void => {
    app.dialog.value = null;
  };
  return (
    <Dialog title={t.profile.yours} onClose={close} testid="my-profile-dialog">
      {own ? <Form app={app} own={own} close={close} /> : <p role="status">{t.loading}</p>}
    </Dialog>
  );
}

function Form({ app, own, close }: { app: App; own: Mine; close: () => void }) {
  const id = useId();
  // As it was when the dialog opened: what another device changes meanwhile is not written over unless it was touched here.
  const name = useSignal(own.own.name ?? "");
  const bare = useSignal(own.own.picture === NO_PICTURE);
  const picture = useSignal(bare.value ? "" : (own.own.picture ?? ""));
  const bio = useSignal(own.bio ?? "");
  const emoji = useSignal(own.status?.emoji ?? "");
  const text = useSignal(own.status?.text ?? "");
  const until = useSignal(own.status?.until ? "kept" : "never");
  const failure = useSignal("");
  const busy = useSignal(false);
  const before = useSignal({ name: name.value, bare: bare.value, picture: picture.value, bio: bio.value, status: own.status }).value;

  const wrongPicture = !bare.value && picture.value.trim() !== "" && safePicture(picture.value.trim()) === undefined;
  const wrongEmoji = emoji.value.trim() !== "" && oneCharacter(emoji.value) === null;
  const shownName = name.value.trim() || app.session.name;
  const token = own.own.picture === undefined ? own.picture : undefined;
  const shownPicture = bare.value ? undefined : (safePicture(picture.value.trim()) ?? (picture.value.trim() === "" ? token : undefined));

  const save = async (): Promise<void> => {
    if (wrongPicture || wrongEmoji || busy.value) return;
    const chosen = status({ emoji: emoji.value, text: text.value, until: until.value, kept: before.status?.until ?? undefined });
    const patch: PatchProfile = {
      ...(name.value.trim() !== before.name ? { name: name.value.trim() } : {}),
      ...(bare.value !== before.bare || picture.value.trim() !== before.picture ? { picture: bare.value ? NO_PICTURE : picture.value.trim() } : {}),
      ...(bio.value.trim() !== before.bio ? { bio: bio.value.trim() } : {}),
      ...(JSON.stringify(chosen) !== JSON.stringify(before.status ?? {}) ? { status: chosen } : {}),
    };
    if (Object.keys(patch).length === 0) return close();
    busy.value = true;
    failure.value = "";
    try {
      await app.profiles.save(patch);
      close();
      app.say(t.saved);
    } catch (error) {
      failure.value = sentence(error);
    } finally {
      busy.value = false;
    }
  };

  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="profile-top">
        <Avatar id={own.user} name={shownName} picture={shownPicture} size="l" />
        <div class="field profile-name">
          <label for={`${id}-name`}>{t.profile.name}</label>
          <input
            id={`${id}-name`}
            type="text"
            dir="auto"
            autocomplete="name"
            placeholder={app.session.name}
            aria-describedby={`${id}-name-hint`}
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
            data-testid="profile-name-field"
          />
          <p class="field-hint" id={`${id}-name-hint`}>
            {t.profile.nameHint}
          </p>
        </div>
      </div>
      <fieldset class="form form-framed" data-testid="status-fields">
        <legend>{t.profile.status}</legend>
        <div class="status-fields">
          <input
            type="text"
            class="status-emoji"
            aria-label={t.profile.statusEmoji}
            placeholder="🙂"
            autocomplete="off"
            value={emoji.value}
            aria-invalid={wrongEmoji}
            onInput={(event) => (emoji.value = event.currentTarget.value)}
            data-testid="status-emoji"
          />
          <input
            type="text"
            dir="auto"
            aria-label={t.profile.statusText}
            placeholder={t.profile.statusText}
            autocomplete="off"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
            data-testid="status-text"
          />
        </div>
        {wrongEmoji && (
          <p class="form-error" role="alert">
            {t.otherEmojiWrong}
          </p>
        )}
        <div class="suggestions" role="group" aria-label={t.suggestions}>
          {Object.entries(t.profile.presets).map(([sign, words]) => (
            <button
              key={sign}
              type="button"
              class="chip"
              aria-pressed={emoji.value === sign && text.value === words}
              onClick={() => {
                emoji.value = sign;
                text.value = words;
              }}
              data-testid="status-preset"
            >
              {sign} {words}
            </button>
          ))}
          {(emoji.value !== "" || text.value !== "") && (
            <button
              type="button"
              class="chip"
              onClick={(event) => {
                // The button goes; the focus stays here.
                event.currentTarget.closest("fieldset")?.querySelector<HTMLElement>("[data-testid=status-text]")?.focus();
                emoji.value = "";
                text.value = "";
                until.value = "never";
              }}
              data-testid="status-clear"
            >
              {t.profile.clearStatus}
            </button>
          )}
        </div>
        <div class="field">
          <label for={`${id}-until`}>{t.profile.until}</label>
          <select id={`${id}-until`} value={until.value} onChange={(event) => (until.value = event.currentTarget.value)} data-testid="status-until">
            <option value="never">{t.profile.untilNever}</option>
            {before.status?.until && <option value="kept">{timeOf(before.status.until)}</option>}
            {MINUTES.map((minutes) => (
              <option key={minutes} value={String(minutes)}>
                {minutes < 60 ? t.minutes(minutes) : t.hours(minutes / 60)}
              </option>
            ))}
            <option value="today">{t.profile.untilToday}</option>
          </select>
        </div>
      </fieldset>
      <div class="field">
        <label for={`${id}-bio`}>{t.profile.bio}</label>
        <textarea id={`${id}-bio`} rows={3} dir="auto" value={bio.value} onInput={(event) => (bio.value = event.currentTarget.value)} data-testid="profile-bio-field" />
      </div>
      <div class="field">
        <label for={`${id}-picture`}>{t.profile.picture}</label>
        <input
          id={`${id}-picture`}
          type="text"
          inputMode="url"
          dir="ltr"
          autocomplete="off"
          placeholder={t.avatarHint}
          disabled={bare.value}
          value={picture.value}
          aria-invalid={wrongPicture}
          onInput={(event) => (picture.value = event.currentTarget.value)}
          data-testid="profile-picture-field"
        />
      </div>
      {wrongPicture && (
        <p class="form-error" role="alert">
          {t.avatarInvalid}
        </p>
      )}
      <label class="setting setting-check">
        <input type="checkbox" checked={bare.value} onChange={(event) => (bare.value = event.currentTarget.checked)} data-testid="profile-no-picture" />
        <span>{t.profile.noPicture}</span>
      </label>
      <FormError text={failure.value} testid="form-error" />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          {t.cancel}
        </button>
        <button type="submit" class="button button-primary" disabled={busy.value} data-testid="profile-save">
          {t.save}
        </button>
      </div>
    </form>
  );
}

/** What the fields of the status come to: nothing in it clears it. */
function status({ emoji, text, until, kept }: { emoji: string; text: string; until: string; kept: number | undefined }): PatchStatus {
  const chosen: PatchStatus = { ...(oneCharacter(emoji) ? { emoji: emoji.trim() } : {}), ...(text.trim() ? { text: text.trim() } : {}) };
  if (Object.keys(chosen).length === 0 || until === "never") return chosen;
  if (until === "kept") return kept !== undefined && kept > Date.now() ? { ...chosen, until: kept } : chosen;
  if (until === "today") return { ...chosen, until: new Date().setHours(23, 59, 59, 999) };
  return { ...chosen, until: Date.now() + Number(until) * 60_000 };
}
