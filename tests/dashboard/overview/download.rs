//! The money of a span as a file: the same as on the page, and as in the log.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE},
};
use csv::Reader;
use sqlx::raw_sql;
use toffeepay::{
    domain::{
        session::{DeclineReason, Session, SessionEvent as Event},
        world::World,
    },
    event_store::{read_without_key, subscription::read_after},
};

use super::{GAME, NOW, OTHER_GAME, Room, Sale, money, sale, section, tile};
use crate::stage::Page;

fn path(query: &str) -> String {
    format!("/dashboard/{GAME}/test/overview/money.csv{query}")
}

/// Each line by its headings.
fn lines(file: &Page) -> Vec<BTreeMap<String, String>> {
    assert_eq!(file.status, StatusCode::OK, "{}", file.text);
    Reader::from_reader(file.text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// What a column comes to, of one currency.
fn sum(lines: &[BTreeMap<String, String>], code: &str, column: &str) -> i64 {
    let of_currency = lines.iter().filter(|it| it["currency"] == code);
    of_currency.map(|it| it[column].parse::<i64>().unwrap()).sum()
}

/// What a column must come to, in minor units, by what the log says of the game's test world on some days.
async fn in_log(room: &Room, code: &str, column: &str, [from, until]: [&str; 2]) -> i64 {
    let log = read_after(&room.database.service, 0, 0, 100_000).await.unwrap();
    let mut ours = BTreeSet::new();
    let mut sum = 0;
    for entry in log.entries.iter().filter(|it| it.stream.starts_with("session-")) {
        let event = read_without_key::<Session>(entry).unwrap().event;
        if let Event::Created { game_id, world: World::Test, .. } = &event
            && game_id.as_str() == GAME
        {
            ours.insert(&entry.stream);
        }
        let day = event.occurred_at().date_naive().to_string();
        let (moved, amount) = match event {
            Event::Paid { amount, .. } => ("paid", amount),
            Event::PaidLate { amount, .. } => ("paid_late", amount),
            Event::CaptureMismatched { captured, .. } => ("mismatched", captured),
            Event::Refunded { amount, .. } => ("refunded", amount),
            _ => continue,
        };
        let is_meant = moved == column && amount.currency().code() == code;
        if is_meant && ours.contains(&entry.stream) && from <= day.as_str() && day.as_str() < until
        {
            sum += amount.minor_units();
        }
    }
    sum
}

/// Two months of sales in three currencies, of which some went back, some came late and some were mismatched.
async fn with_sales() -> Room {
    let room = Room::at("2026-09-30T10:00:00Z").await;
    for day in ["2026-09-30", "2026-10-01", "2026-10-15", "2026-10-31", "2026-11-01", "2026-11-28"]
    {
        room.set(&format!("{day}T10:00:00Z"));
        for price in [money(499, "USD"), money(1_205, "JPY"), money(1_250, "BHD")] {
            room.sell(&sale(price)).await;
        }
        let (session, payment) = room.sell(&sale(money(1_999, "USD"))).await;
        room.refund(&session, &payment, "bought twice").await;
        let odd = room.session_for(&sale(money(500, "USD"))).await;
        let payment = room.start(&odd).await;
        room.take(&odd, &payment, money(700, "USD")).await;
        room.refuse(&room.session_for(&sale(money(5, "USD"))).await, DeclineReason::ExpiredCard)
            .await;
    }
    // Of another game and of the other world.
    room.sell(&Sale { game_id: OTHER_GAME, ..sale(money(9_000, "USD")) }).await;
    room.sell(&Sale { world: World::Live, ..sale(money(7_000, "USD")) }).await;
    room.set(NOW);
    room.count().await;
    room
}

#[tokio::test]
async fn the_file_says_to_the_last_unit_what_the_page_and_the_log_say() {
    let room = with_sales().await;
    for (span, days) in [
        ("2026-10", ["2026-10-01", "2026-11-01"]),
        ("this-month", ["2026-11-01", "2026-12-01"]),
        ("28d", ["2026-11-01", "2026-11-29"]),
        ("7d", ["2026-11-22", "2026-11-29"]),
        ("today", ["2026-11-28", "2026-11-29"]),
    ] {
        let file = lines(&room.look_counted(&path(&format!("?span={span}"))).await);
        let page = room.overview(&format!("?span={span}")).await;
        for code in ["USD", "JPY", "BHD"] {
            let mut in_file = vec![];
            for column in ["paid", "paid_late", "mismatched", "refunded"] {
                let told = sum(&file, code, &format!("{column}_minor_units"));
                let expected = in_log(&room, code, column, days).await;
                assert_eq!(told, expected, "{span} {code} {column}");
                in_file.push(told);
            }
            let net = sum(&file, code, "net_minor_units");
            assert_eq!(net, in_file[0] + in_file[1] + in_file[2] - in_file[3]);
            let volume = section(&page.text, &format!("Volume in {code}"));
            let digits = |name| tile(volume, name).0.replace(|it: char| !it.is_ascii_digit(), "");
            assert_eq!(digits("Net").parse::<i64>().unwrap(), net, "{span} {code}");
            assert_eq!(digits("Refunded").parse::<i64>().unwrap(), in_file[3], "{span} {code}");
            assert_eq!(digits("Payments").parse::<i64>().unwrap(), sum(&file, code, "paid_count"));
        }
        assert!(0 < sum(&file, "USD", "mismatched_minor_units"), "{span}");
    }
}

#[tokio::test]
async fn a_line_is_a_day_and_a_currency_with_decimals_and_minor_units() {
    let room = with_sales().await;
    let file = room.look_counted(&path("?span=2026-10")).await;
    let first = "day,currency,decimals,paid_count,paid,paid_minor_units,paid_late_count,paid_late,\
        paid_late_minor_units,mismatched_count,mismatched,mismatched_minor_units,refunded_count,refunded,\
        refunded_minor_units,net,net_minor_units\r\n\
        2026-10-01,BHD,3,1,1.250,1250,0,0.000,0,0,0.000,0,0,0.000,0,1.250,1250\r\n\
        2026-10-01,JPY,0,1,1205,1205,0,0,0,0,0,0,0,0,0,1205,1205\r\n\
        2026-10-01,USD,2,2,24.98,2498,0,0.00,0,1,7.00,700,1,19.99,1999,11.99,1199\r\n\
        2026-10-15,BHD,3,";
    assert!(file.text.starts_with(first), "{}", file.text);
    assert_eq!(lines(&file).len(), 9);
}

#[tokio::test]
async fn the_files_name_says_whose_it_is_of_which_days_and_how_far_it_was_counted() {
    let room = with_sales().await;
    for (span, days) in [
        ("2026-10", "2026-10"),
        ("last-month", "2026-10"),
        ("7d", "2026-11-22-to-2026-11-28"),
        ("today", "2026-11-28"),
    ] {
        let file = room.look_counted(&path(&format!("?span={span}"))).await;
        let name = format!("space_shooter_test_{days}_counted-to-2026-11-28T152341Z.csv");
        assert_eq!(file.headers[CONTENT_DISPOSITION], format!("attachment; filename=\"{name}\""));
        assert_eq!(file.headers[CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
        assert_eq!(file.headers[CACHE_CONTROL], "no-store");
    }
    let page = room.overview("?span=last-month").await;
    page.assert_has("/test/overview/money.csv?span=2026-10\">Download CSV");
    let park = format!(
        "INSERT INTO dead_letter SELECT 'figures', 1, 0, 1, 'session-' || id, 'odd', 5 FROM session \
         WHERE game_id = '{GAME}' AND world = 'test' LIMIT 1"
    );
    raw_sql(&park).execute(&room.database.owner).await.unwrap();
    let file = room.look_counted(&path("?span=2026-10")).await;
    let name = file.headers[CONTENT_DISPOSITION].to_str().unwrap();
    assert!(name.ends_with("T152341Z_incomplete.csv\""), "{name}");
}

#[tokio::test]
async fn while_nothing_is_counted_there_is_no_file_that_says_zero() {
    let room = Room::at(NOW).await;
    let page = room.look(&path("?span=this-month")).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.assert_has("The numbers are not zero, they are unknown.");
    page.assert_has_no("money.csv");
}
