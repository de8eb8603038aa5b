//! The dashboard: what a studio's people see and steer, each as their role allows.
//!
//! `access` knows who somebody is; what they see is drawn in `views`. Whatever they change is a command
//! like that of a game server, under their own name.

mod access;
mod answers;
mod desk;
mod home;
mod routes;
mod views;

pub use desk::Dashboard;
