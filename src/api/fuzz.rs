//! Requests that nobody meant to send: whatever arrives is refused or keeps every limit, and
//! nothing panics.
//!
//! Goes the way from a request's bytes to its parsed fields, without key, network or database.
//! `docs/how-to/run-the-tests.md` says how to let it run for longer.

use std::{io::Cursor, time::Duration};

use ::image::{DynamicImage, ImageFormat};
use base64::{Engine, engine::general_purpose::STANDARD};
use bolero::{TypeGenerator, check};
use buffa::{HasMessageView, Message, MessageField, MessageView};
use bytes::Bytes;
use connectrpc::{CodecFormat, ErrorCode, JsonDeserialize, JsonSerialize, Payload};
use sqlx::types::Json;
use url::Url;

use super::{
    caller::Caller,
    create_session,
    image::{self, GivenImage, IMAGE_BYTES_MAX},
    json_shape,
    lists::Asked,
    refunds::read_reason,
    session_status::one_of,
    undecodable::Received,
};
use crate::{
    domain::{
        Timestamp,
        game::{KeyScope, RateLimit},
        id::{KeyId, PaymentId, RefundId, SessionId},
        return_url::{ReturnUrl, ReturnUrls},
        world::World,
    },
    projections::game::GameRow,
    proto::{
        pay::v1,
        wallet::v1::{
            GetAccountRequest, GetDepositRequest, ListAccountsRequest, ListDepositsRequest,
        },
    },
};

/// How long each target runs. `BOLERO_RANDOM_TEST_TIME_MS` overrides it.
const RUN_FOR: Duration = Duration::from_secs(2);
/// The longest text: a little above the longest that any field may have.
const LONG_MAX: usize = 2_100;
/// The longest input of plain bytes.
const BYTES_MAX: usize = 4_096;

/// What a field of a sound request is changed into.
#[derive(Debug, TypeGenerator)]
enum Given {
    Sound,
    Other,
    Nothing,
    Any(String),
    Long { of: char, count: u16 },
    Spoilt { at: u8, with: char },
}

/// The same for a number.
#[derive(Debug, TypeGenerator)]
enum GivenNumber {
    Sound,
    Small(u8),
    Any(i32),
    JustTooLarge,
}

/// A change of encoded bytes, at a place that is taken modulo their length.
#[derive(Debug, TypeGenerator)]
enum Edit {
    Set(u16, u8),
    Insert(u16, u8),
    Remove(u16),
    CutAt(u16),
}

/// A sound request but for two fields, which may be the same: with more, hardly any were taken.
#[derive(Debug, TypeGenerator)]
struct Purchase {
    changed: [(u8, Given); 2],
    price: GivenNumber,
    edits: Vec<Edit>,
}

/// The fields of text of a sound request, in the order of their places in a [`Purchase`].
const SOUND: [&str; 7] = [
    "space_shooter",
    "player_42",
    "50 Gold Coins",
    "USD",
    "https://cdn.example/coin.png",
    "DE",
    "mygame://payment-complete",
];

/// What would be sound for somebody else, or nearly is: chance alone does not find it.
const OTHERS: [&str; 7] = [
    "other_game",
    "player\u{7f}42",
    "50\nGold Coins",
    "EUR",
    "http://cdn.example/coin.png",
    "de",
    "javascript://payment-complete",
];

impl Given {
    fn of(&self, place: usize) -> String {
        let sound = SOUND[place];
        match self {
            Self::Sound => sound.to_owned(),
            Self::Other => OTHERS[place].to_owned(),
            Self::Nothing => String::new(),
            Self::Any(text) => text.clone(),
            Self::Long { of, count } => of.to_string().repeat(usize::from(*count) % LONG_MAX),
            Self::Spoilt { at, with } => {
                let mut characters: Vec<char> = sound.chars().collect();
                characters.insert(usize::from(*at) % (characters.len() + 1), *with);
                characters.into_iter().collect()
            }
        }
    }
}

impl GivenNumber {
    fn of(&self, sound: i32) -> i32 {
        match self {
            Self::Sound => sound,
            Self::Small(number) => i32::from(*number) - 1,
            Self::Any(number) => *number,
            Self::JustTooLarge => 100_000_000,
        }
    }
}

impl Purchase {
    fn request(&self) -> v1::CreateSessionRequest {
        let mut fields = SOUND.map(str::to_owned);
        for (place, given) in &self.changed {
            let place = usize::from(*place) % SOUND.len();
            fields[place] = given.of(place);
        }
        let [game_id, user_id, title, currency, image, country, return_url] = fields;
        let item = v1::Item {
            title,
            price: self.price.of(499),
            currency,
            image: Some(image),
            country: Some(country),
            ..v1::Item::default()
        };
        let item = MessageField::some(item);
        let others = v1::CreateSessionRequest::default();
        v1::CreateSessionRequest { game_id, user_id, item, return_url, ..others }
    }
}

