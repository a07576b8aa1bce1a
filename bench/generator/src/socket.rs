//! A WebSocket split for one thread: a reader that hands out frames, and a writer that anybody may push to without waiting.

use std::cell::{Cell, RefCell};
use std::io::ErrorKind;
use std::rc::Rc;

use fastwebsockets::{Frame, OpCode, Payload, Role, WebSocketRead, after_handshake_split};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes asked of the kernel at once.
const READ_BYTES: usize = 128 * 1024;
/// Longest HTTP head of an upgrade's answer.
const HEAD_LINES: usize = 64;
/// Room for a frame's head.
const FRAME_HEAD: usize = 16;

/// How a socket is opened.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// Path and query.
    pub path: String,
    /// `Sec-WebSocket-Protocol`, where the server wants one.
    pub protocols: Option<String>,
}

/// The reading half.
pub struct Reader(WebSocketRead<BufReader<OwnedReadHalf>>);

/// The writing half. What is pushed while a task runs leaves in one write when that task yields.
pub struct Writer {
    half: OwnedWriteHalf,
    waiting: RefCell<Vec<u8>>,
    scratch: RefCell<Vec<u8>>,
    scheduled: Cell<bool>,
}

/// Opens a socket.
pub async fn open(address: &str, upgrade: &Upgrade) -> Result<(Reader, Rc<Writer>), String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("cannot connect to {address}: {error}"))?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::with_capacity(READ_BYTES, read);
    let protocols =
        upgrade.protocols.as_ref().map(|value| format!("Sec-WebSocket-Protocol: {value}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cXVpcHUtYmVuY2gtMDAwMA==\r\n{protocols}\r\n",
        upgrade.path
    );
    write.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let mut status = String::new();
    read.read_line(&mut status).await.map_err(|error| error.to_string())?;
    if !status.starts_with("HTTP/1.1 101") {
        return Err(format!("the upgrade was answered with {}", status.trim()));
    }
    let mut line = String::new();
    for _ in 0..HEAD_LINES {
        line.clear();
        read.read_line(&mut line).await.map_err(|error| error.to_string())?;
        if line.trim().is_empty() {
            break;
        }
    }
    let (reader, _) = after_handshake_split(read, tokio::io::sink(), Role::Client);
    let writer =
        Writer { half: write, waiting: RefCell::default(), scratch: RefCell::default(), scheduled: Cell::new(false) };
    Ok((Reader(reader), Rc::new(writer)))
}

impl Reader {
    /// Reads for as long as the socket lives, handing each text frame to `take`. The answer says why it ended.
    pub async fn run(mut self, mut take: impl FnMut(&[u8])) -> String {
        // The servers measured here send no ping, and an answered close changes nothing for a run that fails on any close.
        let mut ignore = |_: Frame<'_>| async { Ok::<(), std::io::Error>(()) };
        loop {
            match self.0.read_frame(&mut ignore).await {
                Ok(frame) if frame.opcode == OpCode::Text && frame.fin => take(&frame.payload),
                Ok(frame) if frame.opcode == OpCode::Close => {
                    let (code, reason) = frame.payload.split_at_checked(2).unwrap_or_default();
                    let code = code.try_into().map_or(1005, u16::from_be_bytes);
                    return format!("closed with {code} {}", String::from_utf8_lossy(reason));
                }
                Ok(frame) => return format!("an unexpected frame: {:?}", frame.opcode),
                Err(error) => return format!("broken: {error}"),
            }
        }
    }
}

impl Writer {
    /// Queues a text frame.
    pub fn push(self: &Rc<Self>, text: String) {
        let mut frame = Frame::new(true, OpCode::Text, None, Payload::Owned(text.into_bytes()));
        frame.mask();
        let mut scratch = self.scratch.borrow_mut();
        scratch.reserve(frame.payload.len() + FRAME_HEAD);
        self.waiting.borrow_mut().extend_from_slice(frame.write(&mut scratch));
        if !self.scheduled.replace(true) {
            tokio::task::spawn_local(Rc::clone(self).flush());
        }
    }

    async fn flush(self: Rc<Self>) {
        loop {
            let mut chunk = std::mem::take(&mut *self.waiting.borrow_mut());
            if chunk.is_empty() {
                self.scheduled.set(false);
                return;
            }
            let mut written = 0;
            while let Some(rest) = chunk.get(written..).filter(|rest| !rest.is_empty()) {
                match self.half.try_write(rest) {
                    Ok(count) => written += count,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        if self.half.writable().await.is_err() {
                            return;
                        }
                    }
                    // The reading half reports what happened to the connection.
                    Err(_) => return,
                }
            }
            chunk.clear();
            let mut waiting = self.waiting.borrow_mut();
            if waiting.is_empty() {
                // Keeps the allocation.
                *waiting = chunk;
            }
        }
    }
}
