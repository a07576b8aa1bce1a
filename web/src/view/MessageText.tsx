import { emojiCount } from "../text/emoji.ts";
import type { Role } from "@quipu/client";
import { EVERYONE, type Mentioned, ofRole, splitMessage } from "../text/mentions.ts";

/**
 * The text of a message: as text nodes, never as markup. Its direction is its own, so that right-to-left text and
 * stray control characters cannot reorder what stands around it. In the message list only the links of the message
 * that Tab leads to are stops of their own. Where those mentioned are named, their names stand out, the reader's own
 * (`me`, or by `role`) most.
 */
export function MessageText({ text, tabbable = true, mentioned = [], me, role }: { text: string; tabbable?: boolean; mentioned?: readonly Mentioned[]; me?: string; role?: Role | undefined }) {
  const large = emojiCount(text);
  return (
    <p class={large > 0 ? `text text-emoji-${Math.min(large, 4)}` : "text"} dir="auto" data-testid="message-text">
      {splitMessage(text, mentioned).map((piece, index) =>
        piece.kind === "text" ? (
          piece.text
        ) : piece.kind === "mention" ? (
          <bdi key={index} class={piece.user === me || piece.user === EVERYONE || (role && piece.user === ofRole(role)) ? "mention mention-own" : "mention"} data-testid="mention" data-user={piece.user}>
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
