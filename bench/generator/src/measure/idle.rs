//! Sockets that only stay open, for the server's memory to be looked at by the caller.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, stdin};

use crate::request::Connection;
use crate::room::Room;
use crate::wire::Wire;

/// Nobody holds sockets longer than this.
const LONGEST: Duration = Duration::from_secs(120);

/// Makes the conversation, says `created` and waits for a line; then opens a socket for each member, says `ready`, and holds them until
/// standard input ends.
pub async fn run<W: Wire>(wire: W, address: &str, name: &str, members: usize) -> Result<Value, String> {
    let mut input = BufReader::new(stdin());
    let id = wire.create(&mut Connection::open(address).await?, name, members).await?;
    println!("created");
    input.read_line(&mut String::new()).await.map_err(|error| error.to_string())?;
    let room = Room::join(wire, address, id, members).await?;
    println!("ready");
    // Either way it is over: input ended, or nobody came for it.
    let _ = tokio::time::timeout(LONGEST, input.read_to_end(&mut Vec::new())).await;
    let violations = room.drain(Duration::from_secs(10)).await;
    Ok(json!({ "members": members, "violations": violations }))
}
