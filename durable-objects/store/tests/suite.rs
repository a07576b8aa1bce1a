//! The suite of every backend, on rusqlite; and that waking reads a bounded number of rows.

use quipu_store::host::Host;
use quipu_store::suite;

#[test]
fn rusqlite_passes_the_suite() {
    let sql = Host::in_memory().unwrap();
    let passed = suite::run(&sql).unwrap();
    assert!(passed.len() >= 15, "{passed:?}");
    // It leaves nothing, so it can run again.
    assert_eq!(suite::run(&sql).unwrap(), passed);
}

#[test]
fn the_suite_refuses_a_database_in_use() {
    use quipu_store::sql::Sql;
    let sql = Host::in_memory().unwrap();
    sql.exec("CREATE TABLE mine (id INTEGER)", &[]).unwrap();
    assert!(suite::run(&sql).is_err());
    assert!(sql.exec("SELECT * FROM mine", &[]).is_ok());
}
