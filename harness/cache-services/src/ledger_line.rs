//! The lines of a ledger's file: a request each, as JSON.
//! Owns their form, for the logs of a run and for `lukewarm serve --ledger`; what a request is, is
//! the model's.

use std::io::{self, Write};

use lukewarm_model::{Bytes, FaultKind, Operation, Request, Seconds};
use serde::Serialize;

/// A request, with its fields in the order they are written. Times count from the service's start.
#[derive(Serialize)]
struct LedgerLine<'a> {
    at: Seconds,
    verb: &'a str,
    key: &'a str,
    /// Absent where the service has no scopes.
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    operation: Operation,
    status: u16,
    body_up: Bytes,
    body_down: Bytes,
    wire_up: Bytes,
    wire_down: Bytes,
    queued: Seconds,
    first_byte: Seconds,
    end: Seconds,
    connection: u64,
    /// Absent for the service's own address.
    #[serde(skip_serializing_if = "is_own")]
    listener: u32,
    /// Absent where nothing was made to go wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<FaultKind>,
}

fn is_own(listener: &u32) -> bool {
    *listener == 0
}

/// Writes requests, one a line.
///
/// # Errors
/// When the file cannot be written.
pub fn write_ledger(file: &mut impl Write, requests: &[Request]) -> io::Result<()> {
    for request in requests {
        serde_json::to_writer(&mut *file, &LedgerLine::from(request))?;
        file.write_all(b"\n")?;
    }
    Ok(())
}

impl<'a> From<&'a Request> for LedgerLine<'a> {
    fn from(request: &'a Request) -> LedgerLine<'a> {
        // Taken apart by name, so that a new field cannot be forgotten here.
        let Request {
            at,
            verb,
            key,
            scope,
            operation,
            status,
            body_up,
            body_down,
            wire_up,
            wire_down,
            queued,
            first_byte,
            end,
            connection,
            listener,
            fault,
        } = request;
        LedgerLine {
            at: *at,
            verb,
            key,
            scope,
            operation: *operation,
            status: *status,
            body_up: *body_up,
            body_down: *body_down,
            wire_up: *wire_up,
            wire_down: *wire_down,
            queued: *queued,
            first_byte: *first_byte,
            end: *end,
            connection: *connection,
            listener: *listener,
            fault: *fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_every_field_in_its_order_and_leaves_out_what_is_not_there() {
        let request = Request {
            at: Seconds(0.5),
            verb: "GET".to_owned(),
            key: "a/b".to_owned(),
            scope: String::new(),
            operation: Operation::Read,
            status: 200,
            body_up: Bytes(0),
            body_down: Bytes(10),
            wire_up: Bytes(100),
            wire_down: Bytes(120),
            queued: Seconds(0.0),
            first_byte: Seconds(0.625),
            end: Seconds(0.75),
            connection: 3,
            listener: 0,
            fault: None,
        };
        let mut scoped = Request { scope: "refs/heads/main".to_owned(), ..request.clone() };
        (scoped.fault, scoped.listener) = (Some(FaultKind::Status(503)), 2);
        let mut text = Vec::new();
        write_ledger(&mut text, &[request, scoped]).unwrap();
        let rest = r#""operation":"read","status":200,"body_up":0,"body_down":10,"wire_up":100,"wire_down":120,"queued":0.0,"first_byte":0.625,"end":0.75,"connection":3"#;
        let wanted = format!(
            "{{\"at\":0.5,\"verb\":\"GET\",\"key\":\"a/b\",{rest}}}\n\
             {{\"at\":0.5,\"verb\":\"GET\",\"key\":\"a/b\",\"scope\":\"refs/heads/main\",{rest},\
             \"listener\":2,\"fault\":\"503\"}}\n"
        );
        assert_eq!(String::from_utf8(text).unwrap(), wanted);
    }
}
