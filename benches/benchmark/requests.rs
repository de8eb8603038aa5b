//! What game servers and players send, as bytes on the wire.

use std::io::Write;

use uuid::Uuid;

use crate::{commands::a_player, load::Script, service::GAME};

const CREATE_SESSION: &str = "/pay.v1.PaymentService/CreateSession";
const GET_SESSION_STATUS: &str = "/pay.v1.PaymentService/GetSessionStatus";

/// The guide's request, of any of the game's players.
pub(crate) fn purchase() -> String {
    let player = a_player();
    format!(
        r#"{{"game_id":"{GAME}","user_id":"{player}","item":{{"title":"50 Gold Coins","price":499,"currency":"USD"}},"return_url":"mygame://payment-complete"}}"#
    )
}

/// A call of the API in Connect's JSON.
pub(crate) fn call(request: &mut Vec<u8>, path: &str, headers: &str, body: &str) {
    write!(
        request,
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
}

fn bearer(api_key: &str) -> String {
    format!("authorization: Bearer {api_key}\r\n")
}

/// Opens a session with each request.
pub(crate) struct Creates {
    headers: String,
    path: &'static str,
    is_idempotent: bool,
}

impl Creates {
    pub(crate) fn new(api_key: &str, is_idempotent: bool) -> Self {
        Self { headers: bearer(api_key), path: CREATE_SESSION, is_idempotent }
    }

    /// The same of a peer that has a path of its own.
    pub(crate) fn at(path: &'static str) -> Self {
        Self { headers: String::new(), path, is_idempotent: false }
    }
}

impl Script for Creates {
    fn next(&mut self, _answer: &[u8], request: &mut Vec<u8>) {
        if self.is_idempotent {
            let headers = format!("{}idempotency-key: {}\r\n", self.headers, Uuid::new_v4());
            call(request, self.path, &headers, &purchase());
        } else {
            call(request, self.path, &self.headers, &purchase());
        }
    }
}

/// Asks for the status of one session after the other.
pub(crate) struct Statuses {
    headers: String,
    ids: std::sync::Arc<Vec<String>>,
    at: usize,
}

impl Statuses {
    /// `nth` of the connections: each begins at another session.
    pub(crate) fn new(api_key: &str, ids: &std::sync::Arc<Vec<String>>, nth: usize) -> Self {
        Self { headers: bearer(api_key), ids: std::sync::Arc::clone(ids), at: nth * 31 }
    }
}

impl Script for Statuses {
    fn next(&mut self, _answer: &[u8], request: &mut Vec<u8>) {
        self.at += 1;
        let id = &self.ids[self.at % self.ids.len()];
        let body = format!(r#"{{"session_id":"{id}"}}"#);
        call(request, GET_SESSION_STATUS, &self.headers, &body);
    }
}

/// Gets one path again and again.
pub(crate) struct Gets(pub(crate) String);

impl Script for Gets {
    fn next(&mut self, _answer: &[u8], request: &mut Vec<u8>) {
        write!(request, "GET {} HTTP/1.1\r\nhost: bench\r\n\r\n", self.0).unwrap();
    }
}
