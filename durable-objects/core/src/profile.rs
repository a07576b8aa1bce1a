//! How a user presents themselves: what it becomes by their own word and by their tokens, and what others see of it.
//!
//! What the user set stands over what their token says. Until something was set the version is 0, and conversations take name and picture from
//! tokens themselves; from then on they hear of both from the account.

use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::profile::{
    KeptProfile, MyProfile, NO_PICTURE, PatchProfile, PatchStatus, Presented, Status, UserProfile,
};
use quipu_schema::socket::Profile;

use crate::validate;

/// What is kept after a token was seen: `None` where that tells nothing new.
pub fn seen(kept: Option<&KeptProfile>, identity: &Identity) -> Option<KeptProfile> {
    // Tokens of ours say nothing of it.
    if identity.device.as_ref().is_some_and(|device| device.linked) {
        return None;
    }
    let token = Presented { name: identity.name.clone(), picture: identity.picture.clone() };
    let Some(kept) = kept else {
        return (token != Presented::default()).then(|| KeptProfile { token, ..unset(identity) });
    };
    if kept.token == token {
        return None;
    }
    let mut next = KeptProfile { token, ..kept.clone() };
    if kept.version > 0 && presented(kept) != presented(&next) {
        next.version += 1;
    }
    Some(next)
}

/// A profile of which nothing was set.
pub fn unset(identity: &Identity) -> KeptProfile {
    KeptProfile {
        user: identity.user,
        app: identity.app.clone(),
        version: 0,
        own: Presented::default(),
        token: Presented::default(),
        bio: None,
        status: None,
        paid_until: 0,
        failures: 0,
    }
}

/// What is kept after the user's own word: `None` where that changes nothing. `now` in Unix milliseconds.
///
/// # Errors
/// `invalid_value`, `too_large`, or `rate_limited`.
pub fn set(kept: &KeptProfile, patch: &PatchProfile, now: u64) -> Result<Option<KeptProfile>, Rejection> {
    check(patch, now)?;
    let mut next = kept.clone();
    for (mine, theirs) in
        [(&mut next.own.name, &patch.name), (&mut next.own.picture, &patch.picture), (&mut next.bio, &patch.bio)]
    {
        if let Some(text) = theirs {
            *mine = Some(text.clone()).filter(|text| !text.is_empty());
        }
    }
    if let Some(PatchStatus { emoji, text, until }) = &patch.status {
        let text = text.clone().filter(|text| !text.is_empty());
        let status = Status { emoji: emoji.clone(), text, until: *until };
        next.status = (status.emoji.is_some() || status.text.is_some()).then_some(status);
    }
    if next == *kept {
        return Ok(None);
    }
    let paid_until = kept.paid_until.max(now) + limits::PROFILE_CHANGE_EVERY_MS;
    let ahead = limits::PROFILE_CHANGE_EVERY_MS * limits::PROFILE_CHANGES_BURST;
    if paid_until > now + ahead {
        let wait = paid_until - now - ahead;
        return Err(Rejection::retry_after(Code::RateLimited, "You change your profile too often.", wait));
    }
    Ok(Some(KeptProfile { version: kept.version + 1, paid_until, ..next }))
}

fn check(patch: &PatchProfile, now: u64) -> Result<(), Rejection> {
    let invalid = |sentence| Err(Rejection::new(Code::InvalidValue, sentence));
    if *patch == PatchProfile::default() {
        return invalid("Say what to change: `name`, `picture`, `bio` or `status`.");
    }
    validate::words("name", patch.name.as_deref().unwrap_or_default(), limits::NAME_BYTES, false)?;
    validate::words("bio", patch.bio.as_deref().unwrap_or_default(), limits::BIO_BYTES, true)?;
    let picture = patch.picture.as_deref().unwrap_or_default();
    if !picture.is_empty() && picture != NO_PICTURE && !validate::is_picture_address(picture) {
        return invalid("picture must be an https address of at most 2048 bytes, without spaces or quotes, or `none`.");
    }
    let Some(status) = &patch.status else { return Ok(()) };
    validate::words("status.text", status.text.as_deref().unwrap_or_default(), limits::STATUS_BYTES, false)?;
    if let Some(emoji) = &status.emoji {
        validate::emoji(emoji)?;
    }
    match status.until {
        Some(_) if status.emoji.is_none() && status.text.as_deref().unwrap_or_default().is_empty() => {
            invalid("`status.until` goes with `emoji` or `text`.")
        }
        Some(until) if until <= now || until >= 1 << 53 => invalid("`status.until` must lie ahead, and below 2^53."),
        _ => Ok(()),
    }
}

