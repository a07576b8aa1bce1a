//! Keeping the peace: settings, and what they keep members from.

use quipu_schema::envelope::EventType;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::SettingsChange;

use super::members::group_only;
use super::{Caller, Draft};
use crate::permissions::Action;

pub(super) fn set_settings(caller: &Caller<'_>, change: SettingsChange) -> Result<Vec<Draft>, Rejection> {
    group_only(caller.about, "settings")?;
    if change.frozen.is_some() || change.slow_mode_s.is_some() {
        caller.may(Action::Moderate)?;
    }
    // Whatever else it changes, also what a later version of this adds.
    let others = SettingsChange { frozen: None, slow_mode_s: None, ..change };
    if others != SettingsChange::default() {
        caller.may(Action::Settings)?;
    }
    if let Some(visibility) = change.visibility {
        super::spaces::may_be_seen(caller.about, visibility)?;
    }
    if caller.about.settings.with(&change) == caller.about.settings {
        return Err(Rejection::new(Code::InvalidValue, "The settings are these already."));
    }
    let mut draft = Draft::new(EventType::ConversationSettingsChanged);
    draft.params.settings = Some(change);
    Ok(vec![draft])
}

/// Whether the caller may add to the conversation in this way now: whatever they add is refused while it is frozen, or they are muted.
pub(super) fn may_add(caller: &Caller<'_>, action: Action) -> Result<(), Rejection> {
    caller.may(action)?;
    if caller.about.settings.frozen && !caller.allowed(Action::Moderate) {
        return Err(Code::Frozen.into());
    }
    super::bans::not_muted(caller)
}

/// Slow mode: between two messages of one member lies a time.
pub(super) fn in_time(caller: &Caller<'_>) -> Result<(), Rejection> {
    let pause_ms = u64::from(caller.about.settings.slow_mode_s) * 1000;
    let next = caller.member.spoke_at.map_or(0, |spoke_at| spoke_at.saturating_add(pause_ms));
    if pause_ms == 0 || next <= caller.actor.at || caller.allowed(Action::Moderate) {
        return Ok(());
    }
    let wait = next - caller.actor.at;
    let message = format!("Slow mode is on; you may send the next message in {} s.", wait.div_ceil(1000));
    Err(Rejection::retry_after(Code::SlowMode, message, wait))
}
