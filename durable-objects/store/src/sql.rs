//! The synchronous port to SQLite.

use quipu_schema::problem::{Code, Rejection};

/// A parameter of a statement. At most 100 per statement (Durable Objects SQLite limits).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// An integer; within ±2^53, since it crosses JavaScript as a double.
    Integer(u64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<Option<&'a [u8]>> for Param<'a> {
    fn from(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Null, Self::Blob)
    }
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// An integer.
    Integer(u64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// Takes an integer.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn integer(&self, column: usize) -> Result<u64, StoreError> {
        match self.0.get(column) {
            Some(Value::Integer(value)) => Ok(*value),
            _ => Err(StoreError::Shape),
        }
    }

    /// Takes an integer or NULL.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn optional_integer(&self, column: usize) -> Result<Option<u64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.integer(column).map(Some),
        }
    }

    /// Takes a text.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(StoreError::Shape),
        }
    }

    /// Takes a text or NULL.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// When the column is missing or of another type.
    pub fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.0.get(column) {
            Some(Value::Blob(value)) => Ok(value),
            _ => Err(StoreError::Shape),
        }
    }

    /// Takes bytes of a fixed length, or NULL.
    ///
    /// # Errors
    /// When the column is missing, of another type, or of another length.
    pub fn optional_array<const N: usize>(&self, column: usize) -> Result<Option<[u8; N]>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null) => Ok(None),
            _ => self.blob(column)?.try_into().map(Some).map_err(|_| StoreError::Shape),
        }
    }
}

/// What can fail in the store. Nothing of a failed commit is kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A command's key names an event already. Nothing was stored.
    #[error("the key names an event already")]
    KeyTaken,
    /// SQLite said no: disk full, or a statement that does not fit the schema.
    #[error("sqlite: {0}")]
    Sqlite(String),
    /// A row does not have the shape its table has.
    #[error("a stored row has an unexpected shape")]
    Shape,
    /// A stored JSON text does not parse.
    #[error("a stored text does not parse: {0}")]
    Json(#[from] serde_json::Error),
    /// The projections do not fit the log.
    #[error("the stored log does not fold: {0}")]
    Misfit(#[from] quipu_core::state::Misfit),
}

impl StoreError {
    /// What a message of SQLite means.
    pub fn of_sqlite(message: String) -> Self {
        // The unique index on commands is the only one that a well-formed batch can hit.
        if message.contains("UNIQUE constraint failed: events.command") {
            Self::KeyTaken
        } else {
            Self::Sqlite(message)
        }
    }
}

impl From<StoreError> for Rejection {
    fn from(_: StoreError) -> Self {
        // The cause goes to the operator's log, not to the client.
        Self::retry_after(Code::Internal, Code::Internal.about(), 1_000)
    }
}

/// See [`Sql::join`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined<T> {
    /// The texts, with commas between them.
    pub text: T,
    /// How many rows there were.
    pub rows: u64,
    /// At most this many bytes of UTF-8; where the backend does not count them, three for each UTF-16 unit.
    pub bytes_at_most: usize,
}

impl Joined<String> {
    /// Joins the first column of rows.
    ///
    /// # Errors
    /// [`StoreError::Shape`] where a column is no text.
    pub fn of(rows: &[Row]) -> Result<Self, StoreError> {
        let texts = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        let text = texts.join(",");
        Ok(Self { rows: u64::try_from(texts.len()).unwrap_or(u64::MAX), bytes_at_most: text.len(), text })
    }
}

/// SQLite, synchronously.
pub trait Sql {
    /// A text where the backend keeps it: on the platform a page need not be copied into this program and out again.
    type Text: Into<String>;

    /// Runs one statement and returns all its rows. Statements are constant texts, so that backends can cache them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    fn exec(&self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Row>, StoreError>;

    /// Runs one statement for its effect.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    fn run(&self, statement: &str, params: &[Param<'_>]) -> Result<(), StoreError> {
        self.exec(statement, params).map(drop)
    }

    /// The first column of all rows, texts joined by commas: a page of JSON that is only passed on.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; [`StoreError::Shape`] where a column is no text.
    fn join(&self, statement: &str, params: &[Param<'_>]) -> Result<Joined<Self::Text>, StoreError>;

    /// Runs `work` so that either all its writes are kept or none.
    ///
    /// # Errors
    /// What `work` returns, after rolling back.
    fn transaction(&self, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError>;
}