/// The name and picture that others see.
fn presented(kept: &KeptProfile) -> Presented {
    let picture = kept.own.picture.as_ref().or(kept.token.picture.as_ref());
    Presented {
        name: kept.own.name.clone().or_else(|| kept.token.name.clone()),
        picture: picture.filter(|picture| picture.as_str() != NO_PICTURE).cloned(),
    }
}

/// What others see. `now` in Unix milliseconds.
pub fn shown(kept: &KeptProfile, now: u64) -> UserProfile {
    let Presented { name, picture } = presented(kept);
    let status = kept.status.clone().filter(|status| status.holds(now));
    UserProfile { user: kept.user, version: kept.version, name, picture, bio: kept.bio.clone(), status }
}

/// What the user sees. `now` in Unix milliseconds.
pub fn mine(kept: &KeptProfile, now: u64) -> MyProfile {
    MyProfile { shown: shown(kept, now), own: kept.own.clone() }
}

/// What conversations are told. `now` in Unix milliseconds.
pub fn cell(kept: &KeptProfile, now: u64) -> Profile {
    let UserProfile { user, version, name, picture, status, .. } = shown(kept, now);
    Profile { user, name, picture, status, version }
}

/// Whether a conversation that knows `known` takes `told`: what an account says stands over tokens, and newer over older.
pub fn takes(known: &Profile, told: &Profile) -> bool {
    if told.version == 0 {
        return known.version == 0 && (told.name.is_some() || told.picture.is_some()) && known != told;
    }
    told.version > known.version
}

#[cfg(test)]
mod tests {
    use quipu_schema::ids::UserId;

    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn identity(name: Option<&str>, picture: Option<&str>) -> Identity {
        Identity {
            app: "demo".into(),
            user: UserId::NOBODY,
            subject: "ana".into(),
            name: name.map(str::to_owned),
            picture: picture.map(str::to_owned),
            expires_at: 1,
            device: None,
        }
    }

    fn name(name: &str) -> PatchProfile {
        PatchProfile { name: Some(name.into()), ..PatchProfile::default() }
    }

    fn picture(picture: &str) -> PatchProfile {
        PatchProfile { picture: Some(picture.into()), ..PatchProfile::default() }
    }

    fn status(emoji: Option<&str>, text: Option<&str>, until: Option<u64>) -> PatchProfile {
        let status = PatchStatus { emoji: emoji.map(str::to_owned), text: text.map(str::to_owned), until };
        PatchProfile { status: Some(status), ..PatchProfile::default() }
    }

    fn ana() -> KeptProfile {
        seen(None, &identity(Some("Ana"), Some("https://a.example/token.png"))).unwrap()
    }

    fn after(kept: &KeptProfile, patch: &PatchProfile) -> KeptProfile {
        set(kept, patch, NOW).unwrap().unwrap()
    }

    #[test]
    fn what_was_set_stands_over_the_token_until_it_is_cleared() {
        let ana = ana();
        assert_eq!((ana.version, shown(&ana, NOW).name.as_deref()), (0, Some("Ana")));
        let named = after(&ana, &name("Anna"));
        assert_eq!((named.version, shown(&named, NOW).name.as_deref()), (1, Some("Anna")));
        assert_eq!(shown(&named, NOW).picture.as_deref(), Some("https://a.example/token.png"));
        let bare = after(&named, &picture("none"));
        assert_eq!((cell(&bare, NOW).picture, bare.own.picture.as_deref()), (None, Some("none")));
        let pictured = after(&bare, &picture("https://a.example/own.png"));
        assert_eq!(cell(&pictured, NOW).picture.as_deref(), Some("https://a.example/own.png"));
        let back = after(&after(&pictured, &name("")), &picture(""));
        assert_eq!((back.version, back.own.clone()), (5, Presented::default()));
        assert_eq!(shown(&back, NOW).name.as_deref(), Some("Ana"));
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let named = after(&ana(), &name("Anna"));
        assert_eq!(set(&named, &name("Anna"), NOW).unwrap(), None);
        assert_eq!(seen(Some(&named), &identity(Some("Ana"), Some("https://a.example/token.png"))), None);
        assert_eq!(seen(None, &identity(None, None)), None);
    }

