import assert from "node:assert/strict";
import { test } from "node:test";
import { linkify, safeHref, safePicture } from "./linkify.ts";

function links(text: string): string[] {
  return linkify(text).flatMap((piece) => (piece.kind === "link" ? [piece.text] : []));
}

test("the pieces always give the text back", () => {
  for (const text of ["", "plain", "a https://x.org b http://y.org/?q=1&r=2#s.", "https://", "شكرا https://x.org/ا?", "\u202ehttps://x.org\u202c"]) {
    assert.equal(linkify(text).map((piece) => piece.text).join(""), text);
  }
});

test("http and https become links, nothing else does", () => {
  assert.deepEqual(links("see https://example.org/a and http://example.org"), ["https://example.org/a", "http://example.org"]);
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "example.org", "//example.org", "vbscript:x", "xhttps://a.b"]) {
    assert.deepEqual(links(text), [], text);
  }
});

test("an address with a name before its host does not become a link", () => {
  assert.deepEqual(links("https://bank.example@evil.example/"), []);
  assert.equal(safeHref("https://user:pass@example.org/"), undefined);
});

test("punctuation after an address is not part of it, balanced brackets are", () => {
  assert.deepEqual(links("(https://example.org/a_(b))."), ["https://example.org/a_(b)"]);
  assert.deepEqual(links("https://example.org/x, https://example.org/y!?"), ["https://example.org/x", "https://example.org/y"]);
});

test("characters that reorder text end an address", () => {
  assert.deepEqual(links("https://example.org/\u202egpj.exe"), ["https://example.org/"]);
});

test("a picture is shown over https only", () => {
  assert.equal(safePicture("https://example.org/p.png"), "https://example.org/p.png");
  for (const address of ["http://example.org/p.png", "data:image/png;base64,AA", "javascript:1", "", null, undefined]) {
    assert.equal(safePicture(address), undefined);
  }
});
