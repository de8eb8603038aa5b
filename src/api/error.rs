//! Errors of the API: data inside, words and Connect codes only here.

use connectrpc::{ConnectError, ErrorCode, ErrorDetail};
use http::{HeaderValue, header::RETRY_AFTER};

use crate::{
    domain::{
        game::{GameError, KeyScope},
        session::SessionError,
        violation::Violation,
    },
    event_store::{AppendError, ExecuteError, StoreError},
    proto::{
        google::rpc::{BadRequest, bad_request::FieldViolation},
        pay::v1::Error as Detail,
    },
    webhooks::SecretsError,
};

/// When to repeat a request whose first one is still running, or one too many: every key may make
/// at least one request a second.
const AFTER_A_SECOND: HeaderValue = HeaderValue::from_static("1");

/// A field of a request that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// Its path: `item.price`.
    pub field: &'static str,
    /// The reason for machines: `invalid_price`.
    pub reason: &'static str,
    /// The rule, and what was received.
    pub violation: Violation,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No key, or one that we do not take.
    #[error("the API key is missing, malformed, unknown, revoked or expired")]
    Unauthorized,
    /// The game is not the key's: the same answer whether or not it exists.
    #[error("game_id must be the game that the API key is of")]
    InvalidGameId,
    /// The key is good, but not for this.
    #[error("the API key lacks the scope {0}")]
    MissingScope(KeyScope),
    /// Fields break rules; at least one.
    #[error("{}", describe(.0))]
    InvalidFields(Vec<InvalidField>),
    /// There is no such session of this game's.
    #[error("there is no such session")]
    SessionNotFound,
    /// The game has no provider for this world.
    #[error("the game has no payment provider set up for {0} money")]
    NoPaymentMethod(crate::domain::world::World),
    /// The `Idempotency-Key` was used for another request.
    #[error("the Idempotency-Key was used before with other parameters")]
    IdempotencyConflict,
    /// The first request under this `Idempotency-Key` has no answer yet.
    #[error("the first request with this Idempotency-Key is still running; repeat it later")]
    InProgress,
    /// The first answer held personal data that was erased since.
    #[error("the first answer to this Idempotency-Key was erased")]
    Erased,
    /// The method is there for clients that know it, and nothing is behind it.
    #[error("wallets are not offered yet: players pay each session on its page")]
    NotOffered,
    /// The session's rules refuse.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The game's rules refuse.
    #[error(transparent)]
    Game(#[from] GameError),
    /// The endpoint was never sent it, or it is gone by now.
    #[error("there is no such delivery to this endpoint, or it is older than 30 days")]
    DeliveryNotFound,
    /// The endpoint has no such recovery.
    #[error("there is no such recovery of this endpoint")]
    RecoveryNotFound,
    /// It is another game's, or was closed.
    #[error("there is no such listener, or nobody asked it for 10 minutes; open another")]
    ListenerNotFound,
    /// The game has as many as it may.
    #[error("the game has 8 listeners already; one that nobody asks is closed after 10 minutes")]
    TooManyListeners,
    /// Nothing is sent to it.
    #[error("the endpoint is disabled, and is sent nothing until it is enabled")]
    EndpointDisabled,
    /// What is for developers only.
    #[error("this is for the test world: a live game server might grant what nobody paid for")]
    TestOnly,
    /// Others changed it at the same time.
    #[error("the object was changed at the same time; try again")]
    Conflict,
    /// The log takes nothing at the moment.
    #[error("the service takes no changes at the moment; try again")]
    Unavailable,
    /// The key was used more often than it may be.
    #[error("the API key is used more often than it may be; nothing was done, repeat it later")]
    RateLimited,
    /// The log may have taken it.
    #[error("whether the change was made is not known; repeat it with the same Idempotency-Key")]
    Unknown,
    /// The operator reads the source in our logs; the caller never sees it.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

fn describe(fields: &[InvalidField]) -> String {
    let each = fields.iter().map(|it| format!("{} {}", it.field, it.violation));
    each.collect::<Vec<_>>().join("; ")
}

impl ApiError {
    /// One broken field.
    pub fn field(field: &'static str, reason: &'static str, violation: Violation) -> Self {
        Self::InvalidFields(vec![InvalidField { field, reason, violation }])
    }

    /// An error that only the operator may read.
    pub fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal(Box::new(error))
    }

    /// The reason for machines and the Connect code. No wildcard arm: whoever adds an error
    /// chooses here.
    fn reason_and_code(&self) -> (&'static str, ErrorCode) {
        match self {
            Self::Unauthorized => ("unauthorized", ErrorCode::Unauthenticated),
            Self::InvalidGameId => ("invalid_game_id", ErrorCode::PermissionDenied),
            Self::MissingScope(_) => ("missing_scope", ErrorCode::PermissionDenied),
            Self::InvalidFields(fields) => {
                let reason = fields.first().map_or("invalid_argument", |it| it.reason);
                (reason, ErrorCode::InvalidArgument)
            }
            Self::SessionNotFound => ("session_not_found", ErrorCode::NotFound),
            Self::NoPaymentMethod(_) => ("no_payment_method", ErrorCode::FailedPrecondition),
            Self::IdempotencyConflict => ("idempotency_conflict", ErrorCode::Aborted),
            Self::InProgress => ("request_in_progress", ErrorCode::Aborted),
            Self::Erased => ("erased", ErrorCode::FailedPrecondition),
            Self::NotOffered => ("unimplemented", ErrorCode::Unimplemented),
            Self::Session(refusal) => session_reason(*refusal),
            Self::Game(refusal) => game_reason(*refusal),
            Self::DeliveryNotFound => ("delivery_not_found", ErrorCode::NotFound),
            Self::RecoveryNotFound => ("recovery_not_found", ErrorCode::NotFound),
            Self::ListenerNotFound => ("listener_not_found", ErrorCode::NotFound),
            Self::TooManyListeners => ("too_many_listeners", ErrorCode::FailedPrecondition),
            Self::EndpointDisabled => ("endpoint_disabled", ErrorCode::FailedPrecondition),
            Self::TestOnly => ("test_only", ErrorCode::FailedPrecondition),
            Self::Conflict => ("conflict", ErrorCode::Aborted),
            Self::Unavailable => ("unavailable", ErrorCode::Unavailable),
            Self::RateLimited => ("rate_limited", ErrorCode::ResourceExhausted),
            Self::Unknown => ("outcome_unknown", ErrorCode::Unavailable),
            Self::Internal(_) => ("internal", ErrorCode::Internal),
        }
    }
}

