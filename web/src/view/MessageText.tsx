import { emojiCount } from "../text/emoji.ts";
import { linkify } from "../text/linkify.ts";

/**
 * The text of a message: as text nodes, never as markup. Its direction is its own, so that right-to-left text and
 * stray control characters cannot reorder what stands around it.
 */
export function MessageText({ text }: { text: string }) {
  const large = emojiCount(text);
  return (
    <p class={large > 0 ? `text text-emoji-${Math.min(large, 4)}` : "text"} dir="auto" data-testid="message-text">
      {linkify(text).map((piece, index) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
            {piece.text}
          </a>
        ),
      )}
    </p>
  );
}
