//! The host backend: rusqlite in memory or in a file.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use crate::sql::{Joined, Param, Row, Sql, StoreError, Value};

/// A database of one object on the host.
#[derive(Debug)]
pub struct Host(Connection);

impl Host {
    /// A database that lives as long as this value.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Connection::open_in_memory().map(Self).map_err(|error| StoreError::Sqlite(error.to_string()))
    }
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::of_sqlite(error.to_string())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(i64::try_from(*value).unwrap_or(i64::MAX)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Sql for Host {
    type Text = String;

    fn join(&self, statement: &str, params: &[Param<'_>]) -> Result<Joined<String>, StoreError> {
        Joined::of(&self.exec(statement, params)?)
    }

    fn exec(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let mut prepared = self.0.prepare_cached(statement).map_err(failed)?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(rusqlite::params_from_iter(params)).map_err(failed)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(match row.get_ref(column).map_err(failed)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(value) => Value::Integer(u64::try_from(value).map_err(|_| StoreError::Shape)?),
                    ValueRef::Text(text) => {
                        Value::Text(std::str::from_utf8(text).map_err(|_| StoreError::Shape)?.to_owned())
                    }
                    ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                    ValueRef::Real(_) => return Err(StoreError::Shape),
                });
            }
            out.push(Row(values));
        }
        Ok(out)
    }

    fn transaction(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.0.execute_batch("SAVEPOINT work").map_err(failed)?;
        let result = work();
        let end = if result.is_ok() { "RELEASE work" } else { "ROLLBACK TO work; RELEASE work" };
        self.0.execute_batch(end).map_err(failed)?;
        result
    }
}
