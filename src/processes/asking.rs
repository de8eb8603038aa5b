//! Follows the log for events that ask a provider for something, and notes each call to be made.

use sqlx::PgConnection;

use super::call::{CallKind, asked_by};
use crate::{
    domain::session::Session,
    event_store::{
        RecordedEntry, read_envelope, stream_id,
        subscription::{HandleError, Subscriber},
    },
};

/// Events after which money is not where it should be. A mismatch waits for a human from the first;
/// of refusals each is told, since the eighth, after which nobody asks again, looks as they all do.
const NEEDS_A_HUMAN: [&str; 3] = ["CaptureMismatched", "RefundFailed", "VoidFailed"];

/// The subscription. Its effect is a row of `provider_call`; making the call is the worker's.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProviderCalls;

impl Subscriber for ProviderCalls {
    const NAME: &'static str = "provider-calls";
    const GENERATION: i32 = 1;
    /// A provider must not hear of an event twice because of a rebuild.
    const REPLAYABLE: bool = false;

    async fn handle(
        &self,
        connection: &mut PgConnection,
        entry: &RecordedEntry,
    ) -> Result<(), HandleError> {
        let Some(session_id) = stream_id::<Session>(&entry.stream) else { return Ok(()) };
        if NEEDS_A_HUMAN.contains(&entry.event_type.as_str()) {
            metrics::counter!("toffeepay_needs_a_human_total").increment(1);
            let (event, position) = (&entry.event_type, entry.position);
            tracing::error!(
                session_id,
                event,
                position,
                "money is not where it should be: a human should look"
            );
        }
        let Some(kind) = asked_by(&entry.event_type) else { return Ok(()) };
        let envelope = read_envelope(entry).map_err(HandleError::refused)?;
        let field = |name: &str| envelope.data.get(name).and_then(|it| it.as_str());
        let payment_id = field("payment_id");
        let payment_id = payment_id.ok_or_else(|| HandleError::refused("names no payment"))?;
        let number = envelope.data.get("number").and_then(|it| it.as_i64());
        sqlx::query(
            "INSERT INTO provider_call
                 (event_id, correlation, kind, session_id, payment_id, refund_id, request)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        )
        .bind(envelope.event_id.as_str())
        .bind(&envelope.correlation)
        .bind(kind.as_str())
        .bind(session_id)
        .bind(payment_id)
        .bind(field("refund_id").filter(|_| kind == CallKind::Refund))
        .bind(number.filter(|_| kind.is_numbered()))
        .execute(connection)
        .await?;
        Ok(())
    }
}
