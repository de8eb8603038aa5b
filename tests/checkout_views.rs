//! The payment pages as a browser gets them: labels, forms, escaping, and nothing from elsewhere.

#![cfg(test)]

use axum::http::{StatusCode, header::CONTENT_SECURITY_POLICY};
use toffeepay::{
    checkout::{
        card_form::{CardProblems, FieldProblem},
        page_response,
        views::{
            ActionUrl, ActionView, LateMoney, Notice, Outcome, PayView, Problem, ResultView,
            Summary, WaitingView, WaitsFor, action_page, pay_page, problem_page, result_page,
            waiting_page,
        },
    },
    domain::{
        colour::Accent,
        currency::Currency,
        id::{PaymentId, SessionId, id_bytes},
        money::Money,
        return_url::ReturnUrl,
        session::DeclineReason,
        text::{DisplayName, ItemTitle},
        world::World,
    },
    page_headers::Nonce,
};

const SCRIPT_BYTES_MAX: usize = 30 * 1024;

fn session_id() -> SessionId {
    SessionId::from_bytes(id_bytes(1, 0, [1; 16]))
}

fn payment_id() -> PaymentId {
    PaymentId::from_bytes(id_bytes(1, 0, [2; 16]))
}

fn summary(world: World) -> Summary {
    Summary {
        game_name: DisplayName::parse("Space Shooter").unwrap(),
        item_title: ItemTitle::parse("50 Gold Coins").unwrap(),
        total: Money::price(499, Currency::parse("USD").unwrap()).unwrap(),
        image_url: Some("/images/ab12".to_owned()),
        logo_url: Some("/images/cd34".to_owned()),
        accent: Some(Accent::parse("#1a4fd0").unwrap()),
        world,
    }
}

fn pay_view() -> PayView {
    PayView {
        session_id: session_id(),
        payment_id: payment_id(),
        summary: summary(World::Test),
        notice: None,
        problems: CardProblems::default(),
        expiry: None,
        apple_pay: true,
    }
}

fn drawn_pay(view: &PayView) -> String {
    pay_page(view, &Nonce::generate()).into_string()
}

fn drawn_waiting(waits_for: WaitsFor) -> String {
    let view = WaitingView { session_id: session_id(), summary: summary(World::Live), waits_for };
    waiting_page(&view, &Nonce::generate()).into_string()
}

fn drawn_result(outcome: Outcome, return_url: Option<&str>) -> String {
    drawn_late_result(outcome, None, return_url)
}

fn drawn_late_result(
    outcome: Outcome,
    late: Option<LateMoney>,
    return_url: Option<&str>,
) -> String {
    let view = ResultView {
        session_id: session_id(),
        summary: summary(World::Live),
        outcome,
        was_tried: true,
        late,
        payment_id: None,
        return_url: return_url.map(|it| ReturnUrl::parse(it).unwrap()),
    };
    result_page(&view, &Nonce::generate()).into_string()
}

/// Every page there is, of a game that means harm.
fn every_page(nonce: &Nonce) -> Vec<String> {
    let hostile = Summary {
        game_name: DisplayName::parse("</title><script>game()</script>").unwrap(),
        item_title: ItemTitle::parse("<script>item()</script>\"'\u{202e}").unwrap(),
        image_url: Some("/images/x\"><script>image()</script>".to_owned()),
        logo_url: Some("/images/y\"><script>logo()</script>".to_owned()),
        ..summary(World::Test)
    };
    let (session_id, payment_id) = (session_id(), payment_id());
    let mut pages = Vec::new();
    for reason in DeclineReason::ALL {
        let notice = Notice::Declined { reason: *reason, attempts_left: Some(1) };
        let view = PayView { summary: hostile.clone(), notice: Some(notice), ..pay_view() };
        pages.push(pay_page(&view, nonce));
    }
    for waits_for in [WaitsFor::Provider, WaitsFor::Game, WaitsFor::Us] {
        let (session_id, summary) = (session_id.clone(), hostile.clone());
        let view = WaitingView { session_id, summary, waits_for };
        pages.push(waiting_page(&view, nonce));
    }
    let action_url = ActionUrl::parse("http://127.0.0.1/3ds?a=\"><script>bank()</script>").unwrap();
    let view = ActionView { session_id: session_id.clone(), summary: hostile.clone(), action_url };
    pages.push(action_page(&view, nonce));
    let failed = Outcome::Failed { reason: Some(DeclineReason::CardDeclined) };
    for outcome in [Outcome::Paid, failed, Outcome::Cancelled, Outcome::Expired] {
        let view = ResultView {
            session_id: session_id.clone(),
            summary: hostile.clone(),
            outcome,
            was_tried: true,
            late: Some(LateMoney::GoingBack),
            payment_id: Some(payment_id.clone()),
            return_url: Some(ReturnUrl::parse("mygame://back?\"><script>back()</script>").unwrap()),
        };
        pages.push(result_page(&view, nonce));
    }
    for problem in [
        Problem::NotFound,
        Problem::ForeignForm,
        Problem::Unreadable,
        Problem::Busy,
        Problem::WentWrong,
    ] {
        pages.push(problem_page(problem, Some("<script>request()</script>"), nonce));
    }
    pages.into_iter().map(maud::PreEscaped::into_string).collect()
}

