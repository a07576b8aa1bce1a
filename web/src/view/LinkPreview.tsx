import { useSignal } from "@preact/signals";
import type { Message } from "@quipu/client";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { dataSaver } from "../state/preferences.ts";
import { safeHref, safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";

/** What the page says of itself that a message links to. */
export function LinkPreview({ model, message, tabbable }: { model: ConversationModel; message: Message; tabbable: boolean }) {
  const broken = useSignal<string | null>(null);
  const { preview, seq, text } = message;
  const href = preview && text?.includes(preview.url) ? safeHref(preview.url) : undefined;
  if (!preview || href === undefined || seq === null) return null;
  const site = preview.site ?? new URL(href).hostname;
  const picture = safePicture(preview.image);
  const mayRemove = message.mine || allows(model.state.value.you?.role ?? "guest", "deleteOthers");
  return (
    <div class="link-preview" data-testid="preview">
      <a class="link-preview-card" href={href} target="_blank" rel="noopener noreferrer nofollow" tabIndex={tabbable ? 0 : -1}>
        {picture && broken.value !== picture && dataSaver.value === "off" && (
          <img src={picture} alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer" onError={() => (broken.value = picture)} data-testid="preview-picture" />
        )}
        <span class="link-preview-words">
          <span class="link-preview-site clip" dir="auto">
            {site}
          </span>
          {preview.title && (
            <b class="link-preview-title" dir="auto">
              {preview.title}
            </b>
          )}
          {preview.description && (
            <span class="link-preview-about" dir="auto">
              {preview.description}
            </span>
          )}
        </span>
      </a>
      {mayRemove && (
        <button type="button" class="link-preview-out icon-button" tabIndex={tabbable ? 0 : -1} aria-label={t.previews.remove} title={t.previews.remove} onClick={() => model.conversation.removePreview(seq)} data-testid="preview-out">
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
