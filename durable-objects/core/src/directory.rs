//! What the directory of public channels says of a conversation, and when it must be told.
//!
//! What was told is kept, and compared with what there is to tell: a crash between the two repeats the telling and never drops it. Of two
//! tellings the directory keeps the one of the later event, in whichever order they come.

use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::http::channels::Channel;
use quipu_schema::ids::ConversationKind;
use quipu_schema::limits;
use quipu_schema::settings::ChannelVisibility;
use serde::{Deserialize, Serialize};

use crate::merkle::leaf;
use crate::outbox::back_off_ms;
use crate::state::State;

/// What was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// A hash of the entry; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// When the directory was last asked to take something, Unix milliseconds.
    pub at: u64,
    /// How often it has not taken it since.
    #[serde(default)]
    pub failures: u32,
}

/// One telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The entry; `None` where there is to be none.
    pub channel: Option<Channel>,
    /// Time of the last event, Unix milliseconds …
    pub at: u64,
    /// … and its seq: what is told of a later one prevails.
    pub seq: u64,
}

impl Telling {
    /// What there is to tell now.
    pub fn of(state: &State) -> Self {
        Self { channel: listing(state), at: state.at, seq: state.seq }
    }

    fn mark(&self) -> Option<String> {
        let text = serde_json::to_string(self.channel.as_ref()?).unwrap_or_default();
        Some(leaf(text.as_bytes()).to_text())
    }
}

/// Whether an event of this type may change what there is to tell.
pub const fn concerns(kind: &EventType) -> bool {
    matches!(
        kind,
        EventType::ConversationCreated
            | EventType::ConversationUpdated
            | EventType::ConversationSettingsChanged
            | EventType::MemberJoined
            | EventType::MemberLeft
            | EventType::MemberRemoved
            | EventType::MemberBanned
    )
}

/// When the directory is to be told something, Unix milliseconds; 0 at once, `None` never.
pub fn due_at(listed: Option<&Listed>, state: &State) -> Option<u64> {
    let telling = Telling::of(state);
    let told = listed.and_then(|listed| listed.mark.clone());
    // What was not taken may have arrived: until something is, nobody knows what stands there.
    if telling.mark() == told && listed.is_none_or(|listed| listed.failures == 0) {
        return None;
    }
    let Some(Listed { at, failures, .. }) = listed else { return Some(0) };
    Some(match (failures, &telling.channel) {
        // What shall be found no longer is taken out at once.
        (0, None) => 0,
        (0, Some(_)) => at.saturating_add(limits::DIRECTORY_EVERY_MS),
        (failures, _) => at.saturating_add(back_off_ms(*failures)),
    })
}

/// What is kept after the directory took something at `now` (Unix milliseconds), or did not.
#[must_use]
pub fn settled(listed: Option<&Listed>, telling: &Telling, taken: bool, now: u64) -> Listed {
    let before = listed.cloned().unwrap_or_default();
    if taken {
        Listed { mark: telling.mark(), at: now, failures: 0 }
    } else {
        Listed { at: now, failures: before.failures.saturating_add(1), ..before }
    }
}

/// Whether everybody may find it and join.
pub fn is_public(state: &State) -> bool {
    state.about.as_ref().is_some_and(|about| about.settings.visibility == ChannelVisibility::Public)
}

/// The entry: none for a conversation that is not public, has no name, or that everybody has left.
fn listing(state: &State) -> Option<Channel> {
    let about = state.about.as_ref()?;
    let members = state.active_count();
    let fits = about.kind == ConversationKind::Group && about.encryption == Encryption::None;
    if !fits || !is_public(state) || members == 0 {
        return None;
    }
    Some(Channel {
        id: state.conv,
        name: about.info.name.clone().filter(|name| !name.trim().is_empty())?,
        topic: about.info.topic.clone().filter(|topic| !topic.is_empty()),
        avatar: about.info.avatar.clone().filter(|avatar| !avatar.is_empty()),
        member_count: u64::try_from(members).unwrap_or(u64::MAX),
    })
}
