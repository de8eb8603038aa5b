//! The dashboard: what a studio's people see and steer, each as their role allows.
//!
//! `routes` is the table of all addresses, `access` knows who somebody is, `place` where they stand and
//! whether they may. Handlers read, views draw, and whatever is changed is a command under a person's name. Every page is drawn on the server and needs no
//! script; a number is shown as the log and its rows have it, or not at all.

mod access;
mod activity;
mod answer;
mod deliveries;
mod desk;
mod developers;
mod filters;
mod frame;
mod games;
mod history;
mod home;
mod home_view;
mod links;
mod overview;
mod people;
mod place;
mod routes;
mod sessions;
mod styles;
mod table;
mod views;

pub use activity::Feed;
pub use desk::Dashboard;
pub use table::{Address, May};

use place::Place;
