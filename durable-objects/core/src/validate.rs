//! Bounds of what a client sends. Each refusal says what to change; nothing refused here has touched the log.

use quipu_schema::command::{Command, Create, NewContent, SetSettings, Update};
use quipu_schema::content::{CONTENT_V, CiphertextContent, Content, PollContent, TextContent};
use quipu_schema::ids::{UserId, UserRef};
use quipu_schema::limits;
use quipu_schema::poll::NewPoll;
use quipu_schema::problem::{Code, Rejection};
use unicode_segmentation::UnicodeSegmentation;

/// Checks what can be checked without a state.
///
/// # Errors
/// `invalid_value` or `too_large`, with the bound in the sentence.
pub fn command(command: &Command) -> Result<(), Rejection> {
    match command {
        Command::Create(create) => self::create(create),
        Command::Update(update) => self::update(update),
        Command::SetSettings(set) => settings(set),
        Command::Send(send) => {
            if let Some(reply) = send.reply_to {
                number("reply_to.seq", reply.seq)?;
                number("reply_to.version", reply.version)?;
            }
            if let Some(thread) = send.thread {
                number("thread", thread)?;
            }
            content(&send.content)
        }
        Command::Edit(edit) => {
            number("seq", edit.seq)?;
            content(&edit.content)
        }
        Command::Delete(delete) => number("seq", delete.seq),
        Command::Forward(forward) => number("seq", forward.seq),
        Command::Pin(pin) => number("seq", pin.seq),
        Command::Unpin(unpin) => number("seq", unpin.seq),
        Command::RemovePreview(remove) => number("seq", remove.seq),
        Command::Vote(vote) => {
            number("seq", vote.seq)?;
            if vote.choices.len() > limits::POLL_OPTIONS {
                return Err(too_large("choices", limits::POLL_OPTIONS, "options"));
            }
            Ok(())
        }
        Command::ClosePoll(close) => number("seq", close.seq),
        Command::React(react) => {
            number("seq", react.seq)?;
            emoji(&react.emoji)
        }
        Command::Unreact(unreact) => {
            number("seq", unreact.seq)?;
            emoji(&unreact.emoji)
        }
        Command::Mute(mute) => match mute.for_s {
            Some(seconds) if seconds == 0 || seconds > limits::MUTE_S => Err(Rejection::new(
                Code::InvalidValue,
                format!("for_s must be between 1 and {}; without it a mute lasts until it is lifted.", limits::MUTE_S),
            )),
            _ => Ok(()),
        },
        Command::AddMember(_)
        | Command::Join(_)
        | Command::JoinChannel(_)
        | Command::EnterSpace(_)
        | Command::LeaveSpace(_)
        | Command::RemoveMember(_)
        | Command::Leave(_)
        | Command::SetRole(_)
        | Command::Ban(_)
        | Command::Unban(_)
        | Command::Unmute(_) => Ok(()),
    }
}

fn create(create: &Create) -> Result<(), Rejection> {
    if create.members.len() > limits::MEMBERS_PER_CREATE {
        return Err(too_large("members", limits::MEMBERS_PER_CREATE, "users"));
    }
    info(create.name.as_deref(), create.topic.as_deref(), create.avatar.as_deref())
}

fn update(update: &Update) -> Result<(), Rejection> {
    if update.name.is_none() && update.topic.is_none() && update.avatar.is_none() {
        return Err(Rejection::new(
            Code::InvalidValue,
            "Nothing to change: give at least one of name, topic and avatar.",
        ));
    }
    info(update.name.as_deref(), update.topic.as_deref(), update.avatar.as_deref())
}

fn settings(set: &SetSettings) -> Result<(), Rejection> {
    if *set == SetSettings::default() {
        return Err(Rejection::new(Code::InvalidValue, "Nothing to change: give at least one setting."));
    }
    if set.slow_mode_s.is_some_and(|seconds| seconds > limits::SLOW_MODE_S) {
        return Err(Rejection::new(
            Code::InvalidValue,
            format!("slow_mode_s must be between 0 and {}.", limits::SLOW_MODE_S),
        ));
    }
    Ok(())
}

fn info(name: Option<&str>, topic: Option<&str>, avatar: Option<&str>) -> Result<(), Rejection> {
    words("name", name.unwrap_or_default(), limits::NAME_BYTES, false)?;
    words("topic", topic.unwrap_or_default(), limits::TOPIC_BYTES, true)?;
    let avatar = avatar.unwrap_or_default();
    if !avatar.is_empty() && !is_picture_address(avatar) {
        return Err(Rejection::new(
            Code::InvalidValue,
            "avatar must be an https address of at most 2048 bytes, without spaces or quotes.",
        ));
    }
    Ok(())
}

