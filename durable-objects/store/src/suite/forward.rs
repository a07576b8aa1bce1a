//! What is copied of a message: its newest text, as far as the reader sees it, and nothing of what is gone.

use quipu_schema::envelope::History;
use quipu_schema::problem::Code;

use super::log::{Log, add, create, delete, edit, remove, send, user};
use super::{Outcome, same};
use crate::conversation::forward::text;
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::FromJoin))?;
    let early = log.does("ana", send("early"))?;
    log.does("ana", add("cleo"))?;
    let seq = log.does("ana", send("first words"))?;
    let edited = log.does("ana", edit(seq, "second words"))?;
    log.does("ana", remove("cleo"))?;
    log.does("ana", edit(seq, "words in her absence"))?;
    log.does("ana", add("cleo"))?;
    let gone = log.does("ben", send("gone"))?;
    log.does("ben", delete(gone))?;
    let copied = |who: &str, seq| -> Outcome<Result<String, Code>> {
        let member = log.state.members.get(&user(who)?).ok_or("a member is missing")?;
        Ok(text(sql, &member.visible, seq, log.now).map_err(|rejection| rejection.code))
    };
    for (who, seq, expected) in [
        ("ana", seq, Ok("words in her absence")),
        ("cleo", seq, Ok("second words")),
        ("ana", early, Ok("early")),
        ("cleo", early, Err(Code::SourceNotFound)),
        ("ana", gone, Err(Code::MessageDeleted)),
        ("ana", edited, Err(Code::SourceNotFound)),
        ("ana", 1, Err(Code::SourceNotFound)),
        ("ana", 0, Err(Code::SourceNotFound)),
        ("ana", log.state.seq + 1, Err(Code::SourceNotFound)),
    ] {
        same(&format!("{who} copies {seq}"), &copied(who, seq)?, &expected.map(str::to_owned))?;
    }
    let ana = log.state.members.get(&user("ana")?).ok_or("nobody is called ana")?.visible.without(vec![early]);
    let hidden = text(sql, &ana, early, log.now).map_err(|rejection| rejection.code);
    same("what one deleted for oneself", &hidden, &Err(Code::SourceNotFound))?;
    passed.push("a message is copied as its reader sees it now");
    Ok(())
}
