//! Saving messages: a private fact of an account. Whether the message may be read is for its conversation to say; this is what the account says.

use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

/// Whether saving a message changes anything, where it is saved already or not, and so many are in all.
///
/// # Errors
/// `saved_limit`.
pub fn save(already: bool, count: usize) -> Result<bool, Rejection> {
    if already {
        return Ok(false);
    }
    if count >= limits::SAVED {
        return Err(Code::SavedLimit.into());
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_stays_saved_and_no_more_than_fits_is() {
        assert_eq!(save(false, limits::SAVED - 1), Ok(true));
        assert_eq!(save(true, limits::SAVED), Ok(false));
        assert_eq!(save(false, limits::SAVED).map_err(|rejection| rejection.code), Err(Code::SavedLimit));
    }
}
