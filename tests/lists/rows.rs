//! Rows of sessions, payments and refunds, as many as wanted, and the requests that find them.

use sqlx::{PgPool, raw_sql};
use toffeepay::{
    domain::world::World,
    projections::list::{Filter, Window},
};

/// The game that most rows are of.
pub(crate) const GAME: &str = "space_shooter";

/// All that the game has.
pub(crate) const ALL: Filter<'static> =
    Filter { game_id: GAME, world: World::Test, user_id: None, payment_id: None, status: None };

pub(crate) fn window(limit: u32, offset: u32) -> Window {
    Window { limit, offset, before: None }
}

/// Adds `count` sessions: the later their number, the later they began, `spread` apart. One of 8 is
/// of one of 500 other games, one of 16 another world's, one of 1,000 failed, and one of 49 is of a player who
/// plays a lot.
pub(crate) async fn add_sessions(owner: &PgPool, from: u64, count: u64, spread: &str) {
    let to = from + count - 1;
    let sql = format!(
        "INSERT INTO session
         SELECT 'sess_' || lpad(n::text, 12, '0'), 1,
                CASE WHEN n % 8 = 3 THEN 'other_game_' || n / 8 % 500 ELSE '{GAME}' END,
                CASE WHEN n % 16 = 4 THEN 'live' ELSE 'test' END,
                CASE WHEN n % 49 = 7 THEN 'often' ELSE 'player_' || (n / 7) END,
                CASE WHEN n % 1000 = 1 THEN 'failed' WHEN n % 10 < 6 THEN 'paid'
                     WHEN n % 10 < 8 THEN 'expired' WHEN n % 10 < 9 THEN 'cancelled'
                     ELSE 'pending' END,
                '50 Gold Coins', 499, 'USD', NULL, NULL, 'mygame://done',
                timestamptz '2026-01-01 00:00Z' + n * interval '{spread}',
                timestamptz '2026-01-02 00:00Z' + n * interval '{spread}',
                NULL, NULL, '', false
         FROM generate_series({from}::bigint, {to}::bigint) n"
    );
    raw_sql(&sql).execute(owner).await.unwrap();
}

/// Adds a payment to each session that there is, and a refund to one of `one_in` payments.
pub(crate) async fn add_payments_and_refunds(owner: &PgPool, one_in: u32) {
    let sql = format!(
        "
        INSERT INTO payment
        SELECT replace(id, 'sess_', 'pay_'), 1, id, game_id, world, user_id,
               CASE status WHEN 'paid' THEN 'succeeded' ELSE 'failed' END, price, currency, 'card',
               'sandbox', NULL, created_at + interval '1 minute'
        FROM session;
        INSERT INTO refund
        SELECT replace(id, 'pay_', 'ref_'), 1, id, session_id, game_id, world,
               CASE WHEN id LIKE '%10' THEN 'failed' ELSE 'succeeded' END, amount, currency,
               NULL, NULL, started_at + interval '1 hour'
        FROM payment WHERE substr(id, 5)::bigint % {one_in} = 0"
    );
    raw_sql(&sql).execute(owner).await.unwrap();
}
