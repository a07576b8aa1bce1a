//! What the user is in the directory of people: one row.

use quipu_schema::directory::KeptListing;

use crate::sql::{Param, Sql, StoreError};

/// What is kept; nothing where nothing is known yet.
///
/// # Errors
/// [`StoreError`].
pub fn load(sql: &impl Sql) -> Result<KeptListing, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'listing'", &[])?;
    rows.first().map_or_else(|| Ok(KeptListing::default()), |row| Ok(serde_json::from_str(row.text(0)?)?))
}

/// Keeps it.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, kept: &KeptListing) -> Result<(), StoreError> {
    let value = serde_json::to_string(kept)?;
    sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('listing', ?)", &[Param::Text(&value)]).map(drop)
}