fn session_reason(refusal: SessionError) -> (&'static str, ErrorCode) {
    let failed = ErrorCode::FailedPrecondition;
    match refusal {
        SessionError::NotFound => ("session_not_found", ErrorCode::NotFound),
        SessionError::AlreadyCreated => ("conflict", ErrorCode::Aborted),
        SessionError::Expired => ("session_expired", failed),
        SessionError::NotPending(_) => ("session_not_pending", failed),
        SessionError::PaymentInProgress => ("payment_in_progress", failed),
        SessionError::PaymentNotFound => ("payment_not_found", ErrorCode::NotFound),
        SessionError::PaymentNotAuthorized => ("payment_not_authorized", failed),
        SessionError::AlreadyRefunded => ("already_refunded", failed),
        SessionError::RefundNotAllowed
        | SessionError::RefundConflict
        | SessionError::RefundNotPending => ("refund_not_allowed", failed),
        SessionError::RefundNotFound => ("refund_not_found", ErrorCode::NotFound),
        // Only the clock asks what is answered so, and a damaged history is ours to mend.
        SessionError::NotExpiredYet
        | SessionError::AuthorizationStillValid
        | SessionError::Corrupt => ("internal", ErrorCode::Internal),
    }
}

fn game_reason(refusal: GameError) -> (&'static str, ErrorCode) {
    match refusal {
        GameError::EndpointNotFound => ("endpoint_not_found", ErrorCode::NotFound),
        GameError::TooManyEndpoints => ("too_many_endpoints", ErrorCode::FailedPrecondition),
        GameError::WebhookTypes | GameError::DeliveryLimits => {
            ("invalid_argument", ErrorCode::InvalidArgument)
        }
        // Nothing that the API asks for is answered so, and a damaged history is ours to mend.
        GameError::NotFound
        | GameError::AlreadyRegistered
        | GameError::Currencies
        | GameError::SessionLifetime
        | GameError::ReturnUrls
        | GameError::ChangedMeanwhile
        | GameError::TooManyKeys
        | GameError::KeyNotFound
        | GameError::KeyRotated
        | GameError::Scopes
        | GameError::RateLimit
        | GameError::Corrupt => ("internal", ErrorCode::Internal),
    }
}

impl From<SecretsError> for ApiError {
    fn from(error: SecretsError) -> Self {
        Self::internal(error)
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Append(AppendError::Unavailable) => Self::Unavailable,
            StoreError::Append(AppendError::Unknown) => Self::Unknown,
            error => Self::internal(error),
        }
    }
}

impl From<ExecuteError<SessionError>> for ApiError {
    fn from(error: ExecuteError<SessionError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Session(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => error.into(),
        }
    }
}

impl From<ExecuteError<GameError>> for ApiError {
    fn from(error: ExecuteError<GameError>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => Self::Game(refusal),
            ExecuteError::Conflict => Self::Conflict,
            ExecuteError::Store(error) => error.into(),
        }
    }
}

/// Logs an internal error here, once; its source goes no further.
impl From<ApiError> for ConnectError {
    fn from(error: ApiError) -> Self {
        let (reason, code) = error.reason_and_code();
        if let ApiError::Internal(source) = &error {
            tracing::error!(error = %source, "a call failed");
        }
        let mut connect = with_reason(code, reason, error.to_string());
        match &error {
            ApiError::InProgress | ApiError::RateLimited => {
                connect.response_headers_mut().insert(RETRY_AFTER, AFTER_A_SECOND);
                connect
            }
            ApiError::InvalidFields(fields) => connect.with_detail(ErrorDetail::from_message(
                "google.rpc.BadRequest",
                &bad_request(fields),
            )),
            _ => connect,
        }
    }
}

/// An error whose reason machines read from its detail and people at the start of its message.
pub(super) fn with_reason(code: ErrorCode, reason: &str, message: String) -> ConnectError {
    let whole = format!("{reason}: {message}");
    let detail = Detail { code: reason.to_owned(), message, ..Detail::default() };
    ConnectError::new(code, whole).with_detail(ErrorDetail::from_message("pay.v1.Error", &detail))
}

fn bad_request(fields: &[InvalidField]) -> BadRequest {
    let violations = fields.iter().map(|it| FieldViolation {
        field: it.field.to_owned(),
        description: it.violation.to_string(),
        ..FieldViolation::default()
    });
    BadRequest { field_violations: violations.collect(), ..BadRequest::default() }
}
