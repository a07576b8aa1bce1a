import type { Audience, ChannelVisibility, ConversationSettings, Role, SettingsChange } from "@quipu/client";
import { useId } from "preact/hooks";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { duration } from "../text/dates.ts";
import { t } from "../text/strings.ts";

/** Pauses between two messages that are offered, in seconds. */
const PAUSES = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];
const VISIBILITIES: readonly ChannelVisibility[] = ["private", "public"];
const WITHIN: readonly ChannelVisibility[] = ["private", "space"];
const AUDIENCES: readonly Audience[] = ["everyone", "members", "moderators", "admins"];

/** A group's settings: to change where one's role allows it, to read elsewhere. */
export function SettingsSection({ model, role, within, change }: { model: ConversationModel; role: Role; /** The space of which it is a channel. */ within: string | undefined; change: (change: SettingsChange) => void }) {
  const { encryption, kind, settings } = model.state.value;
  // A space has no messages.
  const space = kind === "space";
  const pauses = PAUSES.includes(settings.slow_mode_s) ? PAUSES : [...PAUSES, settings.slow_mode_s].sort((a, b) => a - b);
  const moderates = allows(role, "moderate");
  const manages = allows(role, "settings");
  return (
    <section data-testid="conversation-settings">
      <h3>{t.settings}</h3>
      {!space && <Choice
        label={t.slowMode}
        value={String(settings.slow_mode_s)}
        choices={pauses.map((pause) => [String(pause), pauseName(pause)])}
        may={moderates}
        onChoose={(value) => change({ slow_mode_s: Number(value) })}
        testid="slow-mode"
      />}
      <Table settings={settings} space={space} may={manages} change={change} />
      {!space && encryption === "none" && (
        <Choice
          label={t.channels.whoJoins}
          value={settings.visibility}
          choices={(within === undefined ? VISIBILITIES : WITHIN).map((visibility) => [visibility, t.channels.visibilities[visibility]])}
          may={manages}
          onChoose={(value) => change({ visibility: value as ChannelVisibility })}
          testid="who-joins-channel"
        />
      )}
      {!space && <Freeze settings={settings} may={moderates} change={change} />}
    </section>
  );
}

/** The rows of the table of roles that are settings, as they are read: who may do what. */
const ROWS = [
  { setting: "post", label: () => t.whoPosts, testid: "who-posts" },
  { setting: "thread", label: () => t.who.thread.label, testid: "who-replies" },
  { setting: "react", label: () => t.who.react.label, testid: "who-reacts" },
  { setting: "mention", label: () => t.who.mention.label, testid: "who-mentions" },
  { setting: "pin", label: () => t.who.pin.label, testid: "who-pins" },
  { setting: "add", label: () => t.whoAdds, testid: "who-adds" },
  { setting: "invite", label: () => t.invites.whoInvites, testid: "who-invites" },
] as const;

function Table({ settings, space, may, change }: { settings: ConversationSettings; space: boolean; may: boolean; change: (change: SettingsChange) => void }) {
  return (
    <>
      {ROWS.filter(({ setting }) => !space || setting === "add" || setting === "invite").map(({ setting, label, testid }) => (
        <Choice
          key={setting}
          label={label()}
          value={settings[setting] ?? settings.post}
          choices={AUDIENCES.map((audience) => [audience, t.audiences[audience]])}
          may={may}
          onChoose={(value) => change({ [setting]: value as Audience })}
          testid={testid}
        />
      ))}
    </>
  );
}

/** A pause between two messages in words. */
export function pauseName(seconds: number): string {
  return seconds === 0 ? t.slowModeOff : duration(seconds);
}

function Choice(props: { label: string; value: string; choices: [string, string][]; may: boolean; onChoose: (value: string) => void; testid: string }) {
  const id = useId();
  const { label, value, choices, may, onChoose, testid } = props;
  if (!may) {
    return (
      <p class="setting" data-testid={testid}>
        <span>{label}</span>
        <span class="quiet">{choices.find(([choice]) => choice === value)?.[1] ?? value}</span>
      </p>
    );
  }
  return (
    <div class="setting">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          // What stands there is what the server says.
          event.currentTarget.value = value;
          if (chosen !== value) onChoose(chosen);
        }}
        data-testid={testid}
      >
        {choices.map(([choice, name]) => (
          <option key={choice} value={choice}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Freeze({ settings, may, change }: { settings: ConversationSettings; may: boolean; change: (change: SettingsChange) => void }) {
  if (!may) return settings.frozen ? <p class="setting" data-testid="frozen">{t.frozenNow}</p> : null;
  return (
    <label class="setting setting-check">
      <input
        type="checkbox"
        checked={settings.frozen}
        onChange={(event) => {
          event.currentTarget.checked = settings.frozen;
          change({ frozen: !settings.frozen });
        }}
        data-testid="frozen"
      />
      <span>
        {t.freeze} <span class="quiet">{t.freezeHint}</span>
      </span>
    </label>
  );
}
