import type { Quipu } from "./client.ts";
import type { AddedMember, AddedMembers, Role, UserRef } from "./wire.ts";

export type { AddedMember } from "./wire.ts";

/**
 * Adds up to 100 people to a group, each for themselves: for each the event by which they joined, or why they were not added. Rejects where nobody
 * could be, such as with `permission_denied`. The same key adds each once.
 */
export async function addMembers(client: Pick<Quipu, "request">, conversation: string, users: readonly UserRef[], options: { role?: Role; key?: string } = {}): Promise<AddedMember[]> {
  const { role = "member", key } = options;
  const { results } = await client.request<AddedMembers>("POST", `/v1/conversations/${conversation}/members`, { body: { users, role }, ...(key !== undefined && { key }) });
  return results;
}
