//! The erasable half of an event: a tagged union with an opaque ciphertext variant. RFC 8785 canonical JSON, integers only.
//!
//! Stored as written, committed to by the envelope, and gone with its salt when it is erased.

use serde::{Deserialize, Serialize};

use crate::envelope::Role;
use crate::ids::UserId;

/// The version written today.
pub const CONTENT_V: u32 = 1;

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Plain text of a message.
    Text(TextContent),
    /// A message only its members' devices can read.
    Ciphertext(CiphertextContent),
    /// Who a new member is to the team: of `member.joined`.
    Member(MemberContent),
    /// Name, topic and avatar: of `conversation.created` and `conversation.updated`. A field that is absent is unchanged, an empty text clears it.
    Info(InfoContent),
    /// The emoji of a `reaction.added`.
    Reaction(ReactionContent),
    /// What a page says of itself: of `message.previewed`.
    Preview(PreviewContent),
    /// A question and what can be chosen: of a message whose envelope holds its terms.
    Poll(PollContent),
}

/// Text and whom it mentions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct TextContent {
    /// Whether the text addresses every member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_everyone: bool,
    /// Roles whose members the text addresses, without repeats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mention_roles: Vec<Role>,
    /// Members the text addresses, in the order given, without repeats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// The text, byte for byte as sent.
    pub text: String,
    /// Version of this format.
    pub v: u32,
}

/// An opaque payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct CiphertextContent {
    /// The payload, base64.
    pub data: String,
    /// Who can open it, such as `mls`.
    pub scheme: String,
    /// Version of this format.
    pub v: u32,
}

/// The team's own name for a user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct MemberContent {
    /// The `sub` of the user's tokens, where it was known when they were added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Version of this format.
    pub v: u32,
}

/// How a conversation presents itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct InfoContent {
    /// Address of a picture (https).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Version of this format.
    pub v: u32,
}

/// With what somebody reacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct ReactionContent {
    /// One character as people count them (an extended grapheme cluster), byte for byte as sent.
    pub emoji: String,
    /// Version of this format.
    pub v: u32,
}

/// What the page says of itself that a message links to first. At least one of `title` and `description` is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PreviewContent {
    /// A few sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Address of a picture (https), which the server has not fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What the page belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The link, byte for byte as it stands in the message. Show the preview only while the message has it.
    pub url: String,
    /// Version of this format.
    pub v: u32,
}

/// The texts of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct PollContent {
    /// What can be chosen, byte for byte as sent. Numbered from 1.
    pub options: Vec<String>,
    /// The question.
    pub question: String,
    /// Version of this format.
    pub v: u32,
}