/// What people write about something, where an empty text clears it.
pub(crate) fn words(field: &str, text: &str, bytes: usize, lines: bool) -> Result<(), Rejection> {
    if text.len() > bytes {
        return Err(too_large(field, bytes, "bytes"));
    }
    if text.chars().any(|c| c.is_control() && !(lines && c == '\n')) {
        return Err(Rejection::new(Code::InvalidValue, format!("{field} must not contain control characters.")));
    }
    if !text.is_empty() && text.trim().is_empty() {
        return Err(Rejection::new(
            Code::InvalidValue,
            format!("{field} must not be white space alone; an empty text clears it."),
        ));
    }
    Ok(())
}

/// Whether a text can be shown as a picture by its address: https, bounded, nothing that could break out of an attribute.
pub fn is_picture_address(text: &str) -> bool {
    text.len() <= limits::URL_BYTES
        && text.len() > "https://".len()
        && text.starts_with("https://")
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\'))
}

fn content(content: &NewContent) -> Result<(), Rejection> {
    match content {
        NewContent::Text(text) => {
            if text.text.len() > limits::TEXT_BYTES {
                return Err(too_large("text", limits::TEXT_BYTES, "bytes"));
            }
            if text.text.trim().is_empty() {
                return Err(Rejection::new(Code::InvalidValue, "text must contain something besides white space."));
            }
            if text.mentions.len() > limits::MENTIONS {
                return Err(too_large("mentions", limits::MENTIONS, "users"));
            }
            if text.mention_roles.len() > limits::MENTION_ROLES {
                return Err(too_large("mention_roles", limits::MENTION_ROLES, "roles"));
            }
        }
        NewContent::Ciphertext(ciphertext) => {
            if ciphertext.data.len() > limits::CIPHERTEXT_CHARS {
                return Err(too_large("data", limits::CIPHERTEXT_CHARS, "characters"));
            }
            let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=');
            if ciphertext.data.is_empty() || !ciphertext.data.chars().all(base64) {
                return Err(Rejection::new(Code::InvalidValue, "data must be base64."));
            }
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            if ciphertext.scheme.is_empty() || ciphertext.scheme.len() > 32 || !ciphertext.scheme.chars().all(word) {
                return Err(Rejection::new(Code::InvalidValue, "scheme must be a word such as `mls`."));
            }
        }
        NewContent::Poll(poll) => self::poll(poll)?,
    }
    Ok(())
}

fn poll(poll: &NewPoll) -> Result<(), Rejection> {
    let texts = std::iter::once(("question", &poll.question, limits::POLL_QUESTION_BYTES))
        .chain(poll.options.iter().map(|option| ("options", option, limits::POLL_OPTION_BYTES)));
    for (field, text, bytes) in texts {
        if text.trim().is_empty() {
            let sentence = format!("{field} must contain something besides white space.");
            return Err(Rejection::new(Code::InvalidValue, sentence));
        }
        words(field, text, bytes, field == "question")?;
    }
    let count = poll.options.len();
    if !(2..=limits::POLL_OPTIONS).contains(&count) {
        let sentence = format!("A poll has 2 to {} options; you gave {count}.", limits::POLL_OPTIONS);
        return Err(Rejection::new(Code::InvalidValue, sentence));
    }
    let distinct: std::collections::BTreeSet<&str> = poll.options.iter().map(|option| option.trim()).collect();
    if distinct.len() < count {
        return Err(Rejection::new(Code::InvalidValue, "options must differ from each other."));
    }
    if poll.closes_in_s.is_some_and(|seconds| seconds == 0 || seconds > limits::POLL_S) {
        let sentence = format!("closes_in_s must be between 1 and {}; without it a poll stays open.", limits::POLL_S);
        return Err(Rejection::new(Code::InvalidValue, sentence));
    }
    Ok(())
}

/// The content to store: users resolved, repeats of mentions dropped.
///
/// # Errors
/// `too_large` when the canonical text exceeds the bound (escapes make some texts longer than they look).
pub fn to_stored(content: &NewContent, resolve: impl Fn(&UserRef) -> UserId) -> Result<(Content, String), Rejection> {
    let content = match content {
        NewContent::Text(text) => {
            let mut mentions = Vec::with_capacity(text.mentions.len());
            for user in text.mentions.iter().map(resolve) {
                if !mentions.contains(&user) {
                    mentions.push(user);
                }
            }
            let mut mention_roles = Vec::with_capacity(text.mention_roles.len());
            for role in &text.mention_roles {
                if !mention_roles.contains(role) {
                    mention_roles.push(*role);
                }
            }
            let mention_everyone = text.mention_everyone;
            Content::Text(TextContent {
                mention_everyone,
                mention_roles,
                mentions,
                text: text.text.clone(),
                v: CONTENT_V,
            })
        }
        NewContent::Ciphertext(ciphertext) => Content::Ciphertext(CiphertextContent {
            data: ciphertext.data.clone(),
            scheme: ciphertext.scheme.clone(),
            v: CONTENT_V,
        }),
        NewContent::Poll(poll) => {
            Content::Poll(PollContent { options: poll.options.clone(), question: poll.question.clone(), v: CONTENT_V })
        }
    };
    let text = content.to_canonical();
    if text.len() > limits::CONTENT_BYTES {
        return Err(too_large("content", limits::CONTENT_BYTES, "bytes once stored as JSON"));
    }
    Ok((content, text))
}

