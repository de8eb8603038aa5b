//! Taking money: a charge is booked once, and changes from then on.

use super::{
    BookedCharge, Books, BooksError, ChargeStatus, Transaction, challenges, charge as charges,
    movements, new_name, outbox,
};
use crate::{
    domain::{Timestamp, id::PaymentId, session::DeclineReason},
    providers::{
        Charge,
        sandbox::{instruments::TestInstrument, refusal},
    },
};

impl Books {
    /// Charges once for each payment. Also says whether it was this call that did.
    pub(in super::super) async fn charge(
        &self,
        charge: &Charge,
        now: Timestamp,
    ) -> Result<(BookedCharge, bool), BooksError> {
        let mut transaction = self.pool.begin().await?;
        let instrument = instrument_of(&mut transaction, charge.instrument.as_str()).await?;
        let is_new = self.book(&mut transaction, charge, instrument, now).await?;
        let mut booked = lock(&mut transaction, &charge.payment_id).await?;
        if is_new {
            let agreed = ChargeStatus::agreed(booked.capture_mode);
            let no =
                |reason, text| Ok::<_, BooksError>(ChargeStatus::Declined(refusal(reason, text)?));
            let status = match instrument {
                Some(TestInstrument::Pays | TestInstrument::ApplePay) => agreed,
                Some(TestInstrument::Declined) => {
                    no(DeclineReason::CardDeclined, "The card was declined.")?
                }
                Some(TestInstrument::WithoutFunds) => {
                    no(DeclineReason::InsufficientFunds, "There is not enough money.")?
                }
                Some(TestInstrument::AsksForAuthentication) => {
                    challenges::ask(&mut transaction, &booked.payment_id, now).await?
                }
                Some(TestInstrument::SettlesLater) => ChargeStatus::Pending,
                None => no(DeclineReason::InstrumentRefused, "The bank gave out no such token.")?,
            };
            self.change(&mut transaction, &mut booked, status, now).await?;
        }
        transaction.commit().await?;
        Ok((booked, is_new))
    }

    /// What became of a charge.
    pub(in super::super) async fn look_up(
        &self,
        payment_id: &PaymentId,
    ) -> Result<Option<BookedCharge>, BooksError> {
        charges::find(&self.pool, payment_id.as_str()).await
    }

    /// Whether the row is new. A concurrent repeat waits here for the first to commit.
    async fn book(
        &self,
        transaction: &mut Transaction<'_>,
        charge: &Charge,
        instrument: Option<TestInstrument>,
        now: Timestamp,
    ) -> Result<bool, BooksError> {
        let booked = sqlx::query(
            "INSERT INTO sandbox_bank.charge (payment_id, session_id, instrument, minor_units,
                 currency, capture_mode, status, reference, due_at, booked_at, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7, $8, $9, $9)
             ON CONFLICT (payment_id) DO NOTHING",
        )
        .bind(charge.payment_id.as_str())
        .bind(charge.session_id.as_str())
        .bind(instrument.map(TestInstrument::as_str))
        .bind(charge.amount.minor_units())
        .bind(charge.amount.currency().code())
        .bind(charge.capture_mode.as_str())
        .bind(new_name("charge"))
        .bind(now + self.settle_after)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
        Ok(booked.rows_affected() == 1)
    }

    /// Moves a charge on, and writes down the money that moves and the notification of it.
    pub(super) async fn change(
        &self,
        transaction: &mut Transaction<'_>,
        booked: &mut BookedCharge,
        status: ChargeStatus,
        now: Timestamp,
    ) -> Result<(), BooksError> {
        booked.status = status;
        let due_at = match &booked.status {
            ChargeStatus::Pending => Some(now + self.settle_after),
            ChargeStatus::ActionRequired { .. } => Some(now + challenges::CHALLENGE_LIFETIME),
            _ => None,
        };
        sqlx::query(
            "UPDATE sandbox_bank.charge
             SET status = $2, refusal_reason = $3, refusal_text = $4, due_at = $5, changed_at = $6
             WHERE payment_id = $1",
        )
        .bind(booked.payment_id.as_str())
        .bind(booked.status_word())
        .bind(booked.refusal().map(|it| it.reason.as_str()))
        .bind(booked.refusal().map(|it| it.text.as_str()))
        .bind(due_at)
        .bind(now)
        .execute(&mut **transaction)
        .await?;
        if booked.status == ChargeStatus::Captured {
            movements::write_captured(transaction, booked, now).await?;
        }
        if let Some(news) = booked.news() {
            outbox::add(transaction, &booked.session_id, news, self.notify_at(now), now).await?;
        }
        Ok(())
    }
}

async fn lock(
    transaction: &mut Transaction<'_>,
    payment_id: &PaymentId,
) -> Result<BookedCharge, BooksError> {
    let booked = charges::lock(transaction, payment_id.as_str()).await?;
    booked.ok_or(BooksError::Corrupt("charge"))
}

async fn instrument_of(
    transaction: &mut Transaction<'_>,
    token: &str,
) -> Result<Option<TestInstrument>, BooksError> {
    let word: Option<String> =
        sqlx::query_scalar("SELECT instrument FROM sandbox_bank.token WHERE token = $1")
            .bind(token)
            .fetch_optional(&mut **transaction)
            .await?;
    let read = |it: String| TestInstrument::parse(&it).ok_or(BooksError::Corrupt("instrument"));
    word.map(read).transpose()
}