/// What stands between `open` and `close`, each time.
fn all_between<'a>(page: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    page.split(open).skip(1).map(|rest| rest.split(close).next().unwrap()).collect()
}

/// The page without its script and style.
fn without_ours(page: &str) -> String {
    let mut markup = page.to_owned();
    for (open, close) in [("<script", "</script>"), ("<style", "</style>")] {
        while let Some(start) = markup.find(open) {
            let length = markup[start..].find(close).unwrap() + close.len();
            markup.replace_range(start..start + length, "");
        }
    }
    markup
}

#[test]
fn the_payment_page_names_what_is_paid_and_how() {
    let page = drawn_pay(&pay_view());
    for text in ["Space Shooter", "50 Gold Coins", "$4.99", "Test mode", "Apple Pay", "Cancel"] {
        assert!(page.contains(text), "{text}");
    }
    let buttons = all_between(&page, "<button", "</button>");
    assert!(buttons.iter().any(|it| it.ends_with("Pay $4.99")), "{buttons:?}");
    for (name, label, autocomplete) in [
        ("card_number", "Card number", "cc-number"),
        ("expiry", "Expiry date", "cc-exp"),
        ("security_code", "Security code", "cc-csc"),
    ] {
        assert!(page.contains(&format!(r#"<label for="{name}">{label}</label>"#)), "{label}");
        let input = all_between(&page, &format!(r#"<input id="{name}""#), ">")[0];
        assert!(input.contains(&format!(r#" name="{name}""#)), "{input}");
        assert!(input.contains(&format!(r#"autocomplete="{autocomplete}""#)), "{input}");
        assert!(input.contains(r#"inputmode="numeric""#), "{input}");
        assert!(!input.contains(" value="), "a card field is never filled in: {input}");
    }
}

#[test]
fn each_button_posts_a_form_that_names_the_attempt() {
    let page = drawn_pay(&pay_view());
    let forms = all_between(&page, "<form", "</form>");
    assert_eq!(forms.len(), 3);
    for action in ["pay", "apple-pay", "cancel"] {
        let action = format!(r#"action="/{}/{action}""#, session_id());
        let form = forms.iter().find(|form| form.contains(&action)).expect(&action);
        let attempt = format!(r#"name="payment_id" value="{}""#, payment_id());
        assert!(form.contains(r#"method="post""#) && form.contains(&attempt), "{form}");
        assert_eq!(form.matches(r#"type="submit""#).count(), 1);
    }
}

#[test]
fn live_pages_show_no_test_cards_and_a_wallet_only_where_there_is_one() {
    let view = PayView { summary: summary(World::Live), apple_pay: false, ..pay_view() };
    let markup = without_ours(&drawn_pay(&view));
    for text in ["Test mode", "Test cards", "4242", "Apple Pay"] {
        assert!(!markup.contains(text), "{text}");
    }
    assert!(drawn_pay(&pay_view()).contains("4000 0025 0000 3155"));
}

#[test]
fn a_decline_says_why_in_human_words() {
    for reason in DeclineReason::ALL {
        let notice = Notice::Declined { reason: *reason, attempts_left: Some(1) };
        let markup = without_ours(&drawn_pay(&PayView { notice: Some(notice), ..pay_view() }));
        assert!(markup.contains(r#"role="alert""#));
        assert!(markup.contains("Nothing was charged."), "{reason}");
        assert!(markup.contains("You have one try left."));
        assert!(!markup.contains(reason.as_str()), "{reason} is a word for machines");
    }
}

#[test]
fn what_is_wrong_with_a_field_stands_beside_it() {
    let problems = CardProblems { expiry: Some(FieldProblem::Past), ..Default::default() };
    let page = drawn_pay(&PayView { problems, ..pay_view() });
    assert!(page.contains(r#"<p class="error" id="expiry_error">This card has expired.</p>"#));
    let expiry = all_between(&page, r#"<input id="expiry""#, ">")[0];
    assert!(expiry.contains(r#"aria-invalid="true""#) && expiry.contains(" autofocus"));
    let number = all_between(&page, r#"<input id="card_number""#, ">")[0];
    assert!(!number.contains("aria-invalid") && !number.contains(" autofocus"));
}

#[test]
fn of_a_form_just_sent_only_the_date_is_filled_in_again() {
    let problems = CardProblems { number: Some(FieldProblem::Malformed), ..Default::default() };
    let expiry = Some("12 / 34".to_owned());
    let page = drawn_pay(&PayView { problems, expiry, ..pay_view() });
    let filled = all_between(&page, "<input id=", ">");
    let filled: Vec<_> = filled.iter().filter(|it| it.contains(" value=")).collect();
    let [date] = filled.as_slice() else { panic!("{filled:?}") };
    assert!(date.starts_with(r#""expiry""#) && date.contains(r#" value="12 / 34""#), "{date}");
}

#[test]
fn a_player_can_cancel_while_the_game_has_not_taken_the_money_and_not_before() {
    let cancel = format!(r#"action="/{}/cancel""#, session_id());
    assert!(drawn_waiting(WaitsFor::Game).contains(&cancel));
    for waits_for in [WaitsFor::Provider, WaitsFor::Us] {
        assert!(!drawn_waiting(waits_for).contains(&cancel), "{waits_for:?}");
    }
}

#[test]
fn nobody_is_told_that_nothing_was_charged_while_money_is_out() {
    let reason = Some(DeclineReason::CardDeclined);
    for outcome in [Outcome::Failed { reason }, Outcome::Cancelled, Outcome::Expired] {
        let fine = drawn_result(outcome, None);
        assert!(fine.contains("it is released by itself"), "{outcome:?}");
        for (late, says) in [
            (LateMoney::GoingBack, "It is on its way back to you."),
            (LateMoney::Returned, "You have it back."),
            (LateMoney::Unsettled, "We are looking at it."),
        ] {
            let page = without_ours(&drawn_late_result(outcome, Some(late), None));
            assert!(page.contains(says), "{outcome:?}: {page}");
            assert!(!page.contains("not been charged") && !page.contains("released"), "{page}");
        }
    }
    let twice = drawn_late_result(Outcome::Paid, Some(LateMoney::GoingBack), None);
    assert!(twice.contains("Another payment was taken too. It is on its way back to you."));
}

#[test]
fn a_result_page_leads_back_to_the_game_with_the_outcome() {
    for (outcome, status) in [
        (Outcome::Paid, "paid"),
        (Outcome::Failed { reason: None }, "failed"),
        (Outcome::Cancelled, "cancelled"),
        (Outcome::Expired, "expired"),
    ] {
        let page = drawn_result(outcome, Some("mygame://done?a=1"));
        let link = all_between(&page, r#"<a id="return""#, "</a>")[0];
        let id = session_id();
        let href = format!(r#"href="mygame://done?a=1&amp;session_id={id}&amp;status={status}""#);
        assert!(link.contains(&href), "{link}");
        assert!(link.ends_with(">Return to game"), "{link}");
    }
    let erased = drawn_result(Outcome::Paid, None);
    assert!(!erased.contains(r#"id="return""#) && erased.contains("You can close this page."));
}

#[test]
fn only_the_paid_page_says_that_it_is_paid() {
    for page in [
        drawn_pay(&pay_view()),
        drawn_waiting(WaitsFor::Provider),
        drawn_waiting(WaitsFor::Game),
        drawn_waiting(WaitsFor::Us),
        drawn_result(Outcome::Cancelled, None),
        drawn_result(Outcome::Expired, None),
        drawn_result(Outcome::Failed { reason: None }, None),
    ] {
        assert!(!without_ours(&page).contains("Payment complete"));
    }
    assert!(drawn_result(Outcome::Paid, None).contains("Payment complete"));
}

#[test]
fn waiting_and_the_banks_step_move_on_without_script() {
    let nonce = Nonce::generate();
    let page = drawn_waiting(WaitsFor::Provider);
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="3"></noscript>"#));
    let action_url = ActionUrl::parse("https://bank.example/3ds").unwrap();
    let action = ActionView { session_id: session_id(), summary: summary(World::Live), action_url };
    let page = action_page(&action, &nonce).into_string();
    assert!(page.contains(r#"content="2;url=https://bank.example/3ds""#));
    assert!(page.contains(r#"href="https://bank.example/3ds""#));
}

#[test]
fn no_text_of_a_game_becomes_markup() {
    for page in every_page(&Nonce::generate()) {
        let markup = without_ours(&page);
        assert!(!markup.contains("<script") && !markup.contains("</script"), "{markup}");
        assert_eq!(page.matches("<script").count(), 1, "one script, ours");
    }
    let view = PayView {
        summary: Summary {
            item_title: ItemTitle::parse("<b>50</b>").unwrap(),
            ..summary(World::Test)
        },
        ..pay_view()
    };
    assert!(drawn_pay(&view).contains("<bdi>&lt;b&gt;50&lt;/b&gt;</bdi>"));
}

#[test]
fn every_script_and_style_carries_the_nonce_and_nothing_else_runs() {
    let nonce = Nonce::generate();
    for page in every_page(&nonce) {
        for tag in ["script", "style"] {
            for found in all_between(&page, &format!("<{tag}"), ">") {
                assert_eq!(found, format!(" nonce=\"{}\"", nonce.as_str()));
            }
        }
        let markup = without_ours(&page);
        for forbidden in [" style=", " onclick=", " onerror=", " onload=", "javascript:"] {
            assert!(!markup.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn script_and_style_are_small_and_no_page_loads_anything_of_another_site() {
    for page in every_page(&Nonce::generate()) {
        let ours = page.len() - without_ours(&page).len();
        assert!(ours < SCRIPT_BYTES_MAX, "{ours} bytes");
        for part in ["<script", "<style"] {
            let end = part.replace('<', "</") + ">";
            let text = all_between(&page, part, &end)[0];
            for forbidden in ["://", "@import", "url(", "<!--", "</"] {
                assert!(!text.contains(forbidden), "{part} holds {forbidden}");
            }
        }
        let markup = without_ours(&page);
        for source in all_between(&markup, " src=\"", "\"") {
            assert!(source.starts_with("/images/"), "{source}");
        }
        for tag in ["<iframe", "<object", "<embed", "<base", "<link rel=\"stylesheet\""] {
            assert!(!markup.contains(tag), "{tag}");
        }
    }
}

#[test]
fn every_page_has_a_language_a_title_and_one_heading() {
    for page in every_page(&Nonce::generate()) {
        assert!(page.starts_with(r#"<!DOCTYPE html><html lang="en">"#));
        assert!(!all_between(&page, "<title>", "</title>")[0].is_empty());
        assert_eq!(page.matches("<h1>").count(), 1);
    }
}

#[test]
fn a_page_goes_out_with_the_nonce_that_its_headers_allow() {
    let mut used = None;
    let response = page_response(StatusCode::NOT_FOUND, |nonce| {
        used = Some(nonce.as_str().to_owned());
        problem_page(Problem::NotFound, None, nonce)
    });
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains(&format!("'nonce-{}'", used.unwrap())), "{policy}");
}
