//! What all our pages look like: the payment page and the dashboard are one house.
//!
//! Colours, fonts and the smallest parts stand in `common.css`; each of the two adds what only it has.

mod accent;
mod order;

pub use accent::{accent_style, accent_style_of_both};
pub use order::{ORDER_STYLE, Order, logo, order};

/// The style that both begin with.
pub const COMMON: &str = include_str!("common.css");

/// A toffee in its wrapper, so that browsers do not ask for `/favicon.ico`.
pub const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
    viewBox='0 0 32 32'%3E%3Cpath d='M1 10l8 4v4l-8 4zM31 10l-8 4v4l8 4z' fill='%23d98b4a'/%3E\
    %3Crect x='7' y='8' width='18' height='16' rx='5' fill='%23a6470a'/%3E%3C/svg%3E";
