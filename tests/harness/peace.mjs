/** What stands around every test of input that must be refused: a bystander's socket, and the log as it stood. */
import assert from "node:assert/strict";

/** A group of `owner` and `witness` with one message, watched by the witness. */
export async function peace(owner, witness) {
  const conv = await owner.group("Peace", [`sub:${witness.sub}`]);
  await owner.send(conv, "here first");
  const bystander = witness.line(conv);
  await bystander.at(4);
  const { seq, root } = await owner.conversation(conv);
  return { conv, bystander, standing: { seq, root } };
}

/** Nothing was left in the log, the bystander heard of nothing, and the conversation goes on. */
export async function undisturbed(owner, { conv, bystander, standing }) {
  const { seq, root } = await owner.conversation(conv);
  assert.deepEqual({ seq, root }, standing, "the log is as it was");
  assert.equal(bystander.end, null, "the bystander's socket lives");
  assert.deepEqual(bystander.errors, []);
  assert.equal((await owner.send(conv, "all is well")).seq, standing.seq + 1);
  await bystander.at(standing.seq + 1);
  assert.deepEqual(bystander.log.texts(), ["here first", "all is well"]);
  await bystander.close();
}
