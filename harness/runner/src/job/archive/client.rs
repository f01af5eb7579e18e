//! The calls of the cache service's second version, in JSON as `@actions/cache` makes them,
//! with its retries: 500, 502, 503, 504 and broken connections up to five attempts, 3 s × 1.5
//! apart; a 429 is never retried (actions/toolkit, `cacheTwirpClient.ts`).

use std::io;
use std::time::Duration;

use lukewarm_cache_tools::Archive;
use lukewarm_model::{Classify, ErrorKind};
use serde::{Deserialize, Serialize};
use ureq::Agent;

use crate::process::Processes;

/// Downloads at once.
pub const DOWNLOADS: usize = 8;

/// A client of one job.
#[derive(Debug)]
pub struct Client {
    pub(super) agent: Agent,
    pub(super) processes: Processes,
    retries: Retries,
}

/// How often and how fast a failed call is repeated.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Calls in all.
    pub attempts: u32,
    /// The wait before the second.
    pub first_wait: Duration,
    /// How much longer each further wait is.
    pub factor: f64,
}

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A limit refused it.
    #[error("{what}: refused by a limit (429), Retry-After {retry_after}")]
    Limited {
        /// The call.
        what: String,
        /// The time to wait, from the service's answer.
        retry_after: String,
    },
    /// The service answered with another status than the call wants.
    #[error("{what}: status {status}")]
    Status {
        /// The call.
        what: String,
        /// HTTP status.
        status: u16,
    },
    /// The connection broke.
    #[error("{what}: {source}")]
    Connection {
        /// The call.
        what: String,
        /// What broke.
        source: ureq::Error,
    },
    /// A file on this machine could not be read or written.
    #[error("archive file")]
    File(#[from] io::Error),
    /// The answer does not make sense.
    #[error("{what}: {why}")]
    Answer {
        /// The call.
        what: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Classify for ClientError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

impl Default for Retries {
    fn default() -> Retries {
        Retries { attempts: 5, first_wait: Duration::from_secs(3), factor: 1.5 }
    }
}

#[derive(Serialize)]
struct Find<'a> {
    key: &'a str,
    restore_keys: &'a [String],
    version: &'a str,
}

#[derive(Deserialize)]
struct FoundEntry {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    signed_download_url: String,
    #[serde(default)]
    matched_key: String,
}

#[derive(Serialize)]
struct Reserve<'a> {
    key: &'a str,
    version: &'a str,
}

#[derive(Deserialize)]
struct Reserved {
    #[serde(default)]
    ok: bool,
    #[serde(default)]
    signed_upload_url: String,
}

#[derive(Serialize)]
struct Finalize<'a> {
    key: &'a str,
    version: &'a str,
    /// 64-bit numbers are texts in protobuf's JSON.
    size_bytes: String,
}

#[derive(Deserialize)]
struct Finalized {
    #[serde(default)]
    ok: bool,
}

impl Client {
    /// A client that stops when the processes of its run are cancelled.
    pub fn new(processes: Processes, retries: Retries) -> Client {
        let stall = Some(Duration::from_secs(60));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // The service is on loopback: a proxy of the user's has no part in it.
            .proxy(None)
            .timeout_per_read(stall)
            .timeout_per_write(stall)
            .max_idle_connections_per_host(DOWNLOADS)
            .build()
            .new_agent();
        Client { agent, processes, retries }
    }

    /// Looks an entry up: the key that matched, and where its bytes are.
    ///
    /// # Errors
    /// When the service refuses or is not reached.
    pub fn find(&self, archive: &Archive) -> Result<Option<(String, String)>, ClientError> {
        let body = Find {
            key: &archive.key,
            restore_keys: &archive.restore_keys,
            version: &archive.version,
        };
        let found: FoundEntry = match self.call(archive, "GetCacheEntryDownloadURL", &body)? {
            Some(found) => found,
            None => return Ok(None),
        };
        Ok(found.ok.then_some((found.matched_key, found.signed_download_url)))
    }

    /// Reserves a new entry: where its bytes go; none when the key is taken.
    ///
    /// # Errors
    /// When the service refuses or is not reached.
    pub fn reserve(&self, archive: &Archive) -> Result<Option<String>, ClientError> {
        let body = Reserve { key: &archive.key, version: &archive.version };
        let reserved: Option<Reserved> = self.call(archive, "CreateCacheEntry", &body)?;
        Ok(reserved.filter(|reserved| reserved.ok).map(|reserved| reserved.signed_upload_url))
    }

    /// Makes an uploaded entry visible.
    ///
    /// # Errors
    /// When the service refuses or is not reached.
    pub fn finalize(&self, archive: &Archive, size: u64) -> Result<(), ClientError> {
        let body =
            Finalize { key: &archive.key, version: &archive.version, size_bytes: size.to_string() };
        let what = "FinalizeCacheEntryUpload";
        match self.call::<_, Finalized>(archive, what, &body)? {
            Some(Finalized { ok: true }) => Ok(()),
            _ => Err(ClientError::Answer { what: what.to_owned(), why: "not ok".to_owned() }),
        }
    }

