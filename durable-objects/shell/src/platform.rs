//! What the platform has and workers-rs does not bind, and what is called too often for its conversions.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A promise whose outcome calls a function that is made once and kept, which costs less than a future for each.
    type Settling;
    #[wasm_bindgen(method, js_name = then)]
    fn settled(this: &Settling, fulfilled: &JsValue, rejected: &JsValue) -> JsValue;

    /// `DurableObjectState`.
    pub type Object;
    /// The method that resets the object: memory gone, sockets closed, the next request starts anew.
    #[wasm_bindgen(method, getter)]
    fn abort(this: &Object) -> Function;
    /// When the platform last answered a keep-alive of a socket by itself; null where it never did.
    #[wasm_bindgen(method, js_name = getWebSocketAutoResponseTimestamp)]
    fn auto_response_timestamp(this: &Object, socket: &Socket) -> Option<js_sys::Date>;

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, ms: i32) -> JsValue;

    /// `DurableObjectStorage`.
    #[derive(Clone)]
    pub type Storage;
    /// Runs a function so that its writes are kept together or, when it throws, not at all.
    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub fn transaction_sync(
        this: &Storage,
        work: &mut dyn FnMut() -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue>;
    /// Arms the alarm. The write joins the turn's commit; the promise need not be awaited.
    #[wasm_bindgen(method, js_name = setAlarm)]
    pub fn set_alarm(this: &Storage, at_ms: f64) -> Promise;
    /// When the alarm rings, Unix milliseconds; null when none is armed.
    #[wasm_bindgen(method, js_name = getAlarm)]
    pub fn get_alarm(this: &Storage) -> Promise;
    /// Resolves when every write so far is durable.
    #[wasm_bindgen(method)]
    pub fn sync(this: &Storage) -> Promise;
    /// The SQLite database.
    #[wasm_bindgen(method, getter)]
    pub fn sql(this: &Storage) -> Database;

    /// `SqlStorage`.
    #[derive(Clone)]
    pub type Database;
    /// Runs a statement.
    #[wasm_bindgen(method, catch, variadic)]
    pub fn exec(this: &Database, statement: &JsValue, bindings: &Array) -> Result<Cursor, JsValue>;

    /// `SqlStorageCursor`.
    pub type Cursor;
    /// Rows as arrays.
    #[wasm_bindgen(method, catch)]
    pub fn raw(this: &Cursor) -> Result<RawCursor, JsValue>;
    /// The iterator that [`Cursor::raw`] returns.
    pub type RawCursor;
    /// All rows at once.
    #[wasm_bindgen(method, catch, js_name = toArray)]
    pub fn to_array(this: &RawCursor) -> Result<Array, JsValue>;

    /// A hibernatable WebSocket.
    #[derive(Clone)]
    pub type Socket;
    /// Sends a frame. The text is a JavaScript string already, so that one conversion serves all sockets.
    #[wasm_bindgen(method, catch)]
    pub fn send(this: &Socket, frame: &JsValue) -> Result<(), JsValue>;
    /// Closes with a code and a reason.
    #[wasm_bindgen(method, catch)]
    pub fn close(this: &Socket, code: u16, reason: &str) -> Result<(), JsValue>;
    /// Keeps up to 16 KiB with the socket through hibernation.
    #[wasm_bindgen(method, catch, js_name = serializeAttachment)]
    pub fn serialize_attachment(this: &Socket, value: &JsValue) -> Result<(), JsValue>;
    /// What was kept.
    #[wasm_bindgen(method, catch, js_name = deserializeAttachment)]
    pub fn deserialize_attachment(this: &Socket) -> Result<JsValue, JsValue>;
    /// The connection this process knows the socket by; absent after hibernation.
    #[wasm_bindgen(method, getter, js_name = quipuConnection)]
    pub fn connection(this: &Socket) -> Option<f64>;
    /// Remembers the connection for the life of this process.
    #[wasm_bindgen(method, setter, js_name = quipuConnection)]
    pub fn set_connection(this: &Socket, connection: f64);

    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(into: &mut [u8]) -> Result<JsValue, JsValue>;
}

impl Socket {
    /// The platform's socket behind the library's.
    pub fn of(socket: &worker::WebSocket) -> Self {
        let raw: &worker::worker_sys::web_sys::WebSocket = socket.as_ref();
        raw.clone().unchecked_into()
    }
}

/// What came over a socket.
pub enum Incoming {
    /// A text frame.
    Text(String),
    /// A binary frame, unread: the protocol has none.
    Binary,
}

impl From<&JsValue> for Incoming {
    fn from(message: &JsValue) -> Self {
        message.as_string().map_or(Self::Binary, Self::Text)
    }
}

/// When a keep-alive of a socket was last answered, Unix milliseconds.
pub fn last_keep_alive(object: &worker::durable::State, socket: &Socket) -> Option<u64> {
    let object: &Object = object.as_raw().unchecked_ref();
    object.auto_response_timestamp(socket).map(|at| at.get_time() as u64)
}

/// Calls `done` when the promise settles, whichever way.
pub fn when_settled(promise: Promise, done: &Closure<dyn FnMut()>) {
    let promise: Settling = JsValue::from(promise).unchecked_into();
    promise.settled(done.as_ref(), done.as_ref());
}

/// Resets the object in a moment, from a timer of its own: `abort` ends the running JavaScript where it stands, which must not be in the
/// middle of this module.
pub fn abort_soon(object: &Object, reason: &str) {
    let abort = object.abort().bind1(object.as_ref(), &JsValue::from_str(reason));
    set_timeout(abort.unchecked_ref(), 10);
}

/// Unix milliseconds. The platform moves its clock with I/O only.
pub fn now_ms() -> u64 {
    // A positive integer below 2^53.
    js_sys::Date::now() as u64
}

/// Random bytes in portions: one call into JavaScript serves many salts.
#[derive(Debug)]
pub struct Random {
    pool: Vec<u8>,
    used: usize,
}

impl Default for Random {
    fn default() -> Self {
        Self { pool: vec![0; 2048], used: 2048 }
    }
}

impl Random {
    /// 16 random bytes.
    pub fn next16(&mut self) -> [u8; 16] {
        if self.used + 16 > self.pool.len() {
            // At most 65,536 bytes at a time never fail (W3C Web Cryptography, getRandomValues).
            let _ = get_random_values(&mut self.pool);
            self.used = 0;
        }
        let mut out = [0; 16];
        if let Some(bytes) = self.pool.get_mut(self.used..self.used + 16) {
            out.copy_from_slice(bytes);
            bytes.fill(0);
        }
        self.used += 16;
        out
    }
}
