//! Who may write to a user first, or add them to a group: what their account says of it.

use quipu_schema::limits;
use quipu_schema::people::{Person, Reach, ReachAudience};
use quipu_schema::problem::{Code, Rejection};

/// Whether somebody reaches a user with this audience: `person` is what the user has laid down about them, `shares` whether both are in a group.
pub const fn reach(audience: ReachAudience, person: Person, shares: bool) -> Reach {
    let open = !person.blocked
        && match audience {
            ReachAudience::Everyone => true,
            ReachAudience::Shared => person.contact || shares,
            ReachAudience::Contacts => person.contact,
        };
    if open { Reach::Open } else { Reach::Closed }
}

/// Why somebody may not be written to first, or added. Blocked or not chosen: the sentence is the same.
pub fn refusal(reach: Reach) -> Option<Rejection> {
    match reach {
        Reach::Open => None,
        Reach::Closed => Some(Code::RecipientUnavailable.into()),
        Reach::Blocking => Some(Code::Blocking.into()),
    }
}

/// Whether one more fits on a list of so many.
///
/// # Errors
/// `people_limit`.
pub fn has_room(count: usize) -> Result<(), Rejection> {
    if count >= limits::PEOPLE { Err(Code::PeopleLimit.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use quipu_schema::ids::UserId;

    use super::*;

    #[test]
    fn who_reaches_whom() {
        let person = |blocked, contact| Person { user: UserId::NOBODY, blocked, contact };
        for (audience, contact, shares, open) in [
            (ReachAudience::Everyone, false, false, true),
            (ReachAudience::Shared, false, false, false),
            (ReachAudience::Shared, false, true, true),
            (ReachAudience::Shared, true, false, true),
            (ReachAudience::Contacts, false, true, false),
            (ReachAudience::Contacts, true, false, true),
        ] {
            let expected = if open { Reach::Open } else { Reach::Closed };
            assert_eq!(reach(audience, person(false, contact), shares), expected, "{audience:?} {contact} {shares}");
            assert_eq!(reach(audience, person(true, contact), shares), Reach::Closed, "blocked");
        }
    }

    #[test]
    fn a_block_and_a_choice_of_audience_are_refused_alike() {
        let blocked = Person { user: UserId::NOBODY, blocked: true, contact: true };
        let stranger = Person { user: UserId::NOBODY, blocked: false, contact: false };
        assert_eq!(
            refusal(reach(ReachAudience::Everyone, blocked, true)),
            refusal(reach(ReachAudience::Contacts, stranger, false)),
        );
        assert_eq!(refusal(Reach::Open), None);
        assert_eq!(refusal(Reach::Blocking).map(|refusal| refusal.code), Some(Code::Blocking));
    }

    #[test]
    fn lists_are_bounded() {
        assert!(has_room(limits::PEOPLE - 1).is_ok());
        assert_eq!(has_room(limits::PEOPLE).map_err(|refusal| refusal.code), Err(Code::PeopleLimit));
    }
}