    /// One call; none where the service answers that the entry exists, or does not exist.
    fn call<B: Serialize, A: serde::de::DeserializeOwned>(
        &self,
        archive: &Archive,
        method: &str,
        body: &B,
    ) -> Result<Option<A>, ClientError> {
        let url = format!(
            "{}/twirp/github.actions.results.api.v1.CacheService/{method}",
            archive.endpoint.url
        );
        let token = format!("Bearer {}", archive.endpoint.token().unwrap_or_default());
        let answer = |why: String| ClientError::Answer { what: method.to_owned(), why };
        let body = serde_json::to_vec(body).map_err(|error| answer(error.to_string()))?;
        let mut response = self.retry(method, || {
            let request = self.agent.post(&url).header("Authorization", &token);
            request.header("Content-Type", "application/json").send(&body)
        })?;
        match response.status().as_u16() {
            200 => {}
            404 | 409 => return Ok(None),
            _ => return Err(refusal(method, &response)),
        }
        let text = response
            .body_mut()
            .read_to_vec()
            .map_err(|source| ClientError::Connection { what: method.to_owned(), source })?;
        serde_json::from_slice(&text).map(Some).map_err(|error| answer(error.to_string()))
    }

    /// Makes a call until it is answered, with the waits of the real client between attempts.
    pub(super) fn retry<T>(
        &self,
        what: &str,
        mut call: impl FnMut() -> Result<ureq::http::Response<T>, ureq::Error>,
    ) -> Result<ureq::http::Response<T>, ClientError> {
        let mut wait = self.retries.first_wait;
        let mut attempt = 1;
        loop {
            let result = call();
            let again = match &result {
                Ok(response) => matches!(response.status().as_u16(), 500 | 502 | 503 | 504),
                Err(_) => true,
            };
            if !again || attempt >= self.retries.attempts || self.processes.is_cancelled() {
                let connection = |source| ClientError::Connection { what: what.to_owned(), source };
                return result.map_err(connection);
            }
            self.processes.sleep(wait);
            wait = wait.mul_f64(self.retries.factor);
            attempt += 1;
        }
    }
}

/// The error of an answer that is not what the call wants.
pub(super) fn refusal<T>(what: &str, response: &ureq::http::Response<T>) -> ClientError {
    let what = what.to_owned();
    match response.status().as_u16() {
        429 => {
            let header = response.headers().get("Retry-After");
            let retry_after = header.and_then(|value| value.to_str().ok()).unwrap_or("unsaid");
            ClientError::Limited { what, retry_after: retry_after.to_owned() }
        }
        status => ClientError::Status { what, status },
    }
}

#[cfg(test)]
pub(super) mod tests {
    use lukewarm_cache_tools::Compression;
    use lukewarm_model::{Endpoint, ServiceKind};
    use wiremock::matchers::{method, path_regex};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    pub fn archive(url: &str) -> Archive {
        Archive {
            endpoint: Endpoint::with_token(ServiceKind::GITHUB_ACTIONS, url, "token"),
            key: "key".to_owned(),
            key_inputs: None,
            restore_keys: Vec::new(),
            version: "version".to_owned(),
            root: "/no/such/root".into(),
            compression: Compression::Zstd,
            paths: Vec::new(),
            pruned: Vec::new(),
        }
    }

    pub fn hasty() -> Client {
        let retries = Retries { first_wait: Duration::from_millis(1), ..Retries::default() };
        Client::new(Processes::default(), retries)
    }

    /// Runs a blocking client against a server that answers each call in turn.
    fn answers(templates: Vec<ResponseTemplate>, ask: impl FnOnce(&Archive)) -> usize {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let server = runtime.block_on(MockServer::start());
        let count = templates.len();
        for (index, template) in templates.into_iter().enumerate() {
            let times = if index + 1 == count { u64::MAX } else { 1 };
            let mock = Mock::given(method("POST")).and(path_regex("CacheService"));
            runtime.block_on(mock.respond_with(template).up_to_n_times(times).mount(&server));
        }
        ask(&archive(&server.uri()));
        runtime.block_on(server.received_requests()).unwrap().len()
    }

    #[test]
    fn a_broken_service_is_asked_again_until_it_answers() {
        let found = ResponseTemplate::new(200).set_body_string(
            r#"{"ok":true,"signed_download_url":"http://x/y?z","matched_key":"key"}"#,
        );
        let templates = vec![ResponseTemplate::new(503), ResponseTemplate::new(500), found];
        let calls = answers(templates, |archive| {
            let found = hasty().find(archive).unwrap();
            assert_eq!(found, Some(("key".to_owned(), "http://x/y?z".to_owned())));
        });
        assert_eq!(calls, 3);
    }

    #[test]
    fn a_service_that_stays_broken_is_asked_five_times() {
        let calls = answers(vec![ResponseTemplate::new(502)], |archive| {
            let error = hasty().find(archive).unwrap_err();
            assert_eq!(error.to_string(), "GetCacheEntryDownloadURL: status 502");
        });
        assert_eq!(calls, 5);
    }

    #[test]
    fn a_limit_is_never_retried() {
        let limited = ResponseTemplate::new(429).insert_header("Retry-After", "18");
        let calls = answers(vec![limited], |archive| {
            let error = hasty().reserve(archive).unwrap_err();
            let wanted = "CreateCacheEntry: refused by a limit (429), Retry-After 18";
            assert_eq!(error.to_string(), wanted);
        });
        assert_eq!(calls, 1);
    }

    #[test]
    fn a_taken_key_and_a_missing_entry_are_no_errors() {
        answers(vec![ResponseTemplate::new(409)], |archive| {
            assert!(hasty().reserve(archive).unwrap().is_none());
        });
        let miss = ResponseTemplate::new(200).set_body_string(r#"{"ok":false}"#);
        answers(vec![miss], |archive| assert!(hasty().find(archive).unwrap().is_none()));
    }

    #[test]
    fn nonsense_is_told() {
        let nonsense = ResponseTemplate::new(200).set_body_string("<html>");
        answers(vec![nonsense], |archive| {
            let error = hasty().find(archive).unwrap_err();
            assert!(error.to_string().starts_with("GetCacheEntryDownloadURL: expected"), "{error}");
        });
    }
}
