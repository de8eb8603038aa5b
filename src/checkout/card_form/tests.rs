//! What players type, and what the form makes of it.

use super::*;

const GOOD: [&str; 3] = ["4242 4242 4242 4242", "12 / 34", "123"];

fn now() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

fn parse_at(now: Timestamp, [number, expiry, code]: [&str; 3]) -> Result<Instrument, CardProblems> {
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair(field::NUMBER, number)
        .append_pair(field::EXPIRY, expiry)
        .append_pair(field::SECURITY_CODE, code)
        .finish();
    CardForm::read(body.as_bytes()).parse(now)
}

fn parse(fields: [&str; 3]) -> Result<Instrument, CardProblems> {
    parse_at(now(), fields)
}

fn problems(fields: [&str; 3]) -> CardProblems {
    parse(fields).err().unwrap()
}

#[test]
fn a_card_is_read_however_its_digits_are_set_apart() {
    let [_, expiry, code] = GOOD;
    for number in [
        "4242424242424242",
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        " 4242\u{a0}424242424242 ",
    ] {
        let Ok(Instrument::Card { number, expiry_month, expiry_year, security_code }) =
            parse([number, expiry, code])
        else {
            panic!("refused {number}");
        };
        assert_eq!(number.expose_secret(), "4242424242424242");
        assert_eq!((expiry_month, expiry_year), (12, 2034));
        assert_eq!(security_code.expose_secret(), "123");
    }
}

#[test]
fn every_test_card_of_the_sandbox_can_be_typed() {
    for number in crate::checkout::views::TEST_CARDS.map(|card| card.number) {
        assert!(parse([number, GOOD[1], GOOD[2]]).is_ok(), "{number}");
    }
}

#[test]
fn an_expiry_date_is_read_in_each_usual_way() {
    for (text, expected) in [
        ("12 / 34", (12, 2034)),
        ("12/34", (12, 2034)),
        ("12-34", (12, 2034)),
        ("1234", (12, 2034)),
        ("122034", (12, 2034)),
        ("12/2034", (12, 2034)),
        ("12 / 2034", (12, 2034)),
        ("1/34", (1, 2034)),
        ("01 / 34", (1, 2034)),
    ] {
        let Ok(Instrument::Card { expiry_month, expiry_year, .. }) =
            parse([GOOD[0], text, GOOD[2]])
        else {
            panic!("refused {text}");
        };
        assert_eq!((expiry_month, expiry_year), expected, "{text}");
    }
}

#[test]
fn a_date_that_no_card_has_is_malformed() {
    for text in [
        "13/34", "00/34", "1/3", "12/345", "12/1999", "12/2100", "12", "1", "ab/cd", "12/34/56",
        "é1234", "/34", "12/",
    ] {
        let expected = CardProblems { expiry: Some(FieldProblem::Malformed), ..Default::default() };
        assert_eq!(problems([GOOD[0], text, GOOD[2]]), expected, "{text}");
    }
}

#[test]
fn a_card_can_be_used_to_the_end_of_its_month_in_the_last_time_zone() {
    let card = [GOOD[0], "02/26", GOOD[2]];
    assert!(parse_at("2026-02-01T00:00:00Z".parse().unwrap(), card).is_ok());
    assert!(parse_at("2026-03-01T11:59:59Z".parse().unwrap(), card).is_ok());
    let past = parse_at("2026-03-01T12:00:00Z".parse().unwrap(), card).err().unwrap();
    assert_eq!(past, CardProblems { expiry: Some(FieldProblem::Past), ..Default::default() });
}

#[test]
fn a_number_has_12_to_19_digits_and_a_right_check_digit() {
    for number in ["400000000002", "4000000000000000006"] {
        assert!(parse([number, GOOD[1], GOOD[2]]).is_ok(), "{number}");
    }
    for number in [
        "4242424242424241",     // wrong check digit
        "18",                   // too short
        "40000000006",          // 11 digits, one too short
        "40000000000000000002", // 20 digits, one too long
        "4242 4242 4242 424x",
        "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
    ] {
        let expected = CardProblems { number: Some(FieldProblem::Malformed), ..Default::default() };
        assert_eq!(problems([number, GOOD[1], GOOD[2]]), expected, "{number}");
    }
}

#[test]
fn a_security_code_has_3_or_4_digits() {
    for code in ["123", "1234", " 123 "] {
        assert!(parse([GOOD[0], GOOD[1], code]).is_ok(), "{code}");
    }
    for code in ["12", "12345", "12a", "1-2"] {
        let expected =
            CardProblems { security_code: Some(FieldProblem::Malformed), ..Default::default() };
        assert_eq!(problems([GOOD[0], GOOD[1], code]), expected, "{code}");
    }
}

#[test]
fn every_missing_field_is_named_at_once() {
    let missing = Some(FieldProblem::Missing);
    let expected = CardProblems { number: missing, expiry: missing, security_code: missing };
    assert_eq!(problems(["", " ", ""]), expected);
    assert_eq!(CardForm::read(b"").parse(now()).err(), Some(expected));
    assert_eq!(CardForm::read(b"\xff\xfe{}").parse(now()).err(), Some(expected));
}

#[test]
fn only_an_id_that_we_could_have_made_names_an_attempt() {
    let id = PaymentId::from_bytes(crate::domain::id::id_bytes(1, 0, [7; 16]));
    assert_eq!(read_payment_id(format!("a=b&payment_id={id}").as_bytes()), Some(id));
    for body in ["", "payment_id=", "payment_id=pay_1", "payment_id=sess_1"] {
        assert_eq!(read_payment_id(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn of_what_was_typed_only_a_sound_date_is_kept() {
    let keep = |expiry: &str| {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair(field::NUMBER, GOOD[0])
            .append_pair(field::EXPIRY, expiry)
            .append_pair(field::SECURITY_CODE, GOOD[2])
            .finish();
        CardForm::read(body.as_bytes()).expiry_to_keep(now())
    };
    assert_eq!(keep("3/2031").as_deref(), Some("03 / 31"));
    for text in ["", "13 / 34", "02 / 26", GOOD[0], GOOD[2]] {
        assert_eq!(keep(text), None, "{text}");
    }
}
