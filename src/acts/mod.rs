//! Who did what at a studio: where in the log its people's acts stand, so that they can be read in one place.
//!
//! `rules` says which events are acts and of what kind, `following` keeps a row of each, `reading` finds them
//! again. The rows say where to look and no more: what was done and why stays in the log, where it can be
//! erased.

mod following;
mod kind;
mod reading;
mod row;
mod rules;

pub use following::Acts;
pub use kind::ActKind;
pub use reading::{
    ActCursor, ActPage, ActTurn, Actors, ActsWanted, Standing, act_at, actors_of, actors_plan,
    find_acts, find_acts_plan, standing,
};
pub use row::{ActRow, NoRow, acts_of, insert_acts};
pub use rules::{TOFFEEPAY, kind_of_game, kind_of_session, kind_of_studio};
