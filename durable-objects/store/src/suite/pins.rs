//! Pins: kept with what the conversation is, gone with their message, rebuilt from the log.

use quipu_schema::envelope::History;

use super::log::{Log, create, delete, edit, pin, send, unpin};
use super::{Outcome, same};
use crate::conversation::rebuild::rebuild;
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::All))?;
    let [first, second, third] =
        [log.does("ana", send("1"))?, log.does("ben", send("2"))?, log.does("ana", send("3"))?];
    for seq in [second, first, third] {
        log.does("ben", pin(seq))?;
        log.agrees("after a pin")?;
    }
    log.does("ana", edit(first, "1, edited"))?;
    log.does("ana", unpin(second))?;
    log.agrees("after a pin was taken away")?;
    log.does("ana", delete(third))?;
    log.agrees("after a pinned message was deleted")?;
    same("pins", &log.state.about.as_ref().map(|about| about.pins.clone()), &Some(vec![first]))?;
    rebuild(sql)?;
    log.agrees("pins rebuilt")?;
    passed.push("pins are kept, go with their message, and are rebuilt");
    Ok(())
}