impl PollContent {
    /// Question and options, each on a line of its own: what search and the word list look at.
    pub fn text(&self) -> String {
        std::iter::once(self.question.as_str())
            .chain(self.options.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl InfoContent {
    /// Lays `newer` over this.
    pub fn merge(&mut self, newer: &Self) {
        for (mine, theirs) in
            [(&mut self.avatar, &newer.avatar), (&mut self.name, &newer.name), (&mut self.topic, &newer.topic)]
        {
            match theirs.as_deref() {
                None => {}
                Some("") => *mine = None,
                Some(text) => *mine = Some(text.to_owned()),
            }
        }
    }
}

impl Content {
    /// The canonical text that is stored, committed to and served.
    ///
    /// The tag comes first when serde writes a tagged enum, which is the wrong place for RFC 8785 wherever a field sorts before `kind`.
    pub fn to_canonical(&self) -> String {
        #[derive(Serialize)]
        struct Ciphertext<'a> {
            data: &'a str,
            kind: &'static str,
            scheme: &'a str,
            v: u32,
        }
        #[derive(Serialize)]
        struct Info<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            avatar: Option<&'a str>,
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            topic: Option<&'a str>,
            v: u32,
        }
        #[derive(Serialize)]
        struct Reaction<'a> {
            emoji: &'a str,
            kind: &'static str,
            v: u32,
        }
        #[derive(Serialize)]
        struct Preview<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            image: Option<&'a str>,
            kind: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            site: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'a str>,
            url: &'a str,
            v: u32,
        }
        let text = match self {
            Self::Preview(PreviewContent { description, image, site, title, url, v }) => {
                serde_json::to_string(&Preview {
                    description: description.as_deref(),
                    image: image.as_deref(),
                    kind: "preview",
                    site: site.as_deref(),
                    title: title.as_deref(),
                    url,
                    v: *v,
                })
            }
            Self::Ciphertext(CiphertextContent { data, scheme, v }) => {
                serde_json::to_string(&Ciphertext { data, kind: "ciphertext", scheme, v: *v })
            }
            Self::Info(InfoContent { avatar, name, topic, v }) => serde_json::to_string(&Info {
                avatar: avatar.as_deref(),
                kind: "info",
                name: name.as_deref(),
                topic: topic.as_deref(),
                v: *v,
            }),
            Self::Reaction(ReactionContent { emoji, v }) => {
                serde_json::to_string(&Reaction { emoji, kind: "reaction", v: *v })
            }
            Self::Text(_) | Self::Member(_) | Self::Poll(_) => serde_json::to_string(self),
        };
        // Strings, integers and sequences of them always serialise.
        text.unwrap_or_default()
    }

    /// Whether `type` of event and kind of content belong together for a message.
    pub const fn is_message(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Ciphertext(_) | Self::Poll(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_canonical() {
        let user = UserId::parse("ug00000000000000000000000001").unwrap();
        let tricky = "\u{0}\u{1f}\u{7f}\u{2028}\"\\/\t\n\u{8}\u{c}é👩‍👩‍👧‍👦\u{202e}";
        let all = [
            Content::Text(TextContent {
                mentions: vec![user, user],
                text: tricky.into(),
                v: 1,
                ..TextContent::default()
            }),
            Content::Text(TextContent { mentions: vec![], text: String::new(), v: 1, ..TextContent::default() }),
            Content::Ciphertext(CiphertextContent { data: "AAAA".into(), scheme: "mls".into(), v: 1 }),
            Content::Member(MemberContent { subject: Some(tricky.into()), v: 1 }),
            Content::Member(MemberContent { subject: None, v: 1 }),
            Content::Info(InfoContent {
                avatar: Some("a".into()),
                name: Some("n".into()),
                topic: Some("t".into()),
                v: 1,
            }),
            Content::Info(InfoContent { v: 1, ..InfoContent::default() }),
            Content::Reaction(ReactionContent { emoji: "👩‍👩‍👧‍👦".into(), v: 1 }),
            Content::Preview(PreviewContent {
                description: Some(tricky.into()),
                image: Some("https://example.org/i.png".into()),
                site: Some("s".into()),
                title: Some(tricky.into()),
                url: "https://example.org/".into(),
                v: 1,
            }),
            Content::Preview(PreviewContent { url: "https://example.org/".into(), v: 1, ..PreviewContent::default() }),
            Content::Poll(PollContent { options: vec![tricky.into(), "b".into()], question: tricky.into(), v: 1 }),
        ];
        for content in all {
            let text = content.to_canonical();
            assert_eq!(text, serde_json_canonicalizer::to_string(&content).unwrap());
            assert_eq!(serde_json::from_str::<Content>(&text).unwrap(), content);
        }
    }

    #[test]
    fn merge_keeps_changes_and_clears() {
        let mut info = InfoContent { name: Some("a".into()), topic: Some("b".into()), ..InfoContent::default() };
        info.merge(&InfoContent { topic: Some(String::new()), avatar: Some("c".into()), ..InfoContent::default() });
        assert_eq!((info.name.as_deref(), info.topic, info.avatar.as_deref()), (Some("a"), None, Some("c")));
    }
}
