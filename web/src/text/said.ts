import type { Content } from "@quipu/client";

/** What a message says in one line: its text, or what a poll asks; null where there is neither. */
export function said({ text, content }: { readonly text: string | null; readonly content: Content | null }): string | null {
  return text ?? (content?.kind === "poll" ? content.question : null);
}

/** All that search looks at in a content: its text, or a poll's question and options, a line each. */
export function words(content: Content | null | undefined): string | null {
  if (content?.kind === "text") return content.text;
  return content?.kind === "poll" ? [content.question, ...content.options].join("\n") : null;
}
