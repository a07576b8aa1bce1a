//! Cells, as sockets are told of them.

use quipu_schema::limits;
use quipu_schema::socket::{Cell, Cells, ServerFrame};
use wasm_bindgen::JsValue;

use super::live::Live;
use crate::platform::now_ms;

/// Tells a small conversation the cells of its members, and in a large one each member their own; what is private only its owner, everywhere.
pub(super) fn send_cells(live: &mut Live, cells: &[Cell]) {
    // Somebody may have gone between the change and this.
    let cells: Vec<Cell> = cells.iter().filter(|cell| live.state.member(&cell.user()).is_some()).cloned().collect();
    if cells.is_empty() {
        return;
    }
    let version = live.cells_version;
    let frame =
        |cells: Vec<Cell>| serde_json::to_string(&ServerFrame::Cells(Cells { version, cells })).unwrap_or_default();
    let small = live.state.active_count() <= limits::SMALL_CONVERSATION;
    let (shared, own): (Vec<Cell>, Vec<Cell>) = cells.into_iter().partition(|cell| small && !cell.is_private());
    if !shared.is_empty() {
        live.connections.broadcast(&frame(shared), None, now_ms());
    }
    for cell in own {
        let user = cell.user();
        let own = JsValue::from_str(&frame(vec![cell]));
        for (_, connection) in live.connections.iter_mut().filter(|(_, connection)| connection.user() == user) {
            let _ = connection.socket.send(&own);
        }
    }
}