fn edited(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let place = |at: u16| usize::from(at) % bytes.len().max(1);
        match *edit {
            Edit::Insert(at, byte) => bytes.insert(place(at), byte),
            _ if bytes.is_empty() => {}
            Edit::Set(at, byte) => {
                let at = place(at);
                bytes[at] = byte;
            }
            Edit::Remove(at) => drop(bytes.remove(place(at))),
            Edit::CutAt(at) => bytes.truncate(place(at)),
        }
    }
    bytes
}

/// Reads bytes as each request of each service, and its fields as the handlers do.
fn read_as_everything(bytes: &[u8]) {
    read(bytes, |it: v1::CreateSessionRequest| create(it).map_or((), drop));
    read(bytes, |it: v1::GetSessionStatusRequest| {
        let (ours, sdk) = (it.session_id.clone(), it.id.clone());
        if let Ok(id) = one_of("session_id", it.session_id, it.id) {
            assert!((ours == id || ours.is_empty()) && (sdk == id || sdk.is_empty()));
            session_id(id);
        }
    });
    read(bytes, |it: v1::GetSessionRequest| session_id(it.id));
    read(bytes, |it: v1::CancelSessionRequest| session_id(it.id));
    read(bytes, |it: v1::ListSessionsRequest| list(it.limit, it.offset, it.before_id, it.user_id));
    read(bytes, |it: v1::GetPaymentRequest| payment_id(it.id));
    read(bytes, |it: v1::CompletePaymentRequest| payment_id(it.id));
    read(bytes, |it: v1::CancelPaymentRequest| payment_id(it.id));
    read(bytes, |it: v1::ListPaymentsRequest| list(it.limit, it.offset, it.before_id, it.user_id));
    read(bytes, |it: v1::CreateRefundRequest| {
        payment_id(it.payment_id);
        if let Ok(Some(reason)) = read_reason(it.reason) {
            assert!((1..=500).contains(&String::from(reason).chars().count()));
        }
    });
    read(bytes, |it: v1::GetRefundRequest| drop(RefundId::parse(it.id)));
    read(bytes, |it: v1::ListRefundsRequest| list(it.limit, it.offset, it.before_id, None));
    read(bytes, |_: GetAccountRequest| {});
    read(bytes, |_: ListAccountsRequest| {});
    read(bytes, |_: GetDepositRequest| {});
    read(bytes, |_: ListDepositsRequest| {});
}

fn read<M>(bytes: &[u8], fields: impl Fn(M))
where
    M: Message + HasMessageView + JsonSerialize + JsonDeserialize + PartialEq + 'static,
{
    for format in [CodecFormat::Json, CodecFormat::Proto] {
        let payload = Payload::new(Bytes::copy_from_slice(bytes), format);
        if json_shape::exceeds_limit(&payload) {
            continue;
        }
        match payload.message::<M>() {
            Ok(message) => fields(message.clone()),
            Err(error) => {
                let told = Received::of(&payload).explain(error);
                assert_eq!(told.code, ErrorCode::InvalidArgument);
                assert_eq!(told.details.len(), 2, "a reason, and the field that is wrong");
            }
        }
    }
    // The service itself reads binary messages without copying them first.
    if let Ok(view) = M::decode_view(bytes) {
        fields(view.to_owned_message().expect("what was read can be kept"));
    }
}

/// What CreateSession makes of a request; checked again, by the contract, if it is taken.
fn create(request: v1::CreateSessionRequest) -> Option<()> {
    let given = request.clone();
    let image = request.item.as_option().and_then(|it| it.image.clone());
    let image = image.filter(|it| !it.is_empty()).map(|it| image::read(&it)).transpose();
    let image = image.map(|it| {
        it.map(|it| match it {
            GivenImage::Stored(picture) => picture.name(),
            GivenImage::Linked(image) => image,
        })
    });
    let taken = create_session::parse(request, image, &caller(), Timestamp::UNIX_EPOCH).ok()?;

    let item = given.item.into_option()?;
    let is_plain = |it: &str| !it.chars().any(char::is_control);
    assert!((1..=64).contains(&given.game_id.len()));
    assert!((1..=128).contains(&given.user_id.chars().count()) && is_plain(&given.user_id));
    assert!((1..=200).contains(&item.title.chars().count()) && is_plain(&item.title));
    assert!((1..=99_999_999).contains(&item.price));
    assert_eq!(item.currency, "USD");
    let country = item.country.unwrap_or_default();
    let is_code = country.len() == 2 && country.bytes().all(|it| it.is_ascii_uppercase());
    assert!(country.is_empty() || is_code);
    assert!((1..=2_048).contains(&given.return_url.len()) && is_plain(&given.return_url));
    assert_eq!(taken.item.price.minor_units(), i64::from(item.price));
    Some(())
}

fn session_id(id: String) {
    drop(SessionId::parse(id));
}

fn payment_id(id: String) {
    drop(PaymentId::parse(id));
}

