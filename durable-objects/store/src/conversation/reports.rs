//! Reports of messages: facts of their own, not folded from the log. One row each for ever, found by its message and reporter, and by being open.

use quipu_core::reports::OpenReports;
use quipu_core::visibility::Visibility;
use quipu_schema::content::Content;
use quipu_schema::envelope::Envelope;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::report::{Reason, Report, ReportStatus, StoredReport};

use crate::sql::{Param, Row, Sql, StoreError};

/// Stores a new report; its number.
///
/// # Errors
/// [`StoreError`].
pub fn insert(sql: &impl Sql, report: &StoredReport) -> Result<u64, StoreError> {
    let value = serde_json::to_string(report)?;
    let rows = sql.exec(
        "INSERT INTO reports (target, reporter, open, value) VALUES (?, ?, 1, ?) RETURNING id",
        &[Param::Integer(report.seq), Param::Text(report.by.as_str()), Param::Text(&value)],
    )?;
    rows.first().ok_or(StoreError::Shape)?.integer(0)
}

/// Reports a message for a word of the list: once, and while there is room.
pub(super) fn flag(sql: &impl Sql, seq: u64, version: u64, envelope: &Envelope) -> Result<(), StoreError> {
    let Envelope { actor, at, key, .. } = *envelope;
    let (by, reason) = (UserId::NOBODY, Reason::Words);
    let report = StoredReport { seq, version, author: actor, by, at, key, reason, note: None, resolution: None };
    sql.run(
        "INSERT INTO reports (target, reporter, open, value) SELECT ?, ?, 1, ? \
         WHERE (SELECT COUNT(*) FROM reports WHERE open = 1) < ? ON CONFLICT (target, reporter) DO NOTHING",
        &[
            Param::Integer(seq),
            Param::Text(by.as_str()),
            Param::Text(&serde_json::to_string(&report)?),
            Param::Integer(u64::try_from(limits::REPORTS).unwrap_or(u64::MAX)),
        ],
    )
}

/// Stores what became of a report.
///
/// # Errors
/// [`StoreError`].
pub fn update(sql: &impl Sql, id: u64, report: &StoredReport) -> Result<(), StoreError> {
    let value = serde_json::to_string(report)?;
    let open = u64::from(report.resolution.is_none());
    sql.run(
        "UPDATE reports SET open = ?, value = ? WHERE id = ?",
        &[Param::Integer(open), Param::Text(&value), Param::Integer(id)],
    )
}

/// One report.
///
/// # Errors
/// [`StoreError`].
pub fn get(sql: &impl Sql, id: u64) -> Result<Option<StoredReport>, StoreError> {
    let rows = sql.exec("SELECT id, value FROM reports WHERE id = ?", &[Param::Integer(id)])?;
    Ok(rows.first().map(read).transpose()?.map(|(_, report)| report))
}

/// One report as moderators see it.
///
/// # Errors
/// [`StoreError`].
pub fn shown(sql: &impl Sql, id: u64) -> Result<Option<Report>, StoreError> {
    let Some(report) = get(sql, id)? else { return Ok(None) };
    let content = content(sql, report.seq, report.version)?;
    Ok(Some(report.shown(id, content)))
}

/// A member's report of a message.
///
/// # Errors
/// [`StoreError`].
pub fn by(sql: &impl Sql, seq: u64, user: UserId) -> Result<Option<(u64, StoredReport)>, StoreError> {
    let rows = sql.exec(
        "SELECT id, value FROM reports WHERE target = ? AND reporter = ?",
        &[Param::Integer(seq), Param::Text(user.as_str())],
    )?;
    rows.first().map(read).transpose()
}

/// All that are open.
pub(super) fn open(sql: &impl Sql) -> Result<OpenReports, StoreError> {
    let mut open = OpenReports::default();
    for row in sql.exec("SELECT id, value FROM reports WHERE open = 1", &[])? {
        let (id, report) = read(&row)?;
        open.note(id, &report);
    }
    Ok(open)
}

/// A page: open reports the oldest first, the others the newest first, with what their messages said. What this reader cannot read is passed over.
/// Returns the number after which the next page begins, if there is one.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    sql: &impl Sql,
    visible: &Visibility,
    status: ReportStatus,
    cursor: Option<u64>,
    limit: usize,
) -> Result<(Vec<Report>, Option<u64>), StoreError> {
    let statement = match status {
        ReportStatus::Open => "SELECT id, value FROM reports WHERE open = 1 AND id > ? ORDER BY id LIMIT ?",
        ReportStatus::Resolved => "SELECT id, value FROM reports WHERE open = 0 AND id < ? ORDER BY id DESC LIMIT ?",
    };
    let start = match status {
        ReportStatus::Open => cursor.unwrap_or(0),
        ReportStatus::Resolved => cursor.unwrap_or((1 << 53) - 1),
    };
    let asked = u64::try_from(limit).unwrap_or(u64::MAX);
    let rows = sql.exec(statement, &[Param::Integer(start), Param::Integer(asked)])?;
    let next = if rows.len() < limit { None } else { rows.last().map(|row| row.integer(0)).transpose()? };
    let mut reports = Vec::with_capacity(rows.len());
    for row in &rows {
        let (id, report) = read(row)?;
        if visible.shows(report.seq) {
            let content = content(sql, report.seq, report.version)?;
            reports.push(report.shown(id, content));
        }
    }
    Ok((reports, next))
}

/// What a message said in one version; `None` once it is erased.
fn content(sql: &impl Sql, seq: u64, version: u64) -> Result<Option<Content>, StoreError> {
    let rows = sql.exec(
        "SELECT content FROM events WHERE seq = COALESCE((SELECT seq FROM edits WHERE target = ?1 AND version = ?2), ?1)",
        &[Param::Integer(seq), Param::Integer(version)],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(row.optional_text(0)?.map(serde_json::from_str).transpose()?)
}

fn read(row: &Row) -> Result<(u64, StoredReport), StoreError> {
    Ok((row.integer(0)?, serde_json::from_str(row.text(1)?)?))
}
