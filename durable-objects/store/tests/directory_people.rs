//! The directory's statements about people, over the same SQLite that runs on the host.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use quipu_store::directory::{CLEAR_PERSON, KEY_PERSON, PEOPLE, PUT_PERSON, STEPS, statements};
use quipu_store::host::Host;
use quipu_store::sql::{Param, Sql};

fn directory() -> Host {
    let sql = Host::in_memory().unwrap();
    STEPS.iter().flat_map(|step| statements(step)).for_each(|statement| drop(sql.exec(statement, &[]).unwrap()));
    sql
}

struct Told<'a> {
    app: &'a str,
    id: &'a str,
    at: u64,
    name: Option<&'a str>,
    keys: &'a [&'a str],
    hidden_from: &'a str,
    chosen: bool,
}

const ANA: Told<'_> =
    Told { app: "app", id: "ana", at: 10, name: Some("Ana"), keys: &["ana"], hidden_from: "", chosen: true };

fn tell(sql: &Host, told: &Told<'_>) {
    let keys = serde_json::to_string(told.keys).unwrap();
    let whom = [Param::Text(told.app), Param::Text(told.id), Param::Integer(told.at)];
    let what = [
        told.name.map_or(Param::Null, Param::Text),
        Param::Null,
        Param::Text(&keys),
        Param::Text(told.hidden_from),
        Param::Integer(u64::from(told.chosen)),
    ];
    sql.transaction(&mut || {
        sql.exec(CLEAR_PERSON, &[&whom[..], &[Param::Text(&keys)]].concat())?;
        sql.exec(PUT_PERSON, &[&whom[..], &what[..]].concat())?;
        sql.exec(KEY_PERSON, &whom).map(drop)
    })
    .unwrap();
}

struct Asked<'a> {
    by: &'a str,
    begins: &'a str,
    after: (&'a str, &'a str),
    listed: bool,
    limit: u64,
}

const ASKED: Asked<'_> = Asked { by: "nobody", begins: "a", after: ("", ""), listed: false, limit: 9 };

/// Key and id of each who is found.
fn found(sql: &Host, asked: &Asked<'_>) -> Vec<(String, String)> {
    let last = format!("{}\u{10ffff}", asked.begins);
    let params = params(asked, &last);
    let rows = sql.exec(PEOPLE, &params).unwrap();
    rows.iter().map(|row| (row.text(0).unwrap().to_owned(), row.text(1).unwrap().to_owned())).collect()
}

fn params<'a>(asked: &Asked<'a>, last: &'a str) -> [Param<'a>; 8] {
    [
        Param::Text("app"),
        Param::Text(asked.begins),
        Param::Text(last),
        Param::Text(asked.after.0),
        Param::Text(asked.after.1),
        Param::Text(asked.by),
        Param::Integer(u64::from(asked.listed)),
        Param::Integer(asked.limit),
    ]
}

fn ids(sql: &Host, asked: &Asked<'_>) -> Vec<String> {
    found(sql, asked).into_iter().map(|(_, id)| id).collect()
}

#[test]
fn the_later_telling_stands_in_whichever_order_they_come_and_leaves_nothing_of_the_earlier() {
    let sql = directory();
    let (old, new) = (&["ana b", "b ana"][..], &["anna c", "c anna"][..]);
    tell(&sql, &Told { at: 20, keys: new, ..ANA });
    tell(&sql, &Told { at: 10, keys: old, ..ANA });
    let of = |begins| ids(&sql, &Asked { begins, ..ASKED });
    assert_eq!((of("a"), of("b"), of("c")), (vec!["ana".to_owned()], vec![], vec!["ana".to_owned()]));
    // The same again, as it comes where its answer was lost.
    tell(&sql, &Told { at: 20, keys: new, ..ANA });
    assert_eq!(of("a"), ["ana"]);
    tell(&sql, &Told { at: 30, keys: old, ..ANA });
    assert_eq!((of("b"), of("c")), (vec!["ana".to_owned()], vec![]));
    tell(&sql, &Told { at: 40, name: None, keys: &[], ..ANA });
    tell(&sql, &Told { at: 30, keys: old, ..ANA });
    assert!(of("a").is_empty());
    let left = sql.exec("SELECT 1 FROM people_keys", &[]).unwrap();
    assert!(left.is_empty(), "who is found no longer leaves no name");
}

#[test]
fn who_hides_from_somebody_is_not_found_by_them_nor_anybody_by_themselves() {
    let sql = directory();
    tell(&sql, &Told { hidden_from: " ben cleo", ..ANA });
    tell(&sql, &Told { id: "adam", keys: &["adam"], hidden_from: " ana", ..ANA });
    let by = |by| ids(&sql, &Asked { by, ..ASKED });
    assert_eq!(by("dora"), ["adam", "ana"]);
    assert_eq!(by("ben"), ["adam"]);
    assert_eq!(by("cleo"), ["adam"]);
    assert!(by("ana").is_empty());
    assert_eq!(by("adam"), ["ana"]);
}

#[test]
fn who_chose_nothing_is_found_while_that_is_the_default() {
    let sql = directory();
    tell(&sql, &ANA);
    tell(&sql, &Told { id: "adam", keys: &["adam"], chosen: false, ..ANA });
    assert_eq!(ids(&sql, &ASKED), ["ana"]);
    assert_eq!(ids(&sql, &Asked { listed: true, ..ASKED }), ["adam", "ana"]);
}

#[test]
fn pages_are_by_key_then_id_of_one_app_and_of_what_begins_so() {
    let sql = directory();
    for (id, keys) in [
        ("u1", &["ana b", "b ana"]),
        ("u2", &["ana b", "b ana"]),
        ("u3", &["anders l", "l anders"]),
        ("u4", &["z", "z"]),
    ] {
        tell(&sql, &Told { id, keys, ..ANA });
        tell(&sql, &Told { app: "other", id, keys, ..ANA });
    }
    let of = |begins, after, limit| ids(&sql, &Asked { begins, after, limit, ..ASKED });
    assert_eq!(of("an", ("", ""), 9), ["u1", "u2", "u3"]);
    assert_eq!(of("an", ("ana b", "u1"), 1), ["u2"]);
    assert_eq!(of("ana b", ("ana b", "u1"), 9), ["u2"]);
    assert_eq!(of("l", ("", ""), 9), ["u3"]);
    assert!(of("%", ("", ""), 9).is_empty() && of("_", ("", ""), 9).is_empty());
}

#[test]
fn a_page_reads_the_keys_in_their_order_and_sorts_nothing() {
    let sql = directory();
    let plan = sql.exec(&format!("EXPLAIN QUERY PLAN {PEOPLE}"), &params(&ASKED, "b")).unwrap();
    let steps: Vec<&str> = plan.iter().map(|row| row.text(3).unwrap()).collect();
    assert!(steps.len() == 2 && steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    assert!(steps[0].contains("found USING PRIMARY KEY") && steps[0].contains("name_key>"), "{steps:?}");
}
