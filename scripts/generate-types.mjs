// Makes the TypeScript types of everything on the wire from the JSON Schema.
//   node scripts/generate-types.mjs [schema.json] [out.ts]
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const generated = new URL("../schema/generated/", import.meta.url);
const [input = fileURLToPath(new URL("schema.json", generated)), output = fileURLToPath(new URL("types.ts", generated))] = process.argv.slice(2);

/** Fields the server always writes, with `null` for "nothing"; every other optional field is absent instead. */
const ALWAYS_WRITTEN = { Event: ["content", "salt"] };

/** A reference with words beside it would be copied out as a type of its own; one with properties beside it is an intersection. */
function tidy(node) {
  if (Array.isArray(node)) return node.map(tidy);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    const { $ref, description: _, default: __, ...beside } = node;
    return beside.properties ? { allOf: [{ $ref }, tidy(beside)] } : { $ref };
  }
  const copy = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, tidy(value)]));
  if (copy.properties) {
    for (const [name, property] of Object.entries(copy.properties)) {
      if (!(copy.required ?? []).includes(name)) copy.properties[name] = withoutNull(property);
    }
  }
  return copy;
}

function withoutNull(property) {
  if (Array.isArray(property.type)) {
    const type = property.type.filter((each) => each !== "null");
    return { ...property, type: type.length === 1 ? type[0] : type };
  }
  if (!property.anyOf) return property;
  const anyOf = property.anyOf.filter((each) => each.type !== "null");
  const { anyOf: _, ...rest } = property;
  return anyOf.length === 1 ? tidy({ ...anyOf[0], ...(anyOf[0].$ref ? {} : rest) }) : { ...rest, anyOf };
}

const schema = JSON.parse(await readFile(input, "utf8"));
for (const [name, fields] of Object.entries(ALWAYS_WRITTEN)) {
  const definition = schema.$defs[name];
  definition.required = [...new Set([...(definition.required ?? []), ...fields])];
}
const source = await compile(tidy(schema), "Quipu", {
  additionalProperties: false,
  bannerComment: "/* Made from schema.json by scripts/generate-types.mjs; do not edit. */",
  unreachableDefinitions: true,
});
// The last line keeps the known names of an open set visible to editors while any other text is allowed.
const text = source
  .replace(/\n \*\n \* This interface was referenced by `Quipu`'s JSON-Schema\n \* via the `definition` "\w+"\./g, "")
  .replace(/\/\*\*\n \* This interface was referenced by `Quipu`'s JSON-Schema\n \* via the `definition` "\w+"\.\n \*\/\n/g, "")
  .replace(/\/\*\*(?:(?!\*\/)[\s\S])*?\*\/\nexport interface Quipu \{\n {2}\[k: string\]: unknown;\n\}\n/, "")
  .replace(/(\n\s*\| )string;(?=\n)/g, "$1(string & {});");
await writeFile(output, text);
