//! The directory's statements, over the same SQLite that runs on the host.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use quipu_store::directory::{CHANNELS, CREATE_STEPS, PUT_CHANNEL, STEP_DONE, STEPS, STEPS_DONE, statements};
use quipu_store::host::Host;
use quipu_store::sql::{Param, Sql};

fn directory() -> Host {
    let sql = Host::in_memory().unwrap();
    sql.exec(CREATE_STEPS, &[]).unwrap();
    sql.exec(CREATE_STEPS, &[]).unwrap();
    for (number, step) in (1..).zip(STEPS) {
        assert_eq!(sql.exec(STEPS_DONE, &[]).unwrap()[0].integer(0).unwrap(), number - 1);
        statements(step).for_each(|statement| drop(sql.exec(statement, &[]).unwrap()));
        sql.exec(STEP_DONE, &[Param::Integer(number)]).unwrap();
        assert!(sql.exec(STEP_DONE, &[Param::Integer(number)]).is_err(), "a step is done once");
    }
    sql
}

fn tell(sql: &Host, app: &str, id: &str, name: Option<&str>, at: u64, seq: u64) {
    let text = |text: Option<&'static str>| text.map_or(Param::Null, Param::Text);
    let name = || name.map_or(Param::Null, Param::Text);
    let params = [
        Param::Text(app),
        Param::Text(id),
        name(),
        name(),
        text(None),
        text(None),
        Param::Integer(2),
        Param::Integer(at),
        Param::Integer(seq),
    ];
    sql.exec(PUT_CHANNEL, &params).unwrap();
}

fn names(sql: &Host, app: &str, begins: &str, after: (&str, &str), limit: u64) -> Vec<String> {
    let last = format!("{begins}\u{10ffff}");
    let params = [
        Param::Text(app),
        Param::Text(begins),
        Param::Text(&last),
        Param::Text(after.0),
        Param::Text(after.1),
        Param::Integer(limit),
    ];
    sql.exec(CHANNELS, &params).unwrap().iter().map(|row| row.text(1).unwrap().to_owned()).collect()
}

#[test]
fn what_was_told_of_a_later_event_stays_in_whichever_order_it_comes() {
    let sql = directory();
    tell(&sql, "app", "g1", Some("second"), 200, 2);
    tell(&sql, "app", "g1", Some("first"), 100, 1);
    assert_eq!(names(&sql, "app", "", ("", ""), 9), ["second"]);
    // Of one moment, the later number.
    tell(&sql, "app", "g1", Some("third"), 200, 3);
    tell(&sql, "app", "g1", None, 300, 4);
    tell(&sql, "app", "g1", Some("third"), 200, 3);
    assert!(names(&sql, "app", "", ("", ""), 9).is_empty());
    // After a restore numbers begin lower, time does not.
    tell(&sql, "app", "g1", Some("restored"), 400, 2);
    assert_eq!(names(&sql, "app", "", ("", ""), 9), ["restored"]);
}

#[test]
fn pages_are_by_name_then_id_of_one_app_and_of_what_begins_so() {
    let sql = directory();
    for (id, name) in [("g1", "design"), ("g2", "design"), ("g3", "designs"), ("g4", "dev"), ("g5", "日本語")] {
        tell(&sql, "app", id, Some(name), 1, 1);
        tell(&sql, "other", id, Some("elsewhere"), 1, 1);
    }
    assert_eq!(names(&sql, "app", "", ("", ""), 9), ["design", "design", "designs", "dev", "日本語"]);
    assert_eq!(names(&sql, "app", "design", ("", ""), 9), ["design", "design", "designs"]);
    assert_eq!(names(&sql, "app", "design", ("design", "g1"), 9), ["design", "designs"]);
    assert_eq!(names(&sql, "app", "", ("design", "g2"), 2), ["designs", "dev"]);
    assert!(names(&sql, "app", "%", ("", ""), 9).is_empty());
}

#[test]
fn a_page_reads_its_index_and_sorts_nothing() {
    let sql = directory();
    let params =
        [Param::Text("a"), Param::Text("b"), Param::Text("c"), Param::Text(""), Param::Text(""), Param::Integer(9)];
    let plan = sql.exec(&format!("EXPLAIN QUERY PLAN {CHANNELS}"), &params).unwrap();
    let steps: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
    assert!(steps.iter().all(|step| step.contains("channels_by_name")), "{steps:?}");
}