fn list(
    limit: Option<i32>,
    offset: Option<i32>,
    before_id: Option<String>,
    user_id: Option<String>,
) {
    let mut asked = Asked::new(limit, offset, before_id.is_some());
    let user_id = asked.user_id(user_id);
    if let Ok(window) = asked.window() {
        assert!((1..=250).contains(&window.limit));
        assert!(window.offset == 0 || before_id.is_none());
        assert!(user_id.is_none_or(|it| (1..=128).contains(&it.chars().count())));
    }
}

fn caller() -> Caller {
    let game = GameRow {
        id: "space_shooter".to_owned(),
        version: 1,
        studio_id: "std_1".to_owned(),
        name: "Space Shooter".to_owned(),
        currencies: vec!["USD".to_owned()],
        capture_mode: "automatic".to_owned(),
        session_lifetime_s: 86_400,
        return_urls: Json(ReturnUrls::default()),
        logo: None,
        accent: None,
        registered_at: Timestamp::UNIX_EPOCH,
        keys: Json(vec![]),
        endpoints: Json(vec![]),
    };
    let key_id = KeyId::from_bytes([7; 24]);
    let (world, scopes) = (World::Test, KeyScope::ALL.to_vec());
    Caller { key_id, world, scopes, rate_limit: RateLimit::default(), game: game.into() }
}

#[test]
fn no_bytes_are_too_odd() {
    let target = check!().with_test_time(RUN_FOR).with_max_len(BYTES_MAX);
    target.for_each(|bytes: &[u8]| read_as_everything(bytes));
}

#[test]
fn no_purchase_is_taken_that_breaks_a_limit_however_it_is_encoded() {
    let changed = [(0, Given::Sound), (0, Given::Sound)];
    let sound = Purchase { changed, price: GivenNumber::Sound, edits: vec![] };
    assert!(create(sound.request()).is_some(), "the target looks at what is taken");
    check!().with_test_time(RUN_FOR).with_type::<Purchase>().for_each(|purchase| {
        let request = purchase.request();
        let json = serde_json::to_vec(&request).expect("it can be written");
        let binary = request.encode_to_vec();
        for (format, bytes) in [(CodecFormat::Json, &json), (CodecFormat::Proto, &binary)] {
            let payload = Payload::new(Bytes::copy_from_slice(bytes), format);
            let read = payload.message::<v1::CreateSessionRequest>();
            assert_eq!(read.expect("what was written is read"), &request);
        }
        let _ = create(request);
        read_as_everything(&edited(json, &purchase.edits));
        read_as_everything(&edited(binary, &purchase.edits));
    });
}

/// Beginnings of what players are sent to, and of what they must not be.
const URL_BEGINNINGS: [&str; 9] = [
    "",
    "https://game.example/",
    "https://game.example/?session_id=1&",
    "http://localhost:1/#",
    "mygame://",
    "mygame:",
    "javascript:",
    "data:text/html,",
    "http:",
];

#[test]
fn no_return_url_is_taken_that_runs_in_the_browser_or_loses_its_place() {
    check!().with_test_time(RUN_FOR).with_type::<(u8, String)>().for_each(|(beginning, rest)| {
        let beginning = URL_BEGINNINGS[usize::from(*beginning) % URL_BEGINNINGS.len()];
        let text = format!("{beginning}{rest}");
        let Ok(return_url) = ReturnUrl::parse(text.as_str()) else { return };
        assert!(!text.chars().any(|it| it.is_control() || it.is_whitespace()));
        let before = Url::parse(&text).expect("a browser could go there");
        let runs = ["javascript", "data", "vbscript", "file", "blob", "about"];
        assert!(!runs.contains(&before.scheme()));
        let after = return_url.with_outcome("sess_1", "paid");
        let outcome = after.split(['?', '&', '#']).filter(|it| *it == "session_id=sess_1").count();
        assert_eq!(outcome, 1, "{after}");
        let after = Url::parse(&after).expect("a browser can still go there");
        assert_eq!((after.scheme(), after.host()), (before.scheme(), before.host()));
    });
}

#[test]
fn no_picture_is_too_odd() {
    let kinds = [
        ("image/png", ImageFormat::Png),
        ("image/jpeg", ImageFormat::Jpeg),
        ("image/webp", ImageFormat::WebP),
    ];
    let pictures = kinds.map(|(media_type, format)| {
        let mut bytes = Cursor::new(vec![]);
        DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, format).expect("it can be written");
        (media_type, bytes.into_inner())
    });
    let target = check!().with_test_time(RUN_FOR).with_type::<(u8, Vec<Edit>, String)>();
    target.for_each(|(kind, edits, text)| {
        let (media_type, sound) = &pictures[usize::from(*kind) % pictures.len()];
        let bytes = edited(sound.clone(), edits);
        let uri = format!("data:{media_type};base64,{}", STANDARD.encode(&bytes));
        for text in [uri, format!("data:{media_type};base64,{text}"), text.clone()] {
            if let Ok(GivenImage::Stored(picture)) = image::read(&text) {
                assert!(picture.bytes.len() <= IMAGE_BYTES_MAX);
                let _ = picture.decode();
            }
        }
    });
}
