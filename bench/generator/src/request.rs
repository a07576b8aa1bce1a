//! HTTP over one kept connection.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Header names and values besides host.
    pub headers: Vec<(&'static str, String)>,
    /// JSON body; empty for none.
    pub body: String,
}

impl Call {
    /// A plain GET.
    pub fn get(path: String) -> Self {
        Self { method: Method::GET, path, headers: Vec::new(), body: String::new() }
    }
}

/// A connection.
pub struct Connection {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

/// Connections that make many calls at once.
const TOGETHER: usize = 16;

/// Makes many calls, in no order.
pub async fn call_all(address: &str, calls: Vec<Call>) -> Result<(), String> {
    let share = calls.len().div_ceil(TOGETHER).max(1);
    let mut tasks = Vec::with_capacity(TOGETHER);
    for chunk in calls.chunks(share) {
        let (chunk, mut http) = (chunk.to_vec(), Connection::open(address).await?);
        tasks.push(tokio::task::spawn_local(async move {
            for call in &chunk {
                http.call(call).await?;
            }
            Ok::<(), String>(())
        }));
    }
    for task in tasks {
        task.await.map_err(|error| error.to_string())??;
    }
    Ok(())
}

impl Connection {
    /// Connects; must be called within a `LocalSet`.
    pub async fn open(address: &str) -> Result<Self, String> {
        let stream =
            TcpStream::connect(address).await.map_err(|error| format!("cannot connect to {address}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::task::spawn_local(connection);
        Ok(Self { address: address.to_owned(), sender })
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends one request; the answer is the body and how long it took until the last byte. A status of 300 and above is an error.
    pub async fn call(&mut self, call: &Call) -> Result<(Bytes, Duration), String> {
        let mut request = Request::builder().method(&call.method).uri(&call.path).header("host", "localhost");
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if !call.body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::new(Bytes::from(call.body.clone()))).map_err(|error| error.to_string())?;
        let started = Instant::now();
        let response = self.sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let took = started.elapsed();
        if !status.is_success() {
            return Err(format!(
                "{} {} was answered with {status}: {}",
                call.method,
                call.path,
                String::from_utf8_lossy(&body)
            ));
        }
        Ok((body, took))
    }
}
