//! Failures as answers.
//! Owns the status of each kind; a fault of ours is logged and not described to the caller.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use shelf_core::Error;

use crate::Service;

/// An error on its way to the caller.
pub struct Failure(Error);

impl Failure {
    /// Counts an error and makes an answer of it.
    pub fn of(service: &Service, error: Error) -> Failure {
        service.metrics.count_error(&error);
        Failure(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.0 {
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::NotAnId(_) => StatusCode::BAD_REQUEST,
            Error::NoToken => StatusCode::UNAUTHORIZED,
            Error::Damaged(_) | Error::File { .. } | Error::Setting(_) => {
                tracing::error!(error = ?self.0, "request failed");
                return (StatusCode::INTERNAL_SERVER_ERROR, "it is our fault\n").into_response();
            }
        };
        (status, format!("{}\n", self.0)).into_response()
    }
}
