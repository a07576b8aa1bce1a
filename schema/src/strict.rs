//! What serde lets pass and this protocol does not: derived structs read arrays as well as objects, so that `["ack", 1]` would be a frame.

/// Members whose value is a list. Everything else that clients send is an object, a text, a number or a truth value.
const LISTS: [&[u8]; 8] =
    [b"choices", b"commands", b"members", b"mentions", b"mention_roles", b"options", b"users", b"words"];

/// Whether an array stands anywhere but as the value of a member that is a list. One pass, no allocation; `text` need not be valid JSON.
pub fn has_misplaced_array(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut last_string, mut before) = (0, 0..0, b' ');
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                at = end_of_string(bytes, start);
                last_string = start..at;
                before = b'"';
            }
            b'[' => {
                let name = bytes.get(last_string.clone()).unwrap_or_default();
                if before != b':' || !LISTS.contains(&name) {
                    return true;
                }
                before = b'[';
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            other => before = *other,
        }
        at += 1;
    }
    false
}

/// Index of the closing quote of a string that starts at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::has_misplaced_array;

    #[test]
    fn lists_stand_where_lists_belong() {
        for good in [
            r#"{"t":"commands","commands":[{"key":"x","command":{"type":"message.send","content":{"mentions":["ug"]}}}]}"#,
            r#"{"members" : [ "sub:a[b]" ], "name":"[\"commands\":["}"#,
            r#"{"text":"\\","mentions":[]}"#,
            r#"{"command":{"type":"poll.vote","seq":5,"choices":[1,2]},"content":{"kind":"poll","options":["a","b"]}}"#,
            "",
        ] {
            assert!(!has_misplaced_array(good), "{good}");
        }
        for bad in [
            r#"["ack",1]"#,
            r#"{"content":["text","hi"]}"#,
            r#"{"commands":[["key","x"]]}"#,
            r#"{"mentions":["a"],"content":[1]}"#,
            r#"{"text":"commands","x":["commands"]}"#,
            r#" [ 2 ] "#,
        ] {
            assert!(has_misplaced_array(bad), "{bad}");
        }
    }
}
