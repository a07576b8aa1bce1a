//! What is sent: messages that can be recognised and checked to the last byte wherever they turn up.

use std::fmt::Write;

const FILLER: &str = "the quick brown fox jumps over the lazy dog while a message of ordinary length crosses the wire and is written down once ";

/// Makes and checks the messages of one run. The key holds the run and the message's index, the text the index and a filler.
#[derive(Debug, Clone, Copy)]
pub struct Messages {
    run: u32,
    bytes: usize,
}

impl Messages {
    /// Messages of `bytes` bytes of text (at least 16). `run` keeps the keys of several runs apart.
    pub const fn new(run: u32, bytes: usize) -> Self {
        Self { run, bytes }
    }

    /// The run.
    pub const fn run(self) -> u32 {
        self.run
    }

    /// Writes the idempotency key of message `index`: a UUID by its form.
    pub fn write_key(self, index: u64, out: &mut String) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{:08x}-0000-4000-8000-{index:012x}", self.run);
    }

    /// Writes the text of message `index`. It needs no JSON escape.
    pub fn write_text(self, index: u64, out: &mut String) {
        let end = out.len() + self.bytes;
        let _ = write!(out, "{index:012x} ");
        while out.len() < end {
            let rest = end - out.len();
            out.push_str(FILLER.get(..rest).unwrap_or(FILLER));
        }
    }

    /// The index in a key, when the key belongs to this run.
    pub fn index_of(self, key: &str) -> Option<u64> {
        let (run, rest) = key.split_at_checked(8)?;
        if u32::from_str_radix(run, 16).ok()? != self.run {
            return None;
        }
        u64::from_str_radix(rest.strip_prefix("-0000-4000-8000-")?, 16).ok()
    }

    /// Whether `text` is exactly the text of message `index`.
    pub fn is_text_of(self, index: u64, text: &str, buffer: &mut String) -> bool {
        buffer.clear();
        self.write_text(index, buffer);
        buffer == text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_texts_lead_back_to_their_index() {
        let messages = Messages::new(0xabcd, 200);
        let (mut key, mut text, mut buffer) = (String::new(), String::new(), String::new());
        messages.write_key(77, &mut key);
        messages.write_text(77, &mut text);
        assert_eq!((key.len(), text.len()), (36, 200));
        assert_eq!(messages.index_of(&key), Some(77));
        assert_eq!(Messages::new(1, 200).index_of(&key), None);
        assert!(messages.is_text_of(77, &text, &mut buffer));
        assert!(!messages.is_text_of(78, &text, &mut buffer));
    }
}
