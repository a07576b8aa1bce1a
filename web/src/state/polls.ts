import { signal } from "@preact/signals";
import { type Conversation, type NewContent, QuipuError } from "@quipu/client";
import { type Poll, Polls } from "@quipu/client/polls";

/** What a poll is made of, as it is written. */
export type PollDraft = Omit<Extract<NewContent, { kind: "poll" }>, "kind">;

/** The polls of one conversation as the client shows them. */
export class PollsModel {
  private readonly polls;
  /** Goes up when a poll has changed. */
  private readonly version = signal(0);

  constructor(
    private readonly conversation: Conversation,
    /** Told why a vote was refused. */
    private readonly troubled: (error: QuipuError | null) => void,
  ) {
    this.polls = new Polls(conversation);
    this.polls.subscribe(() => (this.version.value += 1));
  }

  /** How a poll stands; null before that is known. Followed by what reads it. */
  of(seq: number): Poll | null {
    void this.version.value;
    return this.polls.of(seq);
  }

  /** Keeps a poll as it stands until the answer is called. */
  watch(seq: number): () => void {
    return this.polls.watch(seq);
  }

  send(draft: PollDraft, thread: number | undefined): void {
    this.conversation.send({ kind: "poll", ...draft }, thread === undefined ? {} : { thread });
  }

  /** Chooses an option, or no longer; where one only may be chosen, instead of another. */
  toggle(poll: Poll, option: number): void {
    const { seq, own, terms } = poll;
    const chosen = own.includes(option);
    const others = terms.multiple ? own.filter((each) => each !== option) : [];
    this.polls.vote(seq, chosen ? others : [...others, option]).catch((error: unknown) => this.failed(error));
  }

  end(seq: number): void {
    this.polls.end(seq).catch((error: unknown) => this.failed(error));
  }

  votes(seq: number, option: number, after: string | undefined) {
    return this.polls.votes(seq, { option, ...(after !== undefined && { after }) });
  }

  private failed(error: unknown): void {
    this.troubled(error instanceof QuipuError ? error : null);
  }
}
