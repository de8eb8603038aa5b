//! The form of a payment link: as it was typed, and judged field by field.

use chrono::TimeDelta;

use crate::{
    dashboard::{Place, access::Fields, views::FieldProblem},
    domain::{
        Timestamp,
        currency::Currency,
        item::{Country, Item},
        money::Money,
        return_url::ReturnUrl,
        session::{CaptureMode, CreateSession},
        text::{ItemTitle, UserId},
        violation::Violation,
    },
    money_text::parse_amount,
};

/// The names of the fields.
pub(super) const PLAYER: &str = "player";
pub(super) const TITLE: &str = "title";
pub(super) const PRICE: &str = "price";
pub(super) const CURRENCY: &str = "currency";
pub(super) const COUNTRY: &str = "country";
pub(super) const RETURN_URL: &str = "return_url";

/// As it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkForm {
    pub(super) player: String,
    pub(super) title: String,
    pub(super) price: String,
    pub(super) currency: String,
    pub(super) country: String,
    pub(super) return_url: String,
}

impl LinkForm {
    pub(super) fn read(fields: &Fields) -> Self {
        let typed = |name| fields.text(name).trim().to_owned();
        Self {
            player: typed(PLAYER),
            title: typed(TITLE),
            price: typed(PRICE),
            currency: typed(CURRENCY),
            country: typed(COUNTRY),
            return_url: typed(RETURN_URL),
        }
    }

    /// The session that is asked for, by the same rules as the API's CreateSession.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(super) fn parse(
        &self,
        place: &Place,
        now: Timestamp,
    ) -> Result<CreateSession, Vec<FieldProblem>> {
        let mut problems = Problems(vec![]);
        let user_id = problems.check(PLAYER, "Player", UserId::parse(self.player.as_str()));
        let title = problems.check(TITLE, "Item", ItemTitle::parse(self.title.as_str()));
        let currency = problems.check(CURRENCY, "Currency", self.currency(place));
        let price = currency.and_then(|it| problems.check(PRICE, "Price", self.price(it)));
        let country = Some(&self.country).filter(|it| !it.is_empty());
        let country = country.map(|it| Country::parse(it)).transpose();
        let country = problems.check(COUNTRY, "Country", country);
        let return_url = ReturnUrl::parse(self.return_url.as_str());
        let return_url = return_url.and_then(|it| place.game.return_urls.check(it));
        let return_url = problems.check(RETURN_URL, "Return URL", return_url);
        let (Some(user_id), Some(title), Some(price), Some(country), Some(return_url)) =
            (user_id, title, price, country, return_url)
        else {
            return Err(problems.0);
        };
        let game = &place.game;
        let capture_mode = CaptureMode::parse(&game.capture_mode);
        Ok(CreateSession {
            game_id: place.game_id.clone(),
            world: place.world,
            user_id,
            item: Item { title, price, image: None, country },
            return_url,
            capture_mode: capture_mode.unwrap_or(CaptureMode::Automatic),
            wallet_enabled: false,
            created_at: now,
            expires_at: now + TimeDelta::seconds(game.session_lifetime_s.into()),
        })
    }

    fn currency(&self, place: &Place) -> Result<Currency, Violation> {
        let currency = Currency::parse(&self.currency)?;
        let is_taken = place.game.currencies.iter().any(|it| it == currency.code());
        let refused = || Violation::new("must be a currency that the game takes", currency.code());
        is_taken.then_some(currency).ok_or_else(refused)
    }

    fn price(&self, currency: Currency) -> Result<Money, Violation> {
        Money::price(parse_amount(&self.price, currency)?, currency)
    }
}

struct Problems(Vec<FieldProblem>);

impl Problems {
    fn check<T>(
        &mut self,
        field: &'static str,
        label: &'static str,
        parsed: Result<T, Violation>,
    ) -> Option<T> {
        parsed.map_err(|violation| self.0.push(FieldProblem { field, label, violation })).ok()
    }
}