    #[test]
    fn another_token_changes_what_is_shown_only_where_nothing_was_set() {
        let other = identity(Some("Ana B."), Some("https://a.example/token.png"));
        let renamed = seen(Some(&ana()), &other).unwrap();
        assert_eq!((renamed.version, shown(&renamed, NOW).name.as_deref()), (0, Some("Ana B.")));
        let named = after(&ana(), &name("Anna"));
        let unmoved = seen(Some(&named), &other).unwrap();
        assert_eq!((unmoved.version, shown(&unmoved, NOW).name.as_deref()), (1, Some("Anna")));
        let moved = seen(Some(&named), &identity(Some("Ana"), Some("https://a.example/new.png"))).unwrap();
        assert_eq!((moved.version, cell(&moved, NOW).picture.as_deref()), (2, Some("https://a.example/new.png")));
    }

    #[test]
    fn a_status_ends_by_itself_and_by_word() {
        let away = after(&ana(), &status(Some("🌴"), Some("Away"), Some(NOW + 10)));
        assert!(shown(&away, NOW + 9).status.is_some());
        assert_eq!((shown(&away, NOW + 10).status, cell(&away, NOW + 10).status), (None, None));
        assert_eq!(after(&away, &status(None, Some(""), None)).status, None);
        let emoji = after(&away, &status(Some("🌴"), Some(""), None)).status.unwrap();
        assert_eq!((emoji.text, emoji.until), (None, None));
    }

    #[test]
    fn what_cannot_be_shown_is_refused() {
        let code = |patch: &PatchProfile| set(&ana(), patch, NOW).unwrap_err().code;
        assert_eq!(code(&PatchProfile::default()), Code::InvalidValue);
        assert_eq!(code(&name(&"a".repeat(limits::NAME_BYTES + 1))), Code::TooLarge);
        assert_eq!(code(&name(" ")), Code::InvalidValue);
        assert_eq!(code(&name("a\nb")), Code::InvalidValue);
        assert_eq!(code(&picture("http://a.example/b.png")), Code::InvalidValue);
        assert_eq!(code(&picture("javascript:alert(1)")), Code::InvalidValue);
        let bio = PatchProfile { bio: Some("a".repeat(limits::BIO_BYTES + 1)), ..PatchProfile::default() };
        assert_eq!(code(&bio), Code::TooLarge);
        assert_eq!(code(&status(Some("ab"), None, None)), Code::InvalidValue);
        assert_eq!(code(&status(None, Some(&"a".repeat(limits::STATUS_BYTES + 1)), None)), Code::TooLarge);
        assert_eq!(code(&status(None, Some("a"), Some(NOW))), Code::InvalidValue);
        assert_eq!(code(&status(None, Some("a"), Some(1 << 53))), Code::InvalidValue);
        assert_eq!(code(&status(None, None, Some(NOW + 1))), Code::InvalidValue);
        let lines = PatchProfile { bio: Some("a\nb".into()), ..PatchProfile::default() };
        assert_eq!(after(&ana(), &lines).bio.as_deref(), Some("a\nb"));
    }

    #[test]
    fn changes_are_bounded_and_the_wait_is_told() {
        let mut kept = ana();
        for change in 0..limits::PROFILE_CHANGES_BURST {
            kept = after(&kept, &name(&format!("Ana {change}")));
        }
        let refused = set(&kept, &name("Ana"), NOW).unwrap_err();
        assert_eq!((refused.code, refused.retry_after_ms), (Code::RateLimited, Some(limits::PROFILE_CHANGE_EVERY_MS)));
        assert!(set(&kept, &name("Ana"), NOW + limits::PROFILE_CHANGE_EVERY_MS).unwrap().is_some());
    }

    #[test]
    fn a_conversation_takes_the_newer_word_and_the_accounts_over_a_tokens() {
        let user = UserId::NOBODY;
        let of =
            |version, name: Option<&str>| Profile { name: name.map(str::to_owned), version, ..Profile::unknown(user) };
        assert!(takes(&Profile::unknown(user), &of(0, Some("Ana"))));
        assert!(!takes(&of(0, Some("Ana")), &of(0, Some("Ana"))));
        assert!(!takes(&of(0, Some("Ana")), &of(0, None)));
        assert!(takes(&of(0, Some("Ana")), &of(1, None)));
        assert!(!takes(&of(1, None), &of(0, Some("Ana"))));
        assert!(takes(&of(1, None), &of(2, None)) && !takes(&of(2, None), &of(1, None)));
        assert!(!takes(&of(2, None), &of(2, Some("Ana"))));
    }
}
