/** Many messages at once: long conversations for tests and for the bench. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { message } from "./client.mjs";

/** As many commands as one frame may hold. */
const FRAME = 100;

/** What the nth message says: most are short, some take several lines. */
function wording(n) {
  const words = n % 11 === 0 ? 60 : n % 3 === 0 ? 14 : 4;
  return `${n}: ${"word ".repeat(words + (n % 5))}`.trimEnd();
}

/**
 * Sends so many messages into a conversation, by its members in turn, a frame of commands each.
 * @param {import("./client.mjs").Person[]} people
 * @returns {Promise<number>} the number in the log of the last one
 */
export async function fill(conv, people, count) {
  const lines = people.map((person) => person.line(conv));
  await Promise.all(lines.map((line) => line.opened));
  let [sent, last] = [0, 0];
  try {
    while (sent < count) {
      const frames = lines.map((line) => {
        const size = Math.max(0, Math.min(FRAME, count - sent));
        const commands = Array.from({ length: size }, () => ({ key: randomUUID(), command: message(wording((sent += 1))) }));
        return size > 0 ? line.commands(commands) : [];
      });
      for (const answers of await Promise.all(frames)) {
        for (const { seq, code } of answers) {
          assert.equal(code, undefined, "each message is taken");
          last = Math.max(last, seq);
        }
      }
    }
  } finally {
    await Promise.all(lines.map((line) => line.close()));
  }
  return last;
}
