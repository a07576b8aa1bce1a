//! Reads the text files of `talk/` and `endings/`.
//!
//! One cue a line: who speaks, a mark, a space, the text. Marks: `^` replies to the message before (`^2` to the one before
//! that), `=` rewords the speaker's own last message, `-` deletes it. `| …` goes on with the text in a new line,
//! `~90` is a pause in minutes, a blank line ends an exchange. In `talk/`, `@x a|b` chooses what `{x}` stands for in the
//! whole exchange, and `<a|b>` chooses on the spot.

/// What a cue does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Say,
    /// Answers the message this many messages back.
    Reply(usize),
    Edit,
    Delete,
}

/// One line to be spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cue {
    pub by: char,
    pub mark: Mark,
    pub text: String,
    /// Minutes since the cue before, where the file says so.
    pub pause: Option<u32>,
}

/// Cues that belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    /// What `{x}` may stand for, `|` between.
    pub choices: Option<&'static str>,
    pub cues: Vec<Cue>,
}

impl Exchange {
    /// How many people it takes.
    pub fn speakers(&self) -> usize {
        let mut seen: Vec<char> = self.cues.iter().map(|cue| cue.by).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    }
}

/// All exchanges of a file. A line that is no cue is left out (the tests see to it that there is none).
pub(super) fn read(file: &'static str) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    let mut open = Exchange::default();
    let mut pause = None;
    for line in file.lines().chain([""]) {
        if line.is_empty() {
            if !open.cues.is_empty() {
                exchanges.push(std::mem::take(&mut open));
            }
        } else if let Some(more) = line.strip_prefix('|') {
            if let Some(cue) = open.cues.last_mut() {
                cue.text.push('\n');
                cue.text.push_str(more.strip_prefix(' ').unwrap_or(more));
            }
        } else if let Some(choices) = line.strip_prefix("@x ") {
            open.choices = Some(choices);
        } else if let Some(minutes) = line.strip_prefix('~') {
            pause = minutes.parse().ok();
        } else if let Some(mut read) = cue(line) {
            read.pause = pause.take();
            open.cues.push(read);
        }
    }
    exchanges
}

fn cue(line: &str) -> Option<Cue> {
    let (head, text) = line.split_once(' ').unwrap_or((line, ""));
    let mut rest = head.chars();
    let by = rest.next()?;
    let mark = match rest.as_str() {
        "" => Mark::Say,
        "^" => Mark::Reply(1),
        "=" => Mark::Edit,
        "-" => Mark::Delete,
        other => Mark::Reply(other.strip_prefix('^')?.parse().ok()?),
    };
    Some(Cue { by, mark, text: text.to_owned(), pause: None })
}
