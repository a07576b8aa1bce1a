import type { ConversationModel } from "../state/model.ts";
import type { Addressed } from "../state/people.ts";
import { emojiCount } from "../text/emoji.ts";
import { EVERYONE, ofRole, splitMessage } from "../text/mentions.ts";

/**
 * The text of a message: as text nodes, never as markup. Its direction is its own, so that right-to-left text and
 * stray control characters cannot reorder what stands around it. In the message list only the links of the message
 * that Tab leads to are stops of their own. Where those whom it addresses in the conversation of `model` are named, their
 * names stand out, most what addresses the reader.
 */
export function MessageText({ text, tabbable = true, model, whom }: { text: string; tabbable?: boolean; model?: ConversationModel; whom?: Addressed }) {
  const large = emojiCount(text);
  const mentioned = model && whom ? model.people.mentioned(whom) : [];
  const role = model?.state.value.you?.role;
  const own = new Set([EVERYONE, model?.me, role && ofRole(role)]);
  return (
    <p class={large > 0 ? `text text-emoji-${Math.min(large, 4)}` : "text"} dir="auto" data-testid="message-text">
      {splitMessage(text, mentioned).map((piece, index) =>
        piece.kind === "text" ? (
          piece.text
        ) : piece.kind === "mention" ? (
          <bdi key={index} class={own.has(piece.user) ? "mention mention-own" : "mention"} data-testid="mention" data-user={piece.user}>
            {piece.text}
          </bdi>
        ) : (
          <a key={index} href={piece.href} tabIndex={tabbable ? 0 : -1} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
            {piece.text}
          </a>
        ),
      )}
    </p>
  );
}
