//! The requests of a served cache as text: a row for each, and their sums.
//! Owns the layout; the sums are the session's.

use std::fmt::Write;

use lukewarm_model::text::{Safe, Terminal, one_line};
use lukewarm_model::{Request, ServiceFacts};
use lukewarm_session::RequestTotals;

/// Most rows of one batch; further requests are only counted.
const MOST_ROWS: usize = 40;
/// Columns of a key; of a longer key the end is shown, where keys differ.
const KEY: usize = 44;

/// The table of requests, printed in batches.
#[derive(Debug, Default)]
pub struct RequestTable {
    /// The head of the table was printed.
    begun: bool,
}

impl RequestTable {
    /// Rows for requests that ended; none where there are none.
    pub fn rows(&mut self, requests: &[Request]) -> Option<Safe<Terminal>> {
        if requests.is_empty() {
            return None;
        }
        let mut lines = Safe::<Terminal>::empty();
        if !std::mem::replace(&mut self.begun, true) {
            lines.line(format!(
                "{:>9}  {:<6} {:<9} {:<KEY$} {:>9} {:>9} {:>9}  fault",
                "at", "status", "verb", "key", "up", "down", "took"
            ));
        }
        requests.iter().take(MOST_ROWS).for_each(|it| lines.line(row(it)));
        if requests.len() > MOST_ROWS {
            lines.line(format!("{:>9}  and {} more", "", requests.len() - MOST_ROWS));
        }
        Some(lines)
    }
}

/// The sums of all requests, and what is stored.
pub fn summary(totals: &RequestTotals, stored: &ServiceFacts) -> Safe<Terminal> {
    let sum = &totals.all;
    let mut text = format!(
        "{} requests, {} up and {} down ({} and {} with headers); {} entries of {} stored",
        sum.requests,
        sum.bytes_up,
        sum.bytes_down,
        sum.wire_up,
        sum.wire_down,
        stored.objects,
        stored.bytes
    );
    // Writing to a string cannot fail.
    if stored.evicted > 0 {
        let _ = write!(text, ", {} evicted or expired", stored.evicted);
    }
    if sum.faults > 0 {
        let _ = write!(text, "; {} faults made on purpose", sum.faults);
    }
    let mut lines = Safe::from(text);
    for ((operation, status), group) in &totals.by_status {
        let (count, mean, status) = (group.count, group.mean(), status_text(*status));
        lines.line(format!("  {:<7} {status:<6} {count:>9}  mean {mean}", operation.name()));
    }
    lines
}

fn row(request: &Request) -> String {
    let key = one_line(&request.key).into_owned();
    let count = key.chars().count();
    let key = match count > KEY {
        true => format!("…{}", key.chars().skip(count - KEY + 1).collect::<String>()),
        false => key,
    };
    let verb: String = short(&request.verb).chars().take(9).collect();
    let fault = request.fault.map(|fault| fault.to_string()).unwrap_or_default();
    let line = format!(
        "{:>9.3}  {:<6} {verb:<9} {key:<KEY$} {:>9} {:>9} {:>9}  {fault}",
        request.at.0,
        status_text(request.status),
        request.body_up.to_string(),
        request.body_down.to_string(),
        (request.end - request.at).to_string(),
    );
    line.trim_end().to_owned()
}

fn status_text(status: u16) -> String {
    if status == 0 { "broken".to_owned() } else { status.to_string() }
}

/// The calls of the GitHub Actions cache by names that fit a column.
fn short(verb: &str) -> String {
    match verb {
        "GetCacheEntryDownloadURL" => "find".to_owned(),
        "CreateCacheEntry" => "create".to_owned(),
        "FinalizeCacheEntryUpload" => "finalize".to_owned(),
        verb => one_line(verb).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, Operation, Seconds};

    use super::*;

    fn request(key: &str, status: u16) -> Request {
        Request {
            at: Seconds(1.25),
            verb: "GET".to_owned(),
            key: key.to_owned(),
            scope: String::new(),
            operation: Operation::Read,
            status,
            body_up: Bytes(0),
            body_down: Bytes(2_500_000),
            wire_up: Bytes(100),
            wire_down: Bytes(2_500_100),
            queued: Seconds(0.0),
            first_byte: Seconds(1.26),
            end: Seconds(1.5),
            connection: 1,
            listener: 0,
            fault: None,
        }
    }

    #[test]
    fn each_request_is_a_row_under_one_head() {
        let mut requests = RequestTable::default();
        let rows = requests.rows(&[request("a/b", 200), request(&"x/".repeat(40), 0)]).unwrap();
        let lines: Vec<&str> = rows.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("status") && lines[1].contains(" 200 "), "{rows}");
        assert!(lines[1].contains("2.50 MB") && lines[2].contains("broken"), "{rows}");
        assert!(lines[2].contains('…'), "{rows}");
        assert_eq!(requests.rows(&[request("\u{1b}[2J", 200)]).unwrap().lines().count(), 1);
        assert!(!requests.rows(&[request("\u{1b}[2J", 200)]).unwrap().contains('\u{1b}'));
        assert!(requests.rows(&[]).is_none());
        let many = vec![request("k", 200); 100];
        assert!(requests.rows(&many).unwrap().ends_with("and 60 more\n"));
    }

    #[test]
    fn the_summary_has_every_status() {
        let mut totals = RequestTotals::default();
        totals.add(&[request("a", 200), request("b", 200), request("c", 404)]);
        let stored = ServiceFacts { objects: 2, bytes: Bytes(5_000_000), evicted: 1 };
        let text = summary(&totals, &stored);
        assert!(text.starts_with("3 requests, 0 B up and 7.50 MB down"), "{text}");
        assert!(text.contains("2 entries of 5.00 MB stored, 1 evicted"), "{text}");
        assert!(text.contains("read    200            2  mean 250 ms"), "{text}");
        assert!(text.contains("read    404            1"), "{text}");
    }
}
