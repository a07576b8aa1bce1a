//! Reads files, lets the core verify them, and says what came out.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use quipu_core::verify::{self, Fault, Report, Verifier};
use quipu_schema::http::Proof;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What was found out.
pub enum Outcome {
    /// The export is valid.
    Export(Box<Report>),
    /// The proof holds.
    Proof(Proof),
    /// Something is wrong, in a line of the export or in the proof.
    Invalid {
        /// The line, of an export.
        line: Option<u64>,
        /// What is wrong.
        problem: String,
    },
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Invalid { line: Some(fault.line), problem: fault.message }
    }
}

impl Outcome {
    /// Whether everything holds.
    pub const fn is_valid(&self) -> bool {
        !matches!(self, Self::Invalid { .. })
    }

    /// One JSON object and a line break.
    pub fn to_json(&self) -> String {
        let mut value = match self {
            Self::Export(report) => serde_json::to_value(report).unwrap_or_default(),
            Self::Proof(proof) => json!({ "seq": proof.seq, "size": proof.size, "root": proof.root }),
            Self::Invalid { line, problem } => json!({ "line": line, "problem": problem }),
        };
        if let Value::Object(members) = &mut value {
            members.insert("valid".into(), self.is_valid().into());
        }
        format!("{value}\n")
    }

    /// Lines for a person.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = match self {
            Self::Export(report) => write_report(&mut text, report),
            Self::Proof(proof) => writeln!(
                text,
                "valid: event {} is under the root of the first {} events\n  root      {}",
                proof.seq, proof.size, proof.root
            ),
            Self::Invalid { line: Some(line), problem } => writeln!(text, "INVALID, line {line}: {problem}"),
            Self::Invalid { line: None, problem } => writeln!(text, "INVALID: {problem}"),
        };
        text
    }
}

fn write_report(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(text, "valid: conversation {}, epoch {}", report.conversation, report.epoch)?;
    writeln!(text, "  events    {}, every number there, in order", report.events)?;
    writeln!(text, "  messages  {}", report.messages)?;
    if report.withheld > 0 {
        writeln!(text, "  withheld  {} events you may not see, proved by their hashes", report.withheld)?;
    }
    if report.erased > 0 {
        writeln!(text, "  erased    {} contents deleted or expired", report.erased)?;
    }
    if report.missing > 0 {
        writeln!(text, "  missing   {} contents; no deletion in this export says why", report.missing)?;
    }
    if let Some(members) = report.members {
        writeln!(text, "  members   {members}")?;
    }
    writeln!(text, "  root      {}", report.root)
}

/// Verifies an export, line by line.
pub fn export(path: &Path, root: Option<&str>) -> Result<Outcome, String> {
    let mut input = BufReader::new(open(path)?);
    let mut verifier = Verifier::new();
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes).map_err(|error| unreadable(path, &error))? == 0 {
            break;
        }
        let (text, whole) = bytes.strip_suffix(b"\n").map_or((bytes.as_slice(), false), |text| (text, true));
        let read = std::str::from_utf8(text).map_err(|_| Fault { line, message: "this is not UTF-8".into() });
        if let Err(fault) = read.and_then(|text| verifier.line(text)) {
            let cut = Fault {
                line,
                message: format!("the export is incomplete: it ends within this line ({})", fault.message),
            };
            return Ok(if whole { fault } else { cut }.into());
        }
    }
    Ok(match verifier.finish() {
        Err(fault) => fault.into(),
        Ok(report) => unexpected(&report.root, root).unwrap_or_else(|| Outcome::Export(Box::new(report))),
    })
}

/// Verifies a proof.
pub fn proof(envelope: &Path, proof: &Path, root: Option<&str>) -> Result<Outcome, String> {
    let event = read(envelope)?;
    let proof: Proof =
        serde_json::from_str(&read(proof)?).map_err(|error| format!("{} is not a proof: {error}", proof.display()))?;
    let invalid = |problem: String| Outcome::Invalid { line: None, problem };
    Ok(match verify::proof(envelope_in(&event), &proof) {
        Err(unproven) => invalid(unproven.to_string()),
        Ok(()) => unexpected(&proof.root, root).unwrap_or(Outcome::Proof(proof)),
    })
}

fn unexpected(found: &str, expected: Option<&str>) -> Option<Outcome> {
    let expected = expected.filter(|expected| *expected != found)?;
    Some(Outcome::Invalid { line: None, problem: format!("the root is {found}, and {expected} was expected") })
}

/// The exact bytes of the envelope, whether the file is one or an event around it.
fn envelope_in(text: &str) -> &str {
    #[derive(Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        envelope: &'a RawValue,
    }
    let text = text.trim_end_matches(['\n', '\r']);
    serde_json::from_str::<Event<'_>>(text).map_or(text, |event| event.envelope.get())
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    Ok(text)
}

fn open(path: &Path) -> Result<Box<dyn Read>, String> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Box::new(file))
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