/// One character as people count them, that shows something and stands by itself.
pub(crate) fn emoji(text: &str) -> Result<(), Rejection> {
    if text.len() > limits::EMOJI_BYTES {
        return Err(too_large("emoji", limits::EMOJI_BYTES, "bytes"));
    }
    // What continues the character before it would join the text it is shown after.
    let stands_alone = format!("a{text}").graphemes(true).count() == 2;
    if text.graphemes(true).count() != 1 || !stands_alone || text.chars().any(is_invisible) {
        return Err(Rejection::new(Code::InvalidValue, "emoji must be a single visible character, such as 👍."));
    }
    Ok(())
}

/// Controls, white space, and format characters other than those that emoji are joined and tagged with.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0001}')
}

fn number(field: &str, value: u64) -> Result<(), Rejection> {
    // Integers beyond 2^53 do not survive JavaScript readers (RFC 8785, 3.2.2.3), and counting from 1 leaves 0 without a meaning.
    if value == 0 || value > (1 << 53) - 1 {
        return Err(Rejection::new(Code::InvalidValue, format!("{field} must be between 1 and 2^53 - 1.")));
    }
    Ok(())
}

fn too_large(field: &str, bound: usize, unit: &str) -> Rejection {
    Rejection::new(Code::TooLarge, format!("{field} may have at most {bound} {unit}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_schema::command::{NewText, React, SendMessage};

    fn send(text: &str) -> Command {
        Command::Send(SendMessage {
            content: NewContent::Text(NewText { text: text.into(), mentions: vec![], ..NewText::default() }),
            reply_to: None,
            thread: None,
        })
    }

    fn code(result: Result<(), Rejection>) -> Option<Code> {
        result.err().map(|rejection| rejection.code)
    }

    #[test]
    fn text_has_bounds_on_both_sides() {
        assert_eq!(code(command(&send(" \n\u{2003}"))), Some(Code::InvalidValue));
        assert_eq!(code(command(&send(&"x".repeat(limits::TEXT_BYTES)))), None);
        assert_eq!(code(command(&send(&"x".repeat(limits::TEXT_BYTES + 1)))), Some(Code::TooLarge));
    }

    #[test]
    fn an_emoji_is_one_visible_character() {
        let react = |emoji: &str| command(&Command::React(React { seq: 1, emoji: emoji.into() }));
        // The last is a flag by tags: Scotland.
        for good in [
            "👍",
            "👍🏽",
            "❤️",
            "👩‍👩‍👧‍👦",
            "🇩🇪",
            "1️⃣",
            "é",
            "e\u{301}",
            "字",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        ] {
            assert_eq!(code(react(good)), None, "{good:?}");
        }
        for bad in [
            "",
            " ",
            "\u{a0}",
            "\n",
            "\r\n",
            "\0",
            "ab",
            "👍👍",
            "👍 ",
            "\u{200d}",
            "\u{fe0f}",
            "\u{301}",
            "\u{202e}",
            "\u{200b}",
            "\u{feff}",
            "🇩🇪🇫🇷",
        ] {
            assert_eq!(code(react(bad)), Some(Code::InvalidValue), "{bad:?}");
        }
        let long = |marks: usize| format!("ee{}", "\u{301}".repeat(marks));
        assert_eq!(code(react(&long(31)[1..])), None);
        assert_eq!(code(react(&long(32)[1..])), Some(Code::TooLarge));
    }

    #[test]
    fn escapes_count_towards_the_stored_size() {
        let Command::Send(message) = send(&"\u{1}".repeat(limits::TEXT_BYTES)) else { panic!("a send") };
        let stored = to_stored(&message.content, |user| match user {
            UserRef::Id(id) => *id,
            UserRef::Subject(_) => panic!("no mentions here"),
        });
        assert_eq!(stored.unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn picture_addresses_cannot_break_out() {
        assert!(is_picture_address("https://example.org/a.png?x=1&y=%20"));
        for bad in [
            "http://example.org/a.png",
            "javascript:alert(1)",
            "https://",
            "https://a/\"onerror=",
            "https://a b",
            "data:image/png;base64,AA",
        ] {
            assert!(!is_picture_address(bad), "{bad}");
        }
    }
}
