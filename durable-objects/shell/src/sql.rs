//! Durable Object SQLite behind the store's synchronous port.

use std::cell::RefCell;
use std::collections::HashMap;

use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use quipu_schema::limits;
use quipu_store::sql::{Joined, Param, Row, Sql, StoreError, Value};
use wasm_bindgen::prelude::*;

use crate::platform::{Cursor, Database, Storage};

/// The database of this object.
pub struct ObjectSql {
    storage: Storage,
    database: Database,
    statements: RefCell<HashMap<String, JsValue>>,
}

impl ObjectSql {
    /// Over an object's storage.
    pub fn new(state: &worker::durable::State) -> Self {
        let storage: Storage = JsValue::from(state.storage().as_raw()).unchecked_into();
        Self { database: storage.sql(), storage, statements: RefCell::new(HashMap::new()) }
    }

    /// The storage itself: alarms and sync.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Converting a statement to a JavaScript string once saves that for every later call.
    fn statement(&self, text: &str) -> JsValue {
        let mut statements = self.statements.borrow_mut();
        if let Some(known) = statements.get(text) {
            return known.clone();
        }
        if statements.len() >= limits::STATEMENTS {
            statements.clear();
        }
        let value = JsValue::from_str(text);
        statements.insert(text.to_owned(), value.clone());
        value
    }
}

fn bind(param: &Param<'_>) -> JsValue {
    match param {
        Param::Null => JsValue::NULL,
        // Callers stay within 2^53, which a double holds exactly.
        Param::Integer(value) => JsValue::from_f64(*value as f64),
        Param::Text(text) => JsValue::from_str(text),
        Param::Blob(bytes) => Uint8Array::from(*bytes).into(),
    }
}

fn read(value: JsValue) -> Result<Value, StoreError> {
    if let Some(number) = value.as_f64() {
        return if number >= 0.0 && number.fract() == 0.0 && number < 9_007_199_254_740_992.0 {
            Ok(Value::Integer(number as u64))
        } else {
            Err(StoreError::Shape)
        };
    }
    if let Some(text) = value.as_string() {
        return Ok(Value::Text(text));
    }
    if value.is_null() {
        return Ok(Value::Null);
    }
    value
        .dyn_into::<ArrayBuffer>()
        .map(|buffer| Value::Blob(Uint8Array::new(&buffer).to_vec()))
        .map_err(|_| StoreError::Shape)
}

fn failed(error: JsValue) -> StoreError {
    let text =
        error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()));
    StoreError::of_sqlite(text)
}

impl ObjectSql {
    fn cursor(&self, statement: &str, params: &[Param<'_>]) -> Result<Cursor, StoreError> {
        let bindings = Array::new_with_length(u32::try_from(params.len()).unwrap_or(0));
        for (index, param) in (0u32..).zip(params) {
            bindings.set(index, bind(param));
        }
        self.database.exec(&self.statement(statement), &bindings).map_err(failed)
    }
}

impl Sql for ObjectSql {
    type Text = JsString;

    fn exec(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError> {
        let cursor = self.cursor(statement, params)?;
        let rows = cursor.raw().and_then(|raw| raw.to_array()).map_err(failed)?;
        let mut out = Vec::with_capacity(usize::try_from(rows.length()).unwrap_or(0));
        for row in rows.iter() {
            let columns: Array = row.unchecked_into();
            out.push(Row(columns.iter().map(read).collect::<Result<_, _>>()?));
        }
        Ok(out)
    }

    fn run(&self, statement: &str, params: &[Param<'_>]) -> Result<(), StoreError> {
        // The platform runs a statement that returns no rows to its end at once.
        self.cursor(statement, params).map(drop)
    }

    fn join(&self, statement: &str, params: &[Param<'_>]) -> Result<Joined<JsString>, StoreError> {
        let cursor = self.cursor(statement, params)?;
        let rows = cursor.raw().and_then(|raw| raw.to_array()).map_err(failed)?;
        // A row is an array of one text, and an array's text is its members joined by commas (ECMA-262, Array.prototype.join).
        let text = rows.join(",");
        let units = usize::try_from(text.length()).unwrap_or(usize::MAX);
        Ok(Joined { text, rows: u64::from(rows.length()), bytes_at_most: units.saturating_mul(3) })
    }

    fn transaction(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut result = Ok(());
        let outcome = self.storage.transaction_sync(&mut || {
            result = work();
            // Throwing is what rolls back.
            if result.is_ok() { Ok(JsValue::UNDEFINED) } else { Err(JsValue::from_str("rolled back")) }
        });
        result?;
        outcome.map(drop).map_err(failed)
    }
}
