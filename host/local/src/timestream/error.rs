//! How a call fails: the errors of the two service models, in the shape and with the status the service gives them.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

/// Why a call was not answered. Each variant is the error of that name in the service model.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("{0}")]
    Validation(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    ResourceNotFound(String),
    #[error("{0}")]
    QueryExecution(String),
    /// The text is the service's own.
    #[error("One or more records have been rejected. See RejectedRecords for details.")]
    RejectedRecords(Vec<RejectedRecord>),
    #[error("{0}")]
    Serialization(String),
    #[error("operation `{0}` is not known here")]
    UnknownOperation(String),
    #[error("{0}")]
    Internal(String),
}

/// A record that was not written; those not listed were.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RejectedRecord {
    /// Place in the request, from 0.
    pub(crate) record_index: usize,
    pub(crate) reason: String,
    /// The stored version that stood in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) existing_version: Option<i64>,
}

impl ApiError {
    fn name(&self) -> &'static str {
        match self {
            ApiError::Validation(_) => "ValidationException",
            ApiError::Conflict(_) => "ConflictException",
            ApiError::ResourceNotFound(_) => "ResourceNotFoundException",
            ApiError::QueryExecution(_) => "QueryExecutionException",
            ApiError::RejectedRecords(_) => "RejectedRecordsException",
            ApiError::Serialization(_) => "SerializationException",
            ApiError::UnknownOperation(_) => "UnknownOperationException",
            ApiError::Internal(_) => "InternalServerException",
        }
    }

    /// The statuses of the developer guide's table of common errors; 419 is no registered status, but the service's.
    fn status(&self) -> u16 {
        match self {
            ApiError::Validation(_) | ApiError::QueryExecution(_) | ApiError::Serialization(_) => {
                400
            }
            ApiError::ResourceNotFound(_) | ApiError::UnknownOperation(_) => 404,
            ApiError::Conflict(_) => 409,
            ApiError::RejectedRecords(_) => 419,
            ApiError::Internal(_) => 500,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let name = self.name();
        let status =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = json!({
            "__type": format!("com.amazonaws.timestream.v20181101#{name}"),
            "Message": self.to_string(),
        });
        if let ApiError::RejectedRecords(records) = &self {
            body["RejectedRecords"] = serde_json::to_value(records).unwrap_or(Value::Null);
        }
        let headers = [("x-amzn-errortype", name), ("content-type", CONTENT_TYPE)];
        (status, headers, body.to_string()).into_response()
    }
}

/// AWS JSON 1.0's content type, of requests and responses.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
